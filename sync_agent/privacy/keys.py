"""Decides under which name a case appears in lists, logs and mails: its key, or a pseudonym that tells nothing."""

import base64
import hashlib
import hmac
import re
from typing import Final

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import ConfigError
from sync_agent.privacy.names import WordList, load_common_names

__all__ = ["KeyNames", "identifies"]

_MAX_LENGTH: Final = 40
_MIN_SURNAME: Final = 4
_SEPARATED: Final = r"[ ._-]"
_ID_NUMBER: Final = re.compile(rf"(?<!\d)(?:\d{{9}}|\d{{12}}|\d{{3}}(?:{_SEPARATED}\d{{3}}){{2,3}})(?!\d)")
_PHONE: Final = re.compile(rf"(?<!\d)(?:(?:0|\+84)(?:{_SEPARATED}?\d){{9,10}}|84\d{{9,10}})(?!\d)")
_LETTERS: Final = re.compile(r"[A-Za-z]{2,}")
_VOWEL: Final = re.compile(r"[aeiouy]", re.IGNORECASE)
_PSEUDONYM: Final = re.compile(r"P-[A-Z2-7]{10}")


def identifies(key: str, surnames: WordList) -> bool:
    """Tell whether an ASCII key looks like an ID number, a telephone number or a name. In doubt it does."""
    if _ID_NUMBER.search(key) or _PHONE.search(key):
        return True
    spoken = [letters.casefold() for letters in _LETTERS.findall(key) if _VOWEL.search(letters)]
    return len(spoken) > 1 or any(_begins_with_surname(letters, surnames) for letters in spoken)


def _begins_with_surname(letters: str, surnames: WordList) -> bool:
    return letters in surnames or any(letters[:end] in surnames for end in range(_MIN_SURNAME, len(letters)))


class KeyNames:
    """Names for the cases of one source. `pattern` is the profile's `key_pattern`; a wrong one raises ConfigError."""

    def __init__(self, pattern: str, installation_key: bytes, source_id: str) -> None:
        try:
            self._pattern = re.compile(pattern, re.ASCII)
        except re.error as error:
            raise ConfigError(
                "the key pattern is not a regular expression ({reason})",
                where="key_pattern",
                facts=(("reason", error.msg),),
            ) from None
        self._key = installation_key
        self._source_id = source_id
        self._surnames = load_common_names().surnames

    def __repr__(self) -> str:
        return "KeyNames()"

    def shown(self, case_key: str, *, protected: bool) -> str:
        """Return the key when it says nothing about anyone, else its pseudonym; always that when `protected`."""
        if protected or not self._harmless(case_key):
            return self.pseudonym(case_key)
        return case_key

    def pseudonym(self, case_key: str) -> str:
        """Return `P-` and ten base32 characters: the same for the same case, and useless without the key."""
        content = canonical_bytes([self._source_id, case_key])
        digest = hmac.new(self._key, b"pseudonym\x00" + content, hashlib.sha256).digest()
        return "P-" + base64.b32encode(digest)[:10].decode("ascii")

    def _harmless(self, key: str) -> bool:
        return (
            len(key) <= _MAX_LENGTH
            and key.isascii()
            and key.isprintable()
            and self._pattern.fullmatch(key) is not None
            and _PSEUDONYM.fullmatch(key) is None
            and not identifies(key, self._surnames)
        )
