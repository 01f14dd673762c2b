"""A log that the agent itself kept, on both databases: entries over a tile, a change of key, a declared gap."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sync_agent_verifier.cli import main

from sync_agent.audit import CheckpointReason, Event, KeyFile, NoteSigner, last_checkpoint, open_channel
from sync_agent.audit.anchor_settings import FileAnchor
from sync_agent.audit.bundle import write_bundle
from sync_agent.ledger import HeadKeeper, Ledger, bind, migrate, open_engine
from tests.support.bundles import MADE_AT, Kept, files_of, sealed, taken, zipped
from tests.support.houses import Clock
from tests.support.ledgers import WANTED, ledger_url

Check = Callable[..., "Told"]


@dataclass(frozen=True)
class Told:
    """What the verifier said of something."""

    code: int
    document: dict[str, Any]

    def codes(self, severity: str) -> list[str]:
        """Return the codes of its remarks of one severity, each once, in their order."""
        found = [remark["code"] for remark in self.document["remarks"] if remark["severity"] == severity]
        return list(dict.fromkeys(found))

    def facts(self, code: str) -> dict[str, str]:
        """Return the facts of its first remark of one kind."""
        return next(remark["facts"] for remark in self.document["remarks"] if remark["code"] == code)


@dataclass(frozen=True)
class Story:
    """A log, the keys it began and ends with, where its heads were taken, and the bundle that the agent makes of it."""

    kept: Kept
    signers: list[NoteSigner]
    volume: Path
    files: dict[str, bytes]

    @property
    def keys(self) -> list[str]:
        """The lines of the keys, oldest first."""
        return self.kept.keys


@contextmanager
def told(database: str, folder: Path) -> Iterator[Story]:
    """Let a log come to 330 entries under heads of every kind."""
    (folder / "volume").mkdir()
    with ledger_url(database, folder / "ledger.db") as url:
        engine = open_engine(url, create=True)
        migrate.upgrade(engine)
        clock = Clock()
        ledger = Ledger(engine, source_id="nho", clock=clock)
        place = FileAnchor(name="volume", kind="file", folder=Path("volume"), remote=True)
        ledger.heads = HeadKeeper(KeyFile(folder, "sync-agent/test"), (open_channel(place, folder),), entries=100)
        with ledger.write() as tx:
            bind(tx, WANTED)
        ledger.take_over()
        first = _history(ledger, ledger.heads, clock)
        with ledger.read() as connection:
            keys = ledger.heads.key.verifiers()
            kept, files = taken(connection, keys), dict[str, bytes]()
            newest = last_checkpoint(connection)
            assert newest is not None
            write_bundle(connection, newest, keys, files.__setitem__, made_at=MADE_AT)
        engine.dispose()
    yield Story(kept, [first, ledger.heads.key.load()], folder / "volume", files)


def _history(ledger: Ledger, heads: HeadKeeper, clock: Clock) -> NoteSigner:
    heads.take_out(ledger, heads.sign(ledger, CheckpointReason.START), asked=True)
    first = heads.key.load()
    _happen(ledger, 150)
    heads.rotate(ledger, "os:nguoi")
    _happen(ledger, 150)
    clock.move(hours=5)
    heads.take_out(ledger, heads.sign(ledger, CheckpointReason.HOUR), asked=True)
    _happen(ledger, 20)
    heads.sign(ledger, CheckpointReason.STOP)
    return first


def _happen(ledger: Ledger, count: int) -> None:
    for first in range(0, count, 10):
        with ledger.write() as tx:
            for number in range(first, first + 10):
                tx.record(Event.NATIONAL_UP, counts={"number": number})


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Yield a log that was kept in a file."""
    with told("sqlite", tmp_path_factory.mktemp("story")) as made:
        yield made


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Check:
    """Return what calls the verifier and reads what it says."""

    def called(*words: object) -> Told:
        code = main([*map(str, words), "--json"])
        return Told(code, json.loads(capsys.readouterr().out))

    return called


@pytest.fixture
def check(tmp_path: Path, call: Check) -> Check:
    """Return what gives the verifier a bundle, as files or as a log, and reads what it says."""

    def checked(what: Kept | dict[str, bytes], *options: object) -> Told:
        files = sealed(files_of(what)) if isinstance(what, Kept) else what
        return call("bundle", zipped(files, tmp_path / "bundle.zip"), *options)

    return checked
