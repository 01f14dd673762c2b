"""Decides under which name a case appears in lists, logs and mails: its key, or a pseudonym that tells nothing.

Also decides which local keys and codes the ledger may keep as they are: those in the form of one that name nobody.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.findings import Finding
from sync_agent.errors import ConfigError
from sync_agent.mapping import Mapped
from sync_agent.privacy.names import WordList, load_common_names

__all__ = ["KeyNames", "identifies", "is_code"]

_MAX_LENGTH: Final = 40
_MIN_SURNAME: Final = 4
_SEPARATED: Final = r"[ ._-]"
_ID_NUMBER: Final = re.compile(rf"(?<!\d)(?:\d{{9}}|\d{{12}}|\d{{3}}(?:{_SEPARATED}\d{{3}}){{2,3}})(?!\d)")
_PHONE: Final = re.compile(rf"(?<!\d)(?:(?:0|\+84)(?:{_SEPARATED}?\d){{9,10}}|84\d{{9,10}})(?!\d)")
_LETTERS: Final = re.compile(r"[A-Za-z]{2,}")
_VOWEL: Final = re.compile(r"[aeiouy]", re.IGNORECASE)
_PSEUDONYM: Final = re.compile(r"[PK]-[A-Z2-7]{10}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CODE: Final = re.compile(r"[A-Za-z0-9._/-]{1,40}")
_NUMBERED: Final = re.compile(r"[0-9]{1,8}")


def identifies(key: str, surnames: WordList) -> bool:
    """Tell whether an ASCII key looks like an ID number, a telephone number or a name. In doubt it does."""
    if _UUID.fullmatch(key):
        return False
    if _ID_NUMBER.search(key) or _PHONE.search(key):
        return True
    spoken = [letters.casefold() for letters in _LETTERS.findall(key) if _VOWEL.search(letters)]
    return len(spoken) > 1 or any(_begins_with_surname(letters, surnames) for letters in spoken)


def is_code(text: str, surnames: WordList) -> bool:
    """Tell whether a text has the short form of a code or key, and names nobody."""
    if _NUMBERED.fullmatch(text):
        return True
    return _CODE.fullmatch(text) is not None and not identifies(text, surnames)


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
        return "P-" + self._keyed("pseudonym", case_key)

    def origin(self, address: str) -> str:
        """Return what stands for the address of a machine in the access log: useless without the key."""
        return "O-" + self._keyed("origin", address)

    def stored(self, mapped: Mapped, origin: tuple[str, str] | None = None) -> Mapped:
        """Return the case under the keys that the ledger may keep.

        A case key that has not the declared form (such a case never goes up) becomes its pseudonym; a local key that is
        no code becomes `K-` and ten base32 characters, the same for the same key of the same case: by its `origin`
        (source and key) where the case was renamed.
        """
        case_key = mapped.case.case_key
        kept = case_key if self.declared(case_key) else self.pseudonym(case_key)
        strange = {key for key in _local_keys(mapped) if not self._local(key)}
        if kept == case_key and not strange:
            return mapped
        source_id, named = origin or (self._source_id, case_key)
        renamed = {key: "K-" + self._keyed("local key", named, key, source_id=source_id) for key in strange}
        return _renamed(mapped, kept, renamed)

    def code(self, text: str | None) -> str | None:
        """Return a code as the ledger may keep it, None for a text that is none."""
        return text if text is not None and is_code(text, self._surnames) else None

    def declared(self, key: str) -> bool:
        """Tell whether a key has the form that the profile declares: only such a case can be read again and go up."""
        return (
            len(key) <= _MAX_LENGTH
            and key.isascii()
            and key.isprintable()
            and self._pattern.fullmatch(key) is not None
            and _PSEUDONYM.fullmatch(key) is None
        )

    def _keyed(self, purpose: str, *keys: str, source_id: str = "") -> str:
        content = canonical_bytes([source_id or self._source_id, *keys])
        digest = hmac.digest(self._key, purpose.encode("ascii") + b"\x00" + content, "sha256")
        return base64.b32encode(digest)[:10].decode("ascii")

    def _harmless(self, key: str) -> bool:
        return self.declared(key) and not identifies(key, self._surnames)

    def _local(self, key: str) -> bool:
        return not key or (is_code(key, self._surnames) and _PSEUDONYM.fullmatch(key) is None)


def _local_keys(mapped: Mapped) -> Iterator[str]:
    for settlement in mapped.case.settlements:
        yield settlement.local_key
    for enforcement in mapped.case.enforcements:
        yield from (enforcement.local_key, enforcement.settlement_key)
    yield from (key for keys in (mapped.ready, mapped.national_ids, mapped.sent) for _, key in keys)
    yield from (finding.local_key for finding in mapped.findings)


def _renamed(mapped: Mapped, case_key: str, renamed: Mapping[str, str]) -> Mapped:
    def name(key: str) -> str:
        return renamed.get(key, key)

    settlements = [each.model_copy(update={"local_key": name(each.local_key)}) for each in mapped.case.settlements]
    enforcements = [
        each.model_copy(
            update={"local_key": name(each.local_key), "settlement_key": name(each.settlement_key)},
        )
        for each in mapped.case.enforcements
    ]
    case: CaseFile = mapped.case.model_copy(
        update={"case_key": case_key, "settlements": tuple(settlements), "enforcements": tuple(enforcements)}
    )
    findings: tuple[Finding, ...] = tuple(replace(each, local_key=name(each.local_key)) for each in mapped.findings)
    return replace(
        mapped,
        case=case,
        ready=frozenset((s, name(k)) for s, k in mapped.ready),
        findings=findings,
        national_ids={(s, name(k)): each for (s, k), each in mapped.national_ids.items()},
        sent=frozenset((s, name(k)) for s, k in mapped.sent),
    )
