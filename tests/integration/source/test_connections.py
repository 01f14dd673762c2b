"""What a connection to the local system costs: each call has one of its own."""

import ssl

import pytest

from sync_agent.source import SourceSpec, SqlSource
from tests.support.servers import MARIADB, fresh_database


def test_certificates_are_read_once_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encryption is set up for the first connection; the setting is the same for the others."""
    read, context = [], ssl.create_default_context

    def counted(*given: object, **named: object) -> ssl.SSLContext:
        read.append(1)
        return context(*given, **named)  # type: ignore[arg-type]

    with fresh_database(MARIADB) as url:
        changes = "SELECT 'A' AS case_key, NULL AS changed_at"
        spec = SourceSpec(
            id="x",
            zone="Asia/Ho_Chi_Minh",
            changes=changes,
            root=("a",),
            parts={"a": "SELECT 'A' AS case_key WHERE 'A' IN :keys"},
        )
        source = SqlSource(url, spec)
        assert list(source.read(["A"])) == ["A"]
        monkeypatch.setattr(ssl, "create_default_context", counted)
        assert [list(source.read(["A"])) for _ in range(3)] == [["A"]] * 3
        source.close()
        assert read == []
