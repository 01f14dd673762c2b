"""What the verifier says of a log that went on from a copy from before its key was changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from sync_agent.audit import CheckpointReason, Event, KeyFile
from sync_agent.ledger import HeadKeeper, Ledger, bind, migrate, open_engine
from tests.integration.verifier.conftest import Check
from tests.support.bundles import Kept, files_of, sealed, taken
from tests.support.houses import Clock
from tests.support.ledgers import WANTED, ledger_url


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Return a log whose second key, of after the copy, names itself."""
    with ledger_url("sqlite", tmp_path / "ledger.db") as url:
        engine = open_engine(url, create=True)
        migrate.upgrade(engine)
        ledger = Ledger(engine, source_id="nho", clock=Clock())
        ledger.heads = heads = HeadKeeper(KeyFile(tmp_path, "sync-agent/test"))
        with ledger.write() as tx:
            bind(tx, WANTED)
        heads.sign(ledger, CheckpointReason.START)
        heads.key.prepare()
        heads.key.advance()
        with ledger.write(actor="os:nguoi") as tx:
            tx.record(Event.INCARNATION_STARTED, reason="disk", head_size=9, head_root="0" * 64)
        heads.sign(ledger, CheckpointReason.START)
        with ledger.read() as connection:
            made = taken(connection, heads.key.verifiers())
        engine.dispose()
    return made


def test_the_key_that_names_itself_must_be_on_paper(kept: Kept, check: Check) -> None:
    """With it only the loss of entries has to be looked at; by the old one alone it could be anybody's."""
    first, second = kept.keys
    found = check(sealed(files_of(kept)), "--key", first, "--key", second)
    assert (found.code, found.codes("tampered"), found.codes("look")) == (1, [], ["incarnation"])
    alone = check(sealed(files_of(kept)), "--key", first)
    assert (alone.code, alone.codes("tampered")) == (4, ["signature_wrong"])


def test_it_is_believed_in_a_copy_that_was_put_back_only(kept: Kept, check: Check) -> None:
    """Elsewhere the old key must have signed the name of the new one."""
    hidden = replace(kept, entries=[raw.replace(b"incarnation_started", b"national_up") for raw in kept.entries])
    found = check(sealed(files_of(hidden)), "--key", kept.keys[0], "--key", kept.keys[1])
    assert found.code == 4
    assert "signature_wrong" in found.codes("tampered")
