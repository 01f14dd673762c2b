import base64

import pytest

from sync_agent.audit import NoteSigner, NoteVerifier, text_of
from sync_agent.errors import AuditError

KEY = bytes(range(32))
NAME = "sync-agent/0123456789abcdef"


@pytest.fixture
def signer() -> NoteSigner:
    """Return a key that is always the same."""
    return NoteSigner(NAME, KEY)


def test_a_signed_note_has_text_empty_line_and_signature(signer: NoteSigner) -> None:
    """Its form is that of C2SP: other tools can read it."""
    note = signer.sign("one\ntwo\n").decode()
    text, signature = note.split("\n\n")
    dash, name, encoded = signature.split(" ")
    assert (text, dash, name) == ("one\ntwo", "—", NAME)
    assert base64.b64decode(encoded)[:4] == signer.verifier.key_id


def test_a_known_note_is_verified() -> None:
    """The example of the specification of signed notes, made with other software, is accepted."""
    key = NoteVerifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert key.signed(note.encode())


def test_its_own_signature_is_right(signer: NoteSigner) -> None:
    """What a key signed, its public half accepts."""
    assert signer.verifier.signed(signer.sign("one\n"))


@pytest.mark.parametrize(("old", "new"), [(b"one", b"two"), (b"one\n", b"one\ntwo\n")])
def test_a_changed_text_is_not_signed(signer: NoteSigner, old: bytes, new: bytes) -> None:
    """A signature is for the exact bytes above it."""
    assert not signer.verifier.signed(signer.sign("one\n").replace(old, new, 1))


def test_another_key_of_the_same_name_did_not_sign(signer: NoteSigner) -> None:
    """The name says nothing; the key does."""
    assert not NoteSigner(NAME, bytes(32)).verifier.signed(signer.sign("one\n"))


def test_a_foreign_signature_above_ours_does_not_matter(signer: NoteSigner) -> None:
    """A note may carry several signatures; the one of the key counts."""
    text, signature = signer.sign("one\n").split(b"\n\n")
    other = NoteSigner("other", bytes(32)).sign("one\n").split(b"\n\n")[1]
    assert signer.verifier.signed(text + b"\n\n" + other + signature)


def test_a_public_key_is_read_back_from_its_line(signer: NoteSigner) -> None:
    """What is handed over on paper is the whole key."""
    assert NoteVerifier.parse(f" {signer.verifier}\n") == signer.verifier


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        "name+00000000+AAAA",
        "name+00000000+?",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumana+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_line_that_is_no_key_is_refused(line: str) -> None:
    """A slip of the pen is noticed: the id must be that of the name and the key."""
    with pytest.raises(AuditError):
        NoteVerifier.parse(line)


@pytest.mark.parametrize(
    "note", [b"", b"text\n", b"text\n\n", b"text\n\nno dash\n", b"\n\n\xe2\x80\x94 a b\n", b"\xff\n\n\xff"]
)
def test_bytes_that_are_no_note_are_refused(note: bytes) -> None:
    """They are said to be no note, not a wrong signature."""
    with pytest.raises(AuditError):
        text_of(note)


@pytest.mark.parametrize("text", ["", "one", "one\n\ntwo\n"])
def test_a_text_that_would_end_early_is_not_signed(signer: NoteSigner, text: str) -> None:
    """An empty line inside would be taken for the end of the text."""
    with pytest.raises(ValueError, match="text of a note"):
        signer.sign(text)


def test_a_key_never_shows_itself(signer: NoteSigner) -> None:
    """Neither in a log nor in a traceback."""
    assert KEY.hex() not in repr(signer)
