import hashlib
import hmac

import pytest

from sync_agent.audit import CaseSecret

SECRET = CaseSecret(bytes(range(32)))
CONTENT = "079123456789"


def everything_it_says(secret: CaseSecret) -> list[str]:
    """Return what a secret gives for each purpose over one content."""
    raw = CONTENT.encode()
    return [
        secret.subject("tinh-a", CONTENT),
        secret.item(CONTENT),
        secret.digest(raw),
        secret.file(raw),
        secret.national_id(CONTENT),
        secret.request(raw),
        secret.response(raw),
    ]


def test_a_digest_is_keyed_and_names_its_purpose() -> None:
    """The digest is HMAC-SHA256 over the purpose, a zero byte and the content."""
    expected = hmac.new(bytes(range(32)), b"digest\x00abc", hashlib.sha256).hexdigest()
    assert SECRET.digest(b"abc") == expected


def test_a_subject_commits_to_source_and_key() -> None:
    """Two sources with the same key are two subjects."""
    assert SECRET.subject("tinh-a", "D1") != SECRET.subject("tinh-b", "D1")


def test_no_two_purposes_give_the_same() -> None:
    """What one use discloses tells nothing about another, even over the same content."""
    assert len(set(everything_it_says(SECRET))) == 7


def test_another_secret_gives_nothing_in_common() -> None:
    """Equal contents of two cases cannot be recognised as equal."""
    assert not set(everything_it_says(SECRET)) & set(everything_it_says(CaseSecret.new()))


def test_every_commitment_is_64_hex_digits() -> None:
    """Each fits the field of an entry."""
    assert {len(bytes.fromhex(said)) for said in everything_it_says(SECRET)} == {32}


@pytest.mark.parametrize("shown", [repr(SECRET), str(SECRET), f"{SECRET}", f"{[SECRET]}"])
def test_a_secret_never_shows_itself(shown: str) -> None:
    """Printed by accident, a secret says only what it is."""
    assert shown.strip("[]") == "CaseSecret(...)"


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_secret_has_32_bytes(length: int) -> None:
    """A short secret is never used."""
    with pytest.raises(ValueError, match="32 bytes"):
        CaseSecret(bytes(length))
