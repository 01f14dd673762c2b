import stat
from pathlib import Path

import pytest

from sync_agent.audit import KeyFile
from sync_agent.errors import ConfigError

NAME = "sync-agent/test"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """Return the key of a log that has none yet."""
    return KeyFile(tmp_path, NAME)


def test_a_key_is_made_once(keys: KeyFile) -> None:
    """Asked again, the same one comes back."""
    assert keys.make().verifier == keys.make().verifier == keys.load().verifier


def test_it_is_for_the_agent_alone(keys: KeyFile) -> None:
    """Nobody else may read it, and nobody may write it."""
    keys.make()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o400


def test_its_public_half_is_written_beside_it(keys: KeyFile) -> None:
    """As the one line that is handed over."""
    assert keys.public.exists() is False
    made = keys.make()
    assert keys.public.read_text() == f"{made.verifier}\n"


def test_a_lost_key_is_not_made_again(keys: KeyFile) -> None:
    """Or whoever deletes it could sign another history with a new one."""
    keys.make()
    keys.path.unlink()
    with pytest.raises(ConfigError):
        keys.load()


def test_others_must_not_read_it(keys: KeyFile) -> None:
    """A key that others can read is none."""
    keys.make()
    keys.path.chmod(0o444)
    with pytest.raises(ConfigError):
        keys.load()


@pytest.mark.parametrize("content", ["", "zz", "00" * 31])
def test_a_file_that_is_no_key_is_refused(keys: KeyFile, content: str) -> None:
    """With the file's name, never with its content."""
    keys.path.write_text(content)
    keys.path.chmod(0o400)
    with pytest.raises(ConfigError):
        keys.load()


def test_the_next_key_takes_the_place_of_the_old_one(keys: KeyFile) -> None:
    """Both public halves stay, in their order."""
    old, new = keys.make(), keys.prepare()
    assert keys.load().verifier == old.verifier
    assert keys.advance().verifier == new.verifier == keys.load().verifier
    assert (keys.verifiers(), keys.prepared()) == ([old.verifier, new.verifier], None)


def test_a_rotation_that_was_cut_is_begun_anew(keys: KeyFile) -> None:
    """A key that never came into force is thrown away."""
    keys.make()
    cut = keys.prepare()
    assert keys.prepare().verifier != cut.verifier


def test_a_key_that_somebody_else_keeps_is_never_made(tmp_path: Path) -> None:
    """It is handed over, or there is none; nor is it replaced here."""
    given = KeyFile(tmp_path, NAME, tmp_path / "handed-over")
    with pytest.raises(ConfigError):
        given.make()
    with pytest.raises(ConfigError):
        given.prepare()


def test_a_public_key_that_was_altered_is_refused(keys: KeyFile) -> None:
    """The file of public keys is read strictly."""
    keys.make()
    keys.public.write_text(keys.public.read_text().replace("test", "tast"))
    with pytest.raises(ConfigError):
        keys.verifiers()
