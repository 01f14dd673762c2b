"""`audit prove`: files that a stranger checks by RFC 6962 and the public key alone."""

import base64
import hashlib
import hmac
import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_agent.audit import Checkpoint, Event, NoteVerifier, leaf_hash, node_hash
from sync_agent.audit.proofs import Tree
from sync_agent.cli import audit_prove
from sync_agent.cli.exits import ExitCode
from sync_agent.errors import SyncAgentError
from sync_agent.sync import disclose
from tests.support.houses import ROOT, House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a house in which a complaint and a denunciation went up in two passes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYNC_AGENT_TEST_SECRET", "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("prove"))
        with houses.stack:
            house = houses(page=50)
            house.local.full(1)
            house.sync()
            house.local.denunciation(2)
            house.sync()
            yield house


@pytest.fixture
def yes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer yes to what is asked before a secret is given out."""
    monkeypatch.setattr(audit_prove, "agreed", lambda _: True)


def parts(proof: bytes) -> tuple[list[str], list[bytes], bytes]:
    """Return the lines before the hashes, the hashes, and the signed head."""
    before, _, note = proof.partition(b"\n\n")
    lines = before.decode().split("\n")
    said = [line for line in lines if " " in line or "@" in line]
    return said, [base64.b64decode(line) for line in lines[len(said) :]], note


def proved_root(index: int, size: int, leaf: bytes, hashes: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to, by section 2.1.3.2 of RFC 9162."""
    place, last, found = index, size - 1, leaf
    for each in hashes:
        assert last != 0
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    assert last == 0
    return found


def public_key(house: House) -> NoteVerifier:
    """Return the key as it stands on paper."""
    return NoteVerifier.parse((house.folder / "state" / "audit.pub").read_text(encoding="ascii"))


def test_every_entry_is_proved_under_the_signed_head(run: Run, house: House) -> None:
    """From its exact bytes to the root, by the rule of the RFC; the head by the key on paper."""
    [(size,)] = house.select("SELECT max(size) FROM audit_checkpoint")
    for index in (0, 1, size // 2, size - 1):
        _, out, _ = run("audit", "prove", str(index))
        (header, extra, said), hashes, note = parts(out.encode())
        head, raw = Checkpoint.parse(note), base64.b64decode(extra.removeprefix("extra "))
        [(stored,)] = house.select(f"SELECT entry FROM audit_leaf WHERE idx = {index}")  # noqa: S608 - a number
        assert (header, said, raw) == ("c2sp.org/tlog-proof@v1", f"index {index}", bytes(stored))
        assert proved_root(index, head.size, leaf_hash(raw), hashes) == head.root
        assert public_key(house).signed(note)


def test_a_proof_goes_into_a_new_file(run: Run, tmp_path: Path) -> None:
    """To the byte what is printed; nothing is overwritten."""
    printed = run("audit", "prove", "3")[1]
    first = run("audit", "prove", "3", "--output", str(tmp_path / "proof"))
    again = run("audit", "prove", "4", "--output", str(tmp_path / "proof"))
    assert (first[0], again[0], (tmp_path / "proof").read_text("utf-8")) == (ExitCode.DONE, ExitCode.USAGE, printed)


def test_what_no_head_stands_over_cannot_be_proved(run: Run, house: House) -> None:
    """What to do is said: it can be after the next head."""
    with house.agent.ledger.write() as tx:
        tx.record(Event.NATIONAL_UP)
    number = str(len(house.entries()) - 1)
    before = run("audit", "prove", number)
    signed = run("audit", "checkpoint")
    after = run("audit", "prove", number)
    assert (before[0], "sign one: sync-agent audit checkpoint" in before[2]) == (ExitCode.USAGE, True)
    assert (signed[0], after[0]) == (ExitCode.DONE, ExitCode.DONE)


def test_two_heads_are_proved_in_the_form_in_which_a_witness_is_asked(run: Run, house: House) -> None:
    """The hashes are those of the tree; the newer head is in the file, the older one the reader has."""
    [(old,), (new,)] = house.select("SELECT size FROM audit_checkpoint WHERE number IN (0, 1) ORDER BY number")
    [said], hashes, note = parts(run("audit", "prove", "--consistency", "0", "1")[1].encode())
    with house.agent.ledger.read() as connection:
        assert (said, hashes) == (f"old {old}", Tree(connection).consistency(old, new))
    assert (Checkpoint.parse(note).number, public_key(house).signed(note)) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give exactly one of N, --consistency OLD NEW and --content KEY"),
        (("3", "--consistency", "0", "1"), "give exactly one of"),
        (("999999",), "the audit log has no entry 999999"),
        (("--consistency", "1", "0"), "name the older head first"),
        (("--consistency", "0", "99"), "there is no signed head number 99"),
        (("--content", "V1"), "--content and --reason belong together"),
        (("3", "--reason", "asked"), "--content and --reason belong together"),
        (("--content", "V1", "--reason", "asked"), "the content of a case is given in a file only"),
    ],
)
def test_wrong_usage_is_said_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """And ends as such: a broken log is something else."""
    code, out, err = run("audit", "prove", *words)
    assert (code, out, said in err, err.count("\n")) == (ExitCode.USAGE, "", True, 1)


def given(run: Run, key: str, file: Path) -> tuple[int, str, str]:
    """Ask for the content of a case."""
    return run("audit", "prove", "--content", key, "--reason", "inspection", "--output", str(file))


@pytest.mark.usefixtures("yes")
def test_what_was_sent_of_a_case_can_be_checked(run: Run, house: House, tmp_path: Path) -> None:
    """Each message's content gives, under the secret, the digest in an entry about this case that was acknowledged."""
    file = tmp_path / "content.json"
    code, out, err = given(run, "V1", file)
    told: dict[str, Any] = json.loads(file.read_bytes())
    secret, entries = bytes.fromhex(told["secret"]), house.entries()
    for message in told["messages"]:
        content = base64.b64decode(message["content"])
        digest = hmac.new(secret, b"digest\0" + content, hashlib.sha256).hexdigest()
        named = [entries[idx] for idx in message["entries"]]
        assert {(each.wanted, each.subject, each.step) for each in named} == {
            (digest, told["subject"], message["step"])
        }
        assert [each.event for each in named] == ["intent", "accepted"]
    assert (code, len(told["messages"]), file.stat().st_mode & 0o777) == (ExitCode.DONE, 6, 0o600)
    assert ("personal data" in err, "Lò Văn Mẫu" in out + err, secret.hex() in out + err) == (True, False, False)


@pytest.mark.usefixtures("yes")
def test_that_a_secret_was_given_out_is_in_the_log(run: Run, house: House, tmp_path: Path) -> None:
    """Who, why, of which case; before the file is there."""
    given(run, "V1", tmp_path / "content.json")
    told = json.loads((tmp_path / "content.json").read_bytes())
    entry = next(each for each in reversed(house.entries()) if each.event == "disclosed")
    assert (entry.subject, entry.reason, entry.actor.startswith("os:")) == (told["subject"], "inspection", True)


@pytest.mark.usefixtures("yes")
@pytest.mark.parametrize("manual", ["docs/audit.md", "docs/vi/kiem-toan.md"])
def test_the_check_in_the_manual_works(
    run: Run, tmp_path: Path, manual: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As printed there, it needs nothing of ours; another content or entry is seen."""
    script = (ROOT / manual).read_text("utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "check.py").write_text(script, encoding="utf-8")
    given(run, "V1", tmp_path / "content.json")
    told = json.loads((tmp_path / "content.json").read_bytes())
    content = base64.b64decode(told["messages"][0]["content"]).replace(b"H217.01", b"H217.02")
    told["messages"][0]["content"] = base64.b64encode(content).decode()
    (tmp_path / "other.json").write_text(json.dumps(told), encoding="utf-8")
    capsys.readouterr()
    found = []
    for name in ("content.json", "other.json"):
        monkeypatch.setattr(sys, "argv", ["check.py", str(tmp_path / name)])
        runpy.run_path(str(tmp_path / "check.py"), run_name="__main__")
        found.append([line.split()[-1] for line in capsys.readouterr().out.splitlines()])
    assert found == [["True"] * 7, ["True", "False", *["True"] * 5]]


@pytest.mark.usefixtures("yes")
def test_nothing_is_given_out_of_a_protected_case(run: Run, house: House, tmp_path: Path) -> None:
    """With its secret the digests of what was withheld could be tried; nothing is written or noted."""
    before = house.events().count("disclosed")
    code, _, err = given(run, "V2", tmp_path / "content.json")
    assert (code, "is given to nobody" in err, "V2" in err) == (ExitCode.USAGE, True, False)
    assert ((tmp_path / "content.json").exists(), house.events().count("disclosed")) == (False, before)


def test_nothing_is_given_out_without_a_yes(
    run: Run, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is noted."""
    monkeypatch.setattr(audit_prove, "agreed", lambda _: False)
    before = house.events().count("disclosed")
    code, out, _ = given(run, "V1", tmp_path / "content.json")
    assert (code, out, house.events().count("disclosed")) == (ExitCode.DONE, "Nothing was given out.\n", before)


def test_content_that_was_never_sent_is_left_out(make_house: Houses) -> None:
    """A case that has changed since: what did not change is proved; that the rest is planned proves nothing."""
    house = make_house(name="changed", page=50)
    house.local.full(1)
    house.sync()
    house.local.execute("UPDATE xu_ly SET noi_dung = 'Khác' WHERE vu_viec = 1")
    found = disclose(house.agent, "V1", reason="asked", actor="os:lan")
    proved = [message["step"] for message in found.document["messages"]]
    assert ([step for step, _ in found.unproved], proved) == (
        ["processing"],
        ["case", "acceptance", "settlement", "settlement", "enforcement"],
    )


def test_a_case_of_which_nothing_was_sent_is_not_given_out(make_house: Houses) -> None:
    """Its secret would prove nothing; it is not noted either."""
    house = make_house(name="unsent", page=50, settle=3600)
    house.local.case(1)
    house.sync()
    with pytest.raises(SyncAgentError, match="nothing that this case says now was ever sent"):
        disclose(house.agent, "V1", reason="asked", actor="os:lan")
    assert "disclosed" not in house.events()
