"""What was given out of one case: the content is what was sent, by its secret, a signed entry and the key on paper."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_agent.audit import CaseSecret, NoteSigner, last_checkpoint
from sync_agent.audit.bundle import write_bundle
from sync_agent.sync import disclose
from tests.integration.verifier.conftest import Check
from tests.support.bundles import MADE_AT, zipped
from tests.support.houses import Houses

Document = dict[str, Any]
Change = Callable[[Document], object]


@dataclass(frozen=True)
class Given:
    """What was given out of a case, the line of the key, and the whole log as a bundle."""

    document: Document
    key: str
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """Return the content of a case that went up with all its steps."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYNC_AGENT_TEST_SECRET", "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("content"))
        with houses.stack:
            house = houses(page=50)
            house.local.full(1)
            house.sync()
            document = disclose(house.agent, "V1", reason="inspection", actor="os:thu").document
            heads, files = house.agent.ledger.heads, dict[str, bytes]()
            assert heads is not None
            with house.agent.ledger.read() as connection:
                newest = last_checkpoint(connection)
                assert newest is not None
                write_bundle(connection, newest, heads.key.verifiers(), files.__setitem__, made_at=MADE_AT)
            yield Given(document, str(heads.key.verifiers()[0]), files)


def saved(document: object, folder: Path) -> Path:
    """Return the file of a disclosure."""
    (folder / "content.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder / "content.json"


def changed(told: Given, change: Change) -> Document:
    """Return another document than the one that was given out."""
    document: Document = json.loads(json.dumps(told.document))
    change(document)
    assert document != told.document
    return document


def test_what_was_given_out_is_what_was_sent(told: Given, call: Check, tmp_path: Path) -> None:
    """Each message, by an entry under a head that the key on paper signed; nothing of the content is printed."""
    found = call("content", saved(told.document, tmp_path), "--key", told.key)
    steps = [remark["facts"]["step"] for remark in found.document["remarks"] if remark["code"] == "content_fits"]
    assert (found.code, steps) == (0, [each["step"] for each in told.document["messages"]])
    said = json.dumps(found.document, ensure_ascii=False)
    assert ("Lò Văn Mẫu" in said, told.document["secret"] in said, "Lò" in str(contents(told))) == (False, False, True)


def contents(told: Given) -> list[str]:
    """Return what the messages say."""
    return [base64.b64decode(each["content"]).decode() for each in told.document["messages"]]


def test_it_fits_the_bundle_of_the_whole_log(told: Given, call: Check, tmp_path: Path) -> None:
    """And it is said that no head was compared that the inspector kept."""
    bundle = zipped(told.files, tmp_path / "bundle.zip")
    found = call("content", saved(told.document, tmp_path), "--bundle", bundle, "--key", told.key)
    fits = {"content_fits", "saved_head_fits", "no_head_kept"}
    assert (found.code, fits - set(found.codes("told"))) == (0, set())


def test_it_does_not_fit_the_bundle_of_another_log(told: Given, call: Check, tmp_path: Path) -> None:
    """Cut short, for instance: the head over the entry is not in it."""
    files = {name: raw for name, raw in told.files.items() if not name.startswith("tile/entries")}
    bundle = zipped(files, tmp_path / "bundle.zip")
    assert call("content", saved(told.document, tmp_path), "--bundle", bundle, "--key", told.key).code == 4


def test_without_the_key_it_is_only_half_proved(told: Given, call: Check, tmp_path: Path) -> None:
    """Anybody could have signed it."""
    found = call("content", saved(told.document, tmp_path))
    assert (found.code, found.codes("look")) == (1, ["no_key_given"])


def test_another_key_did_not_sign_it(told: Given, call: Check, tmp_path: Path) -> None:
    """By the key on paper."""
    other = NoteSigner(told.key.split("+", maxsplit=1)[0], b"\7" * 32)
    found = call("content", saved(told.document, tmp_path), "--key", other.verifier)
    assert (found.code, found.codes("tampered")) == (4, ["not_signed_by_given"])


def other_content(document: Document) -> None:
    """Put another content in the place of the one that was sent."""
    message = document["messages"][0]
    message["content"] = base64.b64encode(base64.b64decode(message["content"]) + b" ").decode()


def other_content_and_digest(document: Document) -> None:
    """Put another content, and the digest that belongs to it."""
    other_content(document)
    message = document["messages"][0]
    content = base64.b64decode(message["content"])
    message["digest"] = CaseSecret(bytes.fromhex(document["secret"])).digest(content)


def other_proof(document: Document) -> None:
    """Show the entry of another message."""
    one, other = document["messages"][:2]
    one["proof"], one["entries"] = other["proof"], other["entries"]


def other_entry(document: Document) -> None:
    """Write an entry oneself: that this very content was sent."""
    other_content_and_digest(document)
    message = document["messages"][0]
    first, extra, rest = message["proof"].split("\n", 2)
    entry = json.loads(base64.b64decode(extra.removeprefix("extra ")))
    entry["wanted"] = message["digest"]
    raw = base64.b64encode(json.dumps(entry).encode()).decode()
    message["proof"] = "\n".join([first, f"extra {raw}", rest])


def other_event(document: Document) -> None:
    """Show an entry by which nothing was sent."""
    message = document["messages"][0]
    first, extra, rest = message["proof"].split("\n", 2)
    entry = base64.b64decode(extra.removeprefix("extra "))
    planned = entry.replace(b'"event":"accepted"', b'"event":"planned"')
    message["proof"] = "\n".join([first, f"extra {base64.b64encode(planned).decode()}", rest])


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (other_content, ["content_differs"]),
        (other_content_and_digest, ["content_differs"]),
        (other_proof, ["entry_of_another"]),
        (other_entry, ["proof_wrong"]),
        (other_event, ["proof_wrong", "entry_sent_nothing"]),
        (lambda document: document.update(case_key="V2"), ["subject_wrong"]),
        (lambda document: document.update(source="khac"), ["subject_wrong"]),
        (lambda document: document.update(subject="0" * 64), ["subject_wrong", "entry_of_another"]),
        (lambda document: document.update(secret="0" * 64), ["subject_wrong", "content_differs", "entry_of_another"]),
        (lambda document: document["messages"][0].update(step="enforcement"), ["entry_of_another"]),
        (lambda document: document["messages"][0].update(item="0" * 64), ["entry_of_another"]),
        (lambda document: document["messages"][0].update(local_key="9"), ["entry_of_another"]),
        (lambda document: document["messages"][0].update(entries=[]), ["entry_sent_nothing"]),
        (lambda document: document["messages"][0].update(digest="0" * 64), ["content_differs"]),
    ],
)
def test_what_was_changed_is_said(told: Given, call: Check, tmp_path: Path, change: Change, codes: list[str]) -> None:
    """By name, and it ends as tampering does; what was not changed is proved all the same."""
    found = call("content", saved(changed(told, change), tmp_path), "--key", told.key)
    assert (found.code, found.codes("tampered")) == (4, codes)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(version=2),
        lambda document: document.update(more="than is said"),
        lambda document: document.update(messages=[]),
        lambda document: document.update(messages={}),
        lambda document: document.update(secret="0" * 62),
        lambda document: document.update(secret=" " + "0" * 63),
        lambda document: document.update(case_key=7),
        lambda document: document.pop("subject"),
        lambda document: document["messages"].append([]),
        lambda document: document["messages"][0].update(content="!"),
        lambda document: document["messages"][0].update(entries=[True]),
        lambda document: document["messages"][0].update(proof=""),
        lambda document: document["messages"][0].update(item=[]),
        lambda document: document["messages"][0].pop("step"),
    ],
)
def test_a_file_of_another_form_is_refused(told: Given, call: Check, tmp_path: Path, change: Change) -> None:
    """What could be read in two ways is read in none."""
    found = call("content", saved(changed(told, change), tmp_path), "--key", told.key)
    assert (found.code, found.codes("unreadable")) == (2, ["not_a_disclosure"])


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"format":"a","format":"b"}', b"[" * 100_000])
def test_what_is_no_such_file_ends_in_words(call: Check, tmp_path: Path, raw: bytes) -> None:
    """Whatever it is."""
    (tmp_path / "content.json").write_bytes(raw)
    assert call("content", tmp_path / "content.json").codes("unreadable") == ["not_a_disclosure"]


@pytest.mark.parametrize("name", ["event", "wanted", "subject", "step", "item", "time"])
def test_an_entry_that_holds_strange_values_ends_in_words(told: Given, call: Check, tmp_path: Path, name: str) -> None:
    """A list where a code belongs, for instance."""

    def strange(document: Document) -> None:
        message = document["messages"][0]
        first, extra, rest = message["proof"].split("\n", 2)
        entry = json.loads(base64.b64decode(extra.removeprefix("extra "))) | {name: [{}]}
        raw = base64.b64encode(json.dumps(entry).encode()).decode()
        message["proof"] = "\n".join([first, f"extra {raw}", rest])

    assert call("content", saved(changed(told, strange), tmp_path), "--key", told.key).code == 4


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_changed_letter_is_believed(told: Given, call: Check, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever byte of the first message is another, more, or missing."""
    document: Document = told.document | {"messages": told.document["messages"][:1]}
    raw = json.dumps(document, separators=(",", ":")).encode()
    at = data.draw(st.integers(0, len(raw) - 1))
    new = data.draw(st.binary(max_size=2).filter(lambda each: each.strip() != raw[at : at + 1].strip()))
    (tmp_path / "content.json").write_bytes(raw[:at] + new + raw[at + 1 :])
    code = call("content", tmp_path / "content.json", "--key", told.key).code
    assert code in {2, 4} or (code == 0 and only_entries_differ(document, tmp_path / "content.json"))


def only_entries_differ(document: Document, file: Path) -> bool:
    """Tell whether nothing but the list of further entries, of which the proof is not, says something else."""
    found = json.loads(file.read_bytes())
    for each in (*document["messages"], *found["messages"]):
        each.pop("entries", None)
    return bool(found == document)
