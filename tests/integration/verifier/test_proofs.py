"""Proofs of single entries, two heads, and timestamps."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_agent.audit import Checkpoint, NoteSigner
from tests.integration.verifier.conftest import Check, Story
from tests.support.bundles import Anchor, files_of, proof_of, resigned, sealed, zipped
from tests.support.outsiders import Authority
from tests.support.trees import Naive

NEWEST = -1


@pytest.fixture
def proof(story: Story, tmp_path: Path) -> Path:
    """Return the proof of one entry under the newest head."""
    (tmp_path / "entry.tlog-proof").write_bytes(proof_of(story.kept, 120, NEWEST))
    return tmp_path / "entry.tlog-proof"


def consistency(story: Story, old: int, new: int) -> bytes:
    """Return the proof of two heads."""
    sizes = [Checkpoint.parse(story.kept.notes[number]).size for number in (old, new)]
    hashes = Naive(story.kept.leaves).consistency(*sizes)
    lines = [f"old {sizes[0]}", *(base64.b64encode(each).decode() for each in hashes)]
    return "\n".join(lines).encode() + b"\n\n" + story.kept.notes[new]


@contextmanager
def kept(folder: Path, **notes: bytes) -> Iterator[list[Path]]:
    """Give the paths of files with such contents."""
    paths = [folder / name for name in notes]
    for path, raw in zip(paths, notes.values(), strict=True):
        path.write_bytes(raw)
    yield paths


# one entry


def test_an_entry_is_under_the_signed_head(story: Story, call: Check, proof: Path) -> None:
    """By the key that signed, and the entry is told as it was written."""
    found = call("proof", proof, "--key", story.keys[1])
    assert (found.code, found.facts("proof")["index"]) == (0, "120")
    said = {
        remark["facts"]["name"]: remark["facts"]["value"]
        for remark in found.document["remarks"]
        if "name" in remark["facts"]
    }
    assert said["event"] == "national_up"


def test_a_proof_without_a_key_is_only_half_of_one(call: Check, proof: Path) -> None:
    """The hashes fit; who signed the head is not known."""
    found = call("proof", proof)
    assert (found.code, found.codes("look")) == (1, ["no_key_given"])


def test_a_proof_under_a_head_of_somebody_elses_is_refused(call: Check, proof: Path) -> None:
    """By the key on paper."""
    other = NoteSigner("sync-agent/test", b"\7" * 32)
    found = call("proof", proof, "--key", other.verifier)
    assert (found.code, found.codes("tampered")) == (4, ["not_signed_by_given"])


def test_an_entry_that_was_changed_is_not_proved(story: Story, call: Check, proof: Path) -> None:
    """Nor one that is at another index."""
    for old, new in (
        (base64.b64encode(story.kept.entries[120]), base64.b64encode(story.kept.entries[121])),
        (b"120", b"121"),
    ):
        proof.write_bytes(proof_of(story.kept, 120, NEWEST).replace(old, new))
        found = call("proof", proof, "--key", story.keys[1])
        assert (found.code, found.codes("tampered")) == (4, ["proof_wrong"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 120", b"index 0120"),
        (b"index 120", b"index +120"),
        (b"index 120", b"index " + b"9" * 5000),
        (b"extra ", b"extra !"),
        (b"\n\n", b"\n"),
        (b"=\n", b"\n"),
        (b"=\n", b"=\r\n"),
    ],
)
def test_a_proof_of_another_form_is_refused(story: Story, call: Check, proof: Path, old: bytes, new: bytes) -> None:
    """What could be read in two ways is read in none."""
    proof.write_bytes(proof_of(story.kept, 120, NEWEST).replace(old, new, 1))
    found = call("proof", proof, "--key", story.keys[1])
    assert (found.code, found.codes("unreadable")) == (2, ["not_a_proof"])


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_changed_proof_is_believed(story: Story, call: Check, proof: Path, data: st.DataObject) -> None:
    """Whatever byte is another, more, or missing."""
    raw = proof_of(story.kept, 120, NEWEST)
    at = data.draw(st.integers(0, len(raw) - 1))
    new = data.draw(st.binary(max_size=2).filter(lambda each: each != raw[at : at + 1]))
    proof.write_bytes(raw[:at] + new + raw[at + 1 :])
    assert call("proof", proof, "--key", story.keys[1]).code in {2, 4}


# two heads


def test_two_heads_are_one_log(story: Story, call: Check, tmp_path: Path) -> None:
    """By the proof that the agent gives, or by a bundle that holds both."""
    files = {"old": story.kept.notes[1], "new": story.kept.notes[NEWEST], "proof": consistency(story, 1, NEWEST)}
    with kept(tmp_path, **files) as (old, new, by):
        keys = ("--key", story.keys[0], "--key", story.keys[1])
        assert call("heads", old, new, "--proof", by, *keys).code == 0
        bundle = zipped(story.files, tmp_path / "b.zip")
        assert call("heads", old, new, "--bundle", bundle, *keys).code == 0


def test_heads_of_two_sizes_need_a_proof(story: Story, call: Check, tmp_path: Path) -> None:
    """They say nothing of one another by themselves."""
    with kept(tmp_path, old=story.kept.notes[0], new=story.kept.notes[1]) as (old, new):
        assert call("heads", old, new, "--key", story.keys[0]).codes("unreadable") == ["proof_needed"]


def test_a_fork_is_shown_by_two_heads_of_one_size(story: Story, call: Check, tmp_path: Path) -> None:
    """Both signed by the log: that is proof of its own."""
    entries = [entry.replace(b"national_up", b"national_no") for entry in story.kept.entries]
    forked = resigned(story.kept, entries, {signer.verifier.key_id: signer for signer in story.signers})
    with kept(tmp_path, one=story.kept.notes[NEWEST], other=forked.notes[NEWEST]) as (one, other):
        found = call("heads", one, other, "--key", story.keys[1])
        assert (found.code, found.codes("tampered")) == (4, ["number_twice", "fork"])
        by_bundle = call(
            "heads",
            one,
            other,
            "--bundle",
            zipped(sealed(files_of(forked)), tmp_path / "b.zip"),
            "--key",
            story.keys[1],
        )
        assert (by_bundle.code, by_bundle.codes("tampered")) == (4, ["saved_head_differs"])


def test_a_fork_has_no_proof(story: Story, call: Check, tmp_path: Path) -> None:
    """That of the true log does not fit an older head that is another."""
    said = Checkpoint.parse(story.kept.notes[2])
    other = story.signers[1].sign(replace(said, root=bytes(32)).text())
    with kept(tmp_path, old=other, new=story.kept.notes[NEWEST], proof=consistency(story, 2, NEWEST)) as (old, new, by):
        assert call("heads", old, new, "--proof", by, "--key", story.keys[1]).codes("tampered") == ["fork"]


def test_the_proof_of_other_heads_is_said_to_be(story: Story, call: Check, tmp_path: Path) -> None:
    """It proves nothing of these."""
    files = {"old": story.kept.notes[0], "new": story.kept.notes[NEWEST], "proof": consistency(story, 2, NEWEST)}
    with kept(tmp_path, **files) as (old, new, by):
        assert call("heads", old, new, "--proof", by).codes("unreadable") == ["proof_of_others"]


def test_heads_of_two_logs_are_not_compared(story: Story, call: Check, tmp_path: Path) -> None:
    """Nothing follows from it."""
    said = Checkpoint.parse(story.kept.notes[0])
    other = NoteSigner("another", bytes(32)).sign(replace(said, origin="another").text())
    with kept(tmp_path, old=story.kept.notes[0], new=other) as (old, new):
        assert call("heads", old, new).codes("unreadable") == ["heads_of_two_logs"]


def test_an_empty_head_proves_nothing(story: Story, call: Check, tmp_path: Path) -> None:
    """It is the beginning of every log."""
    empty = story.signers[0].sign(replace(Checkpoint.parse(story.kept.notes[0]), size=0).text())
    with kept(tmp_path, old=empty, new=story.kept.notes[1]) as (old, new):
        assert call("heads", old, new).codes("unreadable") == ["empty_head"]


# timestamps


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority of our own."""
    return Authority(tmp_path_factory.mktemp("authority"))


def stamped(authority: Authority, content: bytes) -> bytes:
    """Return the timestamp of something, asked for as the agent asks."""
    from rfc3161_client import TimestampRequestBuilder  # noqa: PLC0415

    return authority.stamp(TimestampRequestBuilder().data(content).build().as_bytes())


def test_a_timestamp_is_of_the_head(story: Story, call: Check, authority: Authority, tmp_path: Path) -> None:
    """And who signed it is to be asked of openssl: it is said how."""
    note = story.kept.notes[NEWEST]
    with kept(tmp_path, note=note, receipt=stamped(authority, note)) as (saved, receipt):
        found = call("timestamp", saved, receipt)
    assert (found.code, found.codes("told"), found.codes("look")) == (1, ["stamped"], ["stamp_unsigned"])


def test_a_timestamp_of_something_else_is_refused(
    story: Story, call: Check, authority: Authority, tmp_path: Path
) -> None:
    """Of an older head, for instance."""
    with kept(tmp_path, note=story.kept.notes[1], receipt=stamped(authority, story.kept.notes[0])) as (saved, receipt):
        assert call("timestamp", saved, receipt).codes("tampered") == ["receipt_differs"]


def test_the_timestamps_of_a_bundle_are_compared_with_its_heads(
    story: Story, check: Check, authority: Authority
) -> None:
    """Each with the head its record names."""
    note = story.kept.notes[NEWEST]
    number, at = Checkpoint.parse(note).number, Checkpoint.parse(note).time
    for head, code in ((number, 0), (number - 1, 4)):
        records: list[Anchor] = [(head, "stamp", "done", at, stamped(authority, note))]
        assert check(replace(story.kept, anchors=records), "--key", story.keys[0]).code == code


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_timestamp_end_in_words(
    story: Story, call: Check, authority: Authority, tmp_path: Path, data: st.DataObject
) -> None:
    """Cut anywhere, or with any byte changed."""
    raw = _one_stamp(authority, story)
    at = data.draw(st.integers(0, len(raw) - 1))
    new = data.draw(
        st.one_of(st.just(raw[:at]), st.binary(max_size=2).map(lambda each: raw[:at] + each + raw[at + 1 :]))
    )
    with kept(tmp_path, note=story.kept.notes[NEWEST], receipt=new) as (saved, receipt):
        assert call("timestamp", saved, receipt).code in {1, 2, 4}


_STAMPS: dict[bytes, bytes] = {}


def _one_stamp(authority: Authority, story: Story) -> bytes:
    note = story.kept.notes[NEWEST]
    if note not in _STAMPS:
        _STAMPS[note] = stamped(authority, note)
    return _STAMPS[note]
