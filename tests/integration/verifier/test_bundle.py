"""What the verifier says of a bundle: of the agent's own, and of every copy that somebody changed."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sync_agent_verifier.remarks import Severity
from sync_agent_verifier.words import SENTENCES

from sync_agent.audit import Checkpoint, NoteSigner
from tests.integration.verifier.conftest import Check, Story, told
from tests.support.bundles import Kept, entry_file, files_of, resigned, sealed, zipped
from tests.support.ledgers import DATABASES

Files = dict[str, bytes]
Change = Callable[[Story], Files]


def numbered(note: bytes) -> str:
    """Return the file of a head."""
    return f"checkpoints/{Checkpoint.parse(note).number:08d}.note"


# what the agent makes


@pytest.mark.parametrize("database", DATABASES)
def test_the_agents_own_bundle_is_sound(database: str, tmp_path: Path, check: Check) -> None:
    """From both databases, by the key of the first day: it vouches for the key that came after it."""
    with told(database, tmp_path) as story:
        found = check(story.files, "--key", story.keys[0])
    assert (found.code, found.codes("tampered"), found.codes("look")) == (0, [], [])
    assert found.facts("entries")["count"] == str(len(story.kept.entries))


def test_it_is_what_the_layout_says(story: Story) -> None:
    """Made a second time from the tables by the definition of the tree, byte for byte."""
    assert story.files == sealed(files_of(story.kept))


@pytest.mark.parametrize("which", [[0], [1], [0, 1]])
def test_any_key_of_the_log_will_do(story: Story, check: Check, which: list[int]) -> None:
    """The old one vouches for what it named, the new one for what it signed over."""
    options = [word for each in which for word in ("--key", story.keys[each])]
    assert check(story.files, *options).code == 0


def test_a_folder_is_read_like_an_archive(story: Story, call: Check, tmp_path: Path) -> None:
    """As somebody unpacked it."""
    for name, raw in story.files.items():
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_bytes(raw)
    (tmp_path / "paper").write_text("# by hand\n" + "\n".join(story.keys), encoding="ascii")
    assert call("bundle", tmp_path / "bundle", "--key", tmp_path / "paper").code == 0


def test_without_a_key_nobody_is_believed(story: Story, check: Check) -> None:
    """The keys inside prove nothing: who forges a log puts his own there."""
    found = check(story.files)
    assert (found.code, found.codes("look")) == (1, ["no_key_given"])


def test_a_key_of_later_than_the_bundle_is_asked_about(story: Story, check: Check) -> None:
    """The bundle is older than the change of the key, or hides it."""
    before = replace(story.kept.cut(1), keys=story.keys[:1])
    found = check(before, "--key", story.keys[0], "--key", story.keys[1])
    assert (found.code, found.codes("look")) == (1, ["key_unknown"])


def test_a_declared_gap_is_told_and_no_fault(story: Story, check: Check) -> None:
    """The log itself says that nobody watched."""
    assert "gap_declared" in check(story.files, "--key", story.keys[0]).codes("told")


def test_a_gap_that_is_not_declared_must_be_looked_at(story: Story, check: Check) -> None:
    """With a pause so short that the silence of every head is one; it is not tampering."""
    moved = [entry.replace(b"gap_declared", b"national_up") for entry in story.kept.entries]
    found = check(resigned(story.kept, moved, own_keys(story)), "--key", story.keys[0])
    assert (found.code, found.codes("look")) == (1, ["gap"])


def test_it_says_how_far_heads_were_taken_outside(story: Story, check: Check) -> None:
    """By the log's own record: what is younger was not."""
    size = Checkpoint.parse(story.kept.notes[-2]).size
    assert check(story.files, "--key", story.keys[0]).facts("anchored_partly")["last"] == str(size - 1)


# what somebody kept


def test_heads_that_were_kept_outside_fit(story: Story, check: Check) -> None:
    """A whole folder of them."""
    found = check(story.files, "--key", story.keys[0], "--head", story.volume)
    assert (found.code, found.document["remarks"][0]["code"]) == (0, "manifest")
    assert sum(remark["code"] == "saved_head_fits" for remark in found.document["remarks"]) == 2


@pytest.mark.parametrize("form", ["crlf", "syslog"])
def test_a_head_is_read_as_it_came(story: Story, check: Check, tmp_path: Path, form: str) -> None:
    """With the line ends of mail, or as the line of a system log."""
    note = story.kept.notes[2]
    forms = {"crlf": note.replace(b"\n", b"\r\n"), "syslog": b"<109>1 x - checkpoint - " + base64.b64encode(note)}
    (tmp_path / "kept").write_bytes(forms[form])
    assert check(story.files, "--key", story.keys[0], "--head", tmp_path / "kept").code == 0


def test_an_older_bundle_is_sound_by_itself(story: Story, check: Check) -> None:
    """Nothing in it can tell that there is more."""
    assert check(story.kept.cut(2), "--key", story.keys[0]).code == 0


def test_a_kept_head_shows_that_the_tail_was_cut(story: Story, check: Check, tmp_path: Path) -> None:
    """Or that the bundle is older than it is said to be."""
    (tmp_path / "kept").write_bytes(story.kept.notes[-1])
    found = check(story.kept.cut(2), "--key", story.keys[0], "--head", tmp_path / "kept")
    assert (found.code, found.codes("tampered")) == (4, ["saved_head_beyond"])


def own_keys(story: Story) -> dict[bytes, NoteSigner]:
    """Return the log's own keys: of whoever has stolen them."""
    return {signer.verifier.key_id: signer for signer in story.signers}


def changed(kept: Kept, index: int = 120) -> list[bytes]:
    """Return the entries with one of them changed."""
    entries = list(kept.entries)
    entries[index] = entries[index].replace(b"national_up", b"national_no")
    return entries


def test_a_kept_head_shows_that_the_log_was_written_anew(story: Story, check: Check, tmp_path: Path) -> None:
    """By the owner of the keys himself: inside, everything fits."""
    anew = resigned(story.kept, changed(story.kept), own_keys(story))
    (tmp_path / "kept").write_bytes(story.kept.notes[-1])
    assert check(anew, "--key", story.keys[0]).code == 0
    found = check(anew, "--key", story.keys[0], "--head", tmp_path / "kept")
    assert (found.code, found.codes("tampered")) == (4, ["saved_head_differs"])


def test_a_lost_head_that_is_declared_is_no_forgery(story: Story, check: Check, tmp_path: Path) -> None:
    """An older copy of the ledger was put back, and the log says which head was lost by it."""
    lost = Checkpoint.parse(story.kept.notes[-1])
    before = story.kept.cut(3)
    entries = [*before.entries, incarnation(lost)]
    entries += [story.kept.entries[5]] * (lost.size + 5 - len(entries))
    note = Checkpoint(lost.origin, len(entries), lost.root, 4, lost.time, "start", "0" * 64)
    after = replace(before, entries=entries, notes=[*before.notes, story.signers[1].sign(note.text())])
    (tmp_path / "kept").write_bytes(story.kept.notes[-1])
    found = check(
        resigned(after, entries, own_keys(story)),
        "--key",
        story.keys[0],
        "--head",
        tmp_path / "kept",
        "--interval",
        999,
    )
    assert (found.code, sorted(found.codes("look"))) == (1, ["incarnation", "saved_head_lost"])


def incarnation(lost: Checkpoint) -> bytes:
    """Return the entry that declares a head lost."""
    root = lost.root.hex()
    said = f'"event":"incarnation_started","head_root":"{root}","head_size":{lost.size},"time":"{lost.time}","v":1'
    return f'{{"actor":"agent",{said}}}'.encode()


# what somebody changed: each time the manifest is made to fit, as who changes a file would do


def _with(story: Story, **replaced: bytes | None) -> Files:
    files = {**files_of(story.kept), **{name: raw for name, raw in replaced.items() if raw is not None}}
    return sealed({name: raw for name, raw in files.items() if replaced.get(name, b"") is not None})


def one_entry_in_its_file(story: Story) -> Files:
    """Return the bundle with one entry changed and nothing else."""
    name = entry_file(0, 256)
    other = files_of(replace(story.kept, entries=changed(story.kept)))[name]
    return _with(story, **{name: other})


def _others(story: Story, entries: list[bytes]) -> Files:
    return sealed(files_of(replace(story.kept, entries=entries)))


def entry_and_tiles(story: Story) -> Files:
    """Return the bundle of another log under the old heads."""
    return _others(story, changed(story.kept))


def swapped(story: Story) -> Files:
    """Return the bundle with two entries in each other's place."""
    entries = list(story.kept.entries)
    entries[10], entries[200] = entries[200], entries[10]
    return _others(story, entries)


def removed(story: Story) -> Files:
    """Return the bundle without one entry."""
    return _others(story, story.kept.entries[:50] + story.kept.entries[51:])


def inserted(story: Story) -> Files:
    """Return the bundle with one entry more."""
    return _others(story, [*story.kept.entries[:50], story.kept.entries[5], *story.kept.entries[50:]])


def duplicated_for_another(story: Story) -> Files:
    """Return the bundle with one entry in the place of another."""
    return _others(story, [*story.kept.entries[:50], story.kept.entries[49], *story.kept.entries[51:]])


def lower_tile(story: Story) -> Files:
    """Return the bundle with a hash of a tile changed."""
    return _with(story, **{"tile/0/000": bytes(32) + files_of(story.kept)["tile/0/000"][32:]})


def upper_tile(story: Story) -> Files:
    """Return the bundle with the only hash of the tile above changed."""
    return _with(story, **{"tile/1/000.p/1": bytes(32)})


def short_tile(story: Story) -> Files:
    """Return the bundle with a tile cut."""
    return _with(story, **{"tile/0/000": files_of(story.kept)["tile/0/000"][:-32]})


def no_tile(story: Story) -> Files:
    """Return the bundle without a tile."""
    return _with(story, **{"tile/1/000.p/1": None})


def head_in_the_middle_removed(story: Story) -> Files:
    """Return the bundle with a hole in the series."""
    return _with(story, **{numbered(story.kept.notes[2]): None})


def last_head_removed(story: Story) -> Files:
    """Return the bundle whose series ends before its newest head."""
    return _with(story, **{numbered(story.kept.notes[-1]): None})


def old_head_as_the_newest(story: Story) -> Files:
    """Return the bundle under an older head, the newer ones and all entries still there."""
    return _with(story, checkpoint=story.kept.notes[2])


def tail_cut_under_newer_heads(story: Story) -> Files:
    """Return the bundle cut to an older head whose newer heads were forgotten."""
    files = files_of(story.kept.cut(2))
    return sealed(files | {numbered(note): note for note in story.kept.notes})


def signed_by_another(story: Story) -> Files:
    """Return a log changed and signed anew by somebody without its keys, who keeps their names in it."""
    thief = {signer.verifier.key_id: NoteSigner(signer.verifier.name, b"\7" * 32) for signer in story.signers}
    return sealed(files_of(resigned(story.kept, changed(story.kept), thief)))


def one_head_by_the_old_key(story: Story) -> Files:
    """Return a log changed after the change of its key, by whoever had stolen the old one only."""
    old = {signer.verifier.key_id: story.signers[0] for signer in story.signers}
    return sealed(files_of(resigned(story.kept, changed(story.kept, 250), old)))


def head_replaced(story: Story) -> Files:
    """Return the bundle with one head signed anew, by the right key, for another time."""
    said = Checkpoint.parse(story.kept.notes[-2])
    notes = list(story.kept.notes)
    notes[-2] = story.signers[1].sign(replace(said, time="2026-11-02T03:00:00.000Z").text())
    return sealed(files_of(replace(story.kept, notes=notes)))


def first_heads_dropped(story: Story) -> Files:
    """Return the bundle whose series does not begin at its beginning."""
    return _with(story, **{numbered(note): None for note in story.kept.notes[:2]})


def rotation_in_another_name(story: Story) -> Files:
    """Return a log in which the entry of the new key names another, signed by the keys of the log."""
    digest = re.compile(rb'"set_digest":"[0-9a-f]{64}"')
    other = b'"set_digest":"' + b"0" * 64 + b'"'
    entries = [digest.sub(other, raw) if b'"old_state"' in raw else raw for raw in story.kept.entries]
    return sealed(files_of(resigned(story.kept, entries, own_keys(story))))


def keys_of_the_bundle_removed(story: Story) -> Files:
    """Return the bundle without the file of keys."""
    return _with(story, **{"keys/audit.pub": None})


def anchor_of_no_head(story: Story) -> Files:
    """Return the bundle with a record of a head that there is not."""
    return sealed(
        files_of(
            replace(story.kept, anchors=[(99, "volume", "done", Checkpoint.parse(story.kept.notes[0]).time, None)])
        )
    )


def entry_that_is_none(story: Story) -> Files:
    """Return a log with bytes in it that say nothing, under the log's own keys."""
    entries = [*story.kept.entries[:20], b"[" * 60_000, *story.kept.entries[21:]]
    return sealed(files_of(resigned(story.kept, entries, own_keys(story))))


def _heads(story: Story, change: Callable[[Checkpoint], Checkpoint], signer: int = 1) -> Files:
    """Return the bundle with its last head but one said otherwise, by a key of the log, the last chained to it."""
    notes = list(story.kept.notes)
    notes[-2] = story.signers[signer].sign(change(Checkpoint.parse(notes[-2])).text())
    last = replace(Checkpoint.parse(notes[-1]), previous=hashlib.sha256(notes[-2]).hexdigest())
    notes[-1] = story.signers[1].sign(last.text())
    return sealed(files_of(replace(story.kept, notes=notes)))


def head_that_shrinks(story: Story) -> Files:
    """Return the bundle with a head of fewer entries than the one before."""
    return _heads(story, lambda said: replace(said, size=1))


def head_of_another_log(story: Story) -> Files:
    """Return the bundle with a head in another name."""
    return _heads(story, lambda said: replace(said, origin="another"))


def head_by_the_key_that_was_replaced(story: Story) -> Files:
    """Return the bundle with a head signed by the old key after the new one was in force."""
    return _heads(story, lambda said: said, signer=0)


def head_under_another_name(story: Story) -> Files:
    """Return the bundle with a head in the file of another."""
    return _with(story, **{"checkpoints/00000001.note": story.kept.notes[2]})


def head_that_is_none(story: Story) -> Files:
    """Return the bundle whose newest head is no head, under the manifest of the true one."""
    whole = sealed(files_of(story.kept))
    return {**whole, "checkpoint": b"none\n"}


def entries_cut_within_one(story: Story) -> Files:
    """Return the bundle with the last bytes of a file of entries missing."""
    name = entry_file(0, 256)
    return _with(story, **{name: files_of(story.kept)[name][:-1]})


def file_without_end(story: Story) -> Files:
    """Return the bundle with a head longer than any."""
    return _with(story, **{numbered(story.kept.notes[1]): story.kept.notes[1] * 200})


def no_key_was_named(story: Story) -> Files:
    """Return a log without the entries that name its keys."""
    return _rewritten(story, b"key_rotated", b"key_forgotten")


def old_key_in_another_name(story: Story) -> Files:
    """Return a log in which the change of the key names another old one."""
    return _rewritten(story, b'"old_state":"', b'"old_state":"0')


def head_before_any_key(story: Story) -> Files:
    """Return a log whose first head stands for no entry that names its key."""
    said = replace(Checkpoint.parse(story.kept.notes[0]), size=1)
    kept = replace(story.kept, notes=[story.signers[0].sign(said.text()), *story.kept.notes[1:]])
    return sealed(files_of(resigned(kept, kept.entries, own_keys(story))))


def _rewritten(story: Story, old: bytes, new: bytes) -> Files:
    entries = [entry.replace(old, new) for entry in story.kept.entries]
    return sealed(files_of(resigned(story.kept, entries, own_keys(story))))


def key_of_the_bundle_spoilt(story: Story) -> Files:
    """Return the bundle with a line among the keys that is none."""
    return _with(story, **{"keys/audit.pub": files_of(story.kept)["keys/audit.pub"] + b"none\n"})


def record_of_an_anchor_spoilt(story: Story) -> Files:
    """Return the bundle with a record that is none."""
    return _with(story, **{"anchors/anchors.jsonl": b"{}\n"})


def receipt_that_is_none(story: Story) -> Files:
    """Return the bundle with a receipt that is no timestamp."""
    return _with(story, **{"anchors/0.receipt": b"none"})


TAMPERED: list[tuple[Change, str]] = [
    (head_that_shrinks, "head_shrinks"),
    (head_of_another_log, "head_of_another_log"),
    (head_by_the_key_that_was_replaced, "signature_wrong"),
    (head_under_another_name, "head_misplaced"),
    (head_that_is_none, "head_malformed"),
    (entries_cut_within_one, "entries_malformed"),
    (file_without_end, "file_too_long"),
    (no_key_was_named, "no_key_named"),
    (old_key_in_another_name, "rotation_wrong"),
    (head_before_any_key, "rotation_unsigned"),
    (key_of_the_bundle_spoilt, "key_in_bundle_malformed"),
    (record_of_an_anchor_spoilt, "anchor_malformed"),
    (receipt_that_is_none, "receipt_malformed"),
    (one_entry_in_its_file, "entry_differs"),
    (entry_and_tiles, "head_differs"),
    (swapped, "head_differs"),
    (removed, "entries_cut"),
    (inserted, "entries_cut"),
    (duplicated_for_another, "head_differs"),
    (lower_tile, "entry_differs"),
    (upper_tile, "tile_differs"),
    (short_tile, "tile_differs"),
    (no_tile, "file_missing"),
    (head_in_the_middle_removed, "heads_missing"),
    (last_head_removed, "newest_head_elsewhere"),
    (old_head_as_the_newest, "newest_head_elsewhere"),
    (tail_cut_under_newer_heads, "head_beyond"),
    (signed_by_another, "signature_wrong"),
    (one_head_by_the_old_key, "signature_wrong"),
    (head_replaced, "chain_broken"),
    (first_heads_dropped, "heads_missing"),
    (rotation_in_another_name, "key_missing"),
    (keys_of_the_bundle_removed, "file_missing"),
    (anchor_of_no_head, "anchor_of_nothing"),
    (entry_that_is_none, "entry_malformed"),
]


@pytest.mark.parametrize(("change", "code"), TAMPERED, ids=[change.__name__ for change, _ in TAMPERED])
def test_a_changed_bundle_is_refused(story: Story, check: Check, change: Change, code: str) -> None:
    """Exit code 4, and the remark that names what was done."""
    found = check(change(story), "--key", story.keys[0])
    assert (found.code, code in found.codes("tampered")) == (4, True)


ELSEWHERE = {
    *("manifest_differs", "file_changed", "file_unlisted", "key_not_of_log"),
    *("saved_head_differs", "saved_head_beyond", "saved_head_unsigned"),
    *("fork", "number_twice", "not_signed_by_given", "proof_wrong", "receipt_differs"),
}
ELSEWHERE |= {"content_differs", "entry_of_another", "entry_sent_nothing", "subject_wrong"}
"""What other tests provoke: below, and those of proofs and of content."""


def test_every_remark_of_tampering_is_provoked() -> None:
    """A new one fails here until a change is found that it is said of."""
    every = {code for code, words in SENTENCES.items() if words.severity is Severity.TAMPERED}
    assert {code for _, code in TAMPERED} == every - ELSEWHERE


def test_a_kept_head_of_somebody_elses_is_not_this_logs(story: Story, check: Check, tmp_path: Path) -> None:
    """It says so itself, and nobody of this log signed it."""
    other = NoteSigner(story.signers[0].verifier.name, b"\7" * 32)
    (tmp_path / "kept").write_bytes(other.sign(Checkpoint.parse(story.kept.notes[0]).text()))
    found = check(story.files, "--key", story.keys[0], "--head", tmp_path / "kept")
    assert (found.code, found.codes("tampered")) == (4, ["saved_head_unsigned"])


def test_a_clock_that_went_back_must_be_looked_at(story: Story, check: Check) -> None:
    """The order of the entries is proved, their times are what a machine said."""
    found = check(_heads(story, lambda said: replace(said, time="2020-01-01T00:00:00.000Z")), "--key", story.keys[0])
    assert (found.code, "clock_went_back" in found.codes("look"), found.codes("tampered")) == (1, True, [])


def test_the_changed_entry_is_named(story: Story, check: Check) -> None:
    """By its index, or by the heads between which it lies."""
    assert check(one_entry_in_its_file(story), "--key", story.keys[0]).facts("entry_differs")["index"] == "120"
    between = check(entry_and_tiles(story), "--key", story.keys[0]).facts("head_differs")
    assert int(between["good"]) <= 120 <= int(between["last"])


def test_a_log_of_somebody_elses_is_not_believed(story: Story, check: Check) -> None:
    """Made whole from nothing, each head signed by keys that the log itself names: not the key on paper."""
    mine = [NoteSigner(signer.verifier.name, bytes([number]) * 32) for number, signer in enumerate(story.signers, 7)]
    text = b"\n".join(story.kept.entries)
    for theirs, own in zip(story.signers, mine, strict=True):
        for digest in (_line_digest, lambda signer: signer.verifier.key_id.hex()):
            text = text.replace(digest(theirs).encode(), digest(own).encode())
    signers = {theirs.verifier.key_id: own for theirs, own in zip(story.signers, mine, strict=True)}
    forged = resigned(replace(story.kept, keys=[str(own.verifier) for own in mine]), text.split(b"\n"), signers)
    assert check(forged, "--key", forged.keys[0]).code == 0
    found = check(forged, "--key", story.keys[0])
    assert (found.code, found.codes("tampered")) == (4, ["key_not_of_log"])


def _line_digest(signer: NoteSigner) -> str:
    return hashlib.sha256(str(signer.verifier).encode()).hexdigest()


def manifest_with(story: Story, old: bytes, new: bytes) -> Files:
    """Return the bundle with its manifest edited by hand."""
    files = sealed(files_of(story.kept))
    assert old in files["manifest.json"]
    return {**files, "manifest.json": files["manifest.json"].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"size":', b'"size":1', "manifest_differs"),
        (b'"checkpoint":', b'"checkpoint":1', "manifest_differs"),
        (b'"origin":"sync-agent', b'"origin":"sync_agent', "manifest_differs"),
        (b'"tile/0/000":"', b'"tile/0/009":"', "file_unlisted"),
        (b'"files":{', b'"files":{"checkpoints/00000099.note":"' + b"0" * 64 + b'",', "file_missing"),
    ],
)
def test_an_edited_manifest_is_refused(story: Story, check: Check, old: bytes, new: bytes, code: str) -> None:
    """It must say what the signed head says, and name the files there are."""
    found = check(manifest_with(story, old, new), "--key", story.keys[0])
    assert (found.code, code in found.codes("tampered")) == (4, True)


def test_a_file_changed_after_the_manifest_is_named(story: Story, check: Check) -> None:
    """Even where nothing is proved by it."""
    found = check({**story.files, "anchors/anchors.jsonl": b""}, "--key", story.keys[0])
    assert (found.code, found.facts("file_changed")) == (4, {"file": "anchors/anchors.jsonl"})


def test_a_file_that_no_bundle_needs_is_told(story: Story, check: Check) -> None:
    """A folder that was opened on another system has some. It is not read."""
    found = check({**story.files, ".DS_Store": b"x"}, "--key", story.keys[0])
    assert (found.code, found.codes("look")) == (1, ["file_stray"])


CLAIMS = {"keys/audit.pub", "anchors/anchors.jsonl"}
"""What the log only claims: changed within the manifest, such a file may still say something that is allowed."""


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_is_never_believed(story: Story, check: Check, data: st.DataObject) -> None:
    """Any bytes of any file, with a manifest that fits: refused in words, never a traceback."""
    files = files_of(story.kept)
    name = data.draw(st.sampled_from(sorted(files)))
    raw, at = files[name], data.draw(st.integers(0, len(files[name]) - 1))
    new = data.draw(st.binary(max_size=3).filter(lambda each: each != raw[at : at + 1]))
    files[name] = raw[:at] + new + raw[at + 1 :]
    try:
        made = sealed(files)
    except Exception:  # noqa: BLE001 - a head that the agent cannot read either: the manifest stays that of the old one
        made = {**sealed(files_of(story.kept)), **files}
    found = check(made, "--key", story.keys[0])
    assert found.code in ({0, 1, 4} if name in CLAIMS else {4})


def test_a_bundle_of_nothing_but_a_manifest_is_refused(story: Story, call: Check, tmp_path: Path) -> None:
    """All is missing, and it ends."""
    only = {"manifest.json": story.files["manifest.json"]}
    assert call("bundle", zipped(only, tmp_path / "b.zip"), "--key", story.keys[0]).codes("tampered") == [
        "file_missing"
    ]
