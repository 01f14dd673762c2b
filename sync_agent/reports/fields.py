"""Decides how the field of a finding is said to the people who keep the cases: in words, part by part."""

import re
from typing import Final

from sync_agent.i18n import Language
from sync_agent.privacy import field_word

__all__ = ["field_words", "without_index"]

_INDEX: Final = re.compile(r"\[(\d*)\]")
_ROLE: Final = re.compile(r" \((?:không có tên|not the name|không gửi|not sent)\)")
_KEYS: Final = {
    "schema_version": ("phiên bản hồ sơ", "version of the file"),
    "case_key": ("khóa vụ việc", "key of the case"),
    "local_key": ("khóa", "key"),
    "settlement_key": ("khóa của quyết định", "key of the decision"),
}
"""Fields by which records are told apart; the policy says nothing of them, so that it has no words for them."""
_SEPARATOR: Final = " › "


def field_words(path: str, lang: Language) -> str:
    """Return a CaseFile path such as `respondents[1].person.full_name` in words; one that is none stays as it is."""
    names = path.split(".") if path else []
    plain = [_INDEX.sub("", name) for name in names]
    said = []
    for place, name in enumerate(names):
        try:
            word = _word(".".join(plain[: place + 1]), lang)
        except KeyError:
            return path  # a field of the contract's own message
        index = _INDEX.search(name)
        said.append(f"{word} {int(index[1]) + 1}" if index and index[1] else word)
    return _SEPARATOR.join(said)


def without_index(path: str) -> str:
    """Return the path of a field, whichever entry of a list it is in."""
    return _INDEX.sub("", path)


def _word(path: str, lang: Language) -> str:
    name = path.rpartition(".")[2]
    if name in _KEYS:
        return _KEYS[name][list(Language).index(lang)]
    return _ROLE.sub("", field_word(path, lang.value))
