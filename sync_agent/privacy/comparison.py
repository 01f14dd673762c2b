"""Decides what one policy opens that another did not. What is not provably as strict counts as looser.

Compared is what was signed (`Policy.content`), so that no one needs the files of that day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync_agent.privacy.sentences import LANGUAGES, kind_word, outcome_word, phrase

__all__ = ["Change", "changes"]

_Lines = Iterator["Change"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: whether it `loosens`, and what it means in both languages."""

    loosens: bool
    vi: str
    en: str

    def said(self, lang: str) -> str:
        """Return the sentence; `lang` is `vi` or `en`."""
        return self.vi if lang == "vi" else self.en


_UNKNOWN: Final = Change(
    loosens=True,
    vi="Không biết nội dung chính sách đã ký lần trước: không thể chứng minh chính sách này không nới lỏng hơn.",
    en="What was signed last is not known, so nothing shows that this policy is not looser.",
)


def changes(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what differs between two contents, loosening first; None stands for one that nobody kept."""
    if before is None:
        return (_UNKNOWN,)
    found = [change for part in sorted(before.keys() | now.keys()) for change in _part(part, before, now)]
    return tuple(sorted(found, key=lambda change: not change.loosens))


def _part(part: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> _Lines:
    old, new = before.get(part), now.get(part)
    if old == new:
        return
    compare = _PARTS.get(part)
    if compare is None or old is None or new is None:
        yield _changed(part, loosens=True)
    else:
        yield from compare(old, new)


def _changed(what: str, *, loosens: bool) -> Change:
    return Change(
        loosens, f"Phần “{what}” của chính sách đã thay đổi.", f"The part “{what}” of the policy has changed."
    )


def _paths(old: list[str], new: list[str], vi: tuple[str, str], en: tuple[str, str]) -> _Lines:
    for path in sorted(set(new) - set(old)):
        yield Change(True, vi[0].format(phrase(path, "vi")), en[0].format(phrase(path, "en")))
    for path in sorted(set(old) - set(new)):
        yield Change(False, vi[1].format(phrase(path, "vi")), en[1].format(phrase(path, "en")))


def _protected(old: list[str], new: list[str]) -> _Lines:
    return _paths(
        old,
        new,
        ("Đơn được bảo vệ: nay được gửi {}.", "Đơn được bảo vệ: không còn gửi {}."),
        ("Protected case: {} now goes up.", "Protected case: {} no longer goes up."),
    )


def _unprotected(old: list[str], new: list[str]) -> _Lines:
    return _paths(
        old,
        new,
        ("Đơn khác: nay được gửi {}.", "Đơn khác: không còn gửi {}."),
        ("Other case: {} now goes up.", "Other case: {} no longer goes up."),
    )


def _triggers(vi: str, en: str, word: Callable[[str, str], str]) -> Callable[[Any, Any], _Lines]:
    """Return the comparison of a list of what protects a case: longer is stricter."""

    def compare(old: Iterable[str], new: Iterable[str]) -> _Lines:
        for value in sorted(set(old) - set(new)):
            yield Change(
                True,
                f"{vi} {word(value, 'vi')} không còn làm cho đơn được bảo vệ.",
                f"{en} {word(value, 'en')} no longer protects a case.",
            )
        for value in sorted(set(new) - set(old)):
            yield Change(
                False, f"{vi} {word(value, 'vi')} nay được bảo vệ.", f"{en} {word(value, 'en')} now protects a case."
            )

    return compare


def _corruption(old: list[str], new: list[str]) -> _Lines:
    """Compare the codes of corruption; one may go when a shorter one that stands above it is listed."""
    still = {code for code in old if any(code == one or code.startswith(one + ".") for one in new)}
    yield from _triggers("Mã về tham nhũng", "The code of corruption", _upper)(sorted(set(old) - still), [])
    yield from _triggers("Mã về tham nhũng", "The code of corruption", _upper)([], sorted(set(new) - set(old)))


def _upper(code: str, lang: str) -> str:
    del lang
    return code.upper()


def _families(old: Mapping[str, str], new: Mapping[str, str]) -> _Lines:
    """Compare the families; a code of none protects its case, so that fewer are stricter."""
    for letters in sorted(old.keys() | new.keys()):
        was, is_now = old.get(letters), new.get(letters)
        if was == is_now:
            continue
        kinds = [(kind_word(kind, lang) if kind else none) for lang, none in _NO_KIND for kind in (was, is_now)]
        yield Change(
            is_now not in {None, "denunciation"},
            f"Mã lĩnh vực bắt đầu bằng {letters.upper()}: trước là {kinds[0]}, nay là {kinds[1]}.",
            f"Field codes beginning with {letters.upper()}: were {kinds[2]}, are now {kinds[3]}.",
        )


_NO_KIND: Final = tuple(zip(LANGUAGES, ("không rõ (luôn được bảo vệ)", "unknown (always protected)"), strict=True))


def _names(old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> _Lines:
    """Compare what the last check passes over; shorter is stricter where each word stands for itself alone."""
    for name in sorted(old.keys() | new.keys()):
        was, is_now = set(old.get(name, ())), set(new.get(name, ()))
        if was == is_now:
            continue
        vi, en = _LISTS.get(name, (name, name))
        more, fewer = len(is_now - was), len(was - is_now)
        yield Change(
            bool(more) or name not in _SHORTER_IS_STRICTER,
            f"{vi}: thêm {more} từ, bớt {fewer} từ; lần kiểm tra cuối đối chiếu theo danh sách mới.",
            f"{en}: {more} words more, {fewer} fewer; the last check compares by the new list.",
        )


_SHORTER_IS_STRICTER: Final = frozenset({"middle_names", "placeholders", "role_words"})
"""Surnames and titles also tell where a name begins: neither more nor fewer of them is provably stricter."""

_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "surnames": ("Danh sách họ phổ biến", "List of common surnames"),
    "middle_names": ("Danh sách tên đệm phổ biến", "List of common middle names"),
    "titles": ("Danh sách từ xưng hô", "List of titles"),
    "placeholders": ("Danh sách chữ thay cho tên", "List of words in the place of a name"),
    "role_words": ("Danh sách từ chỉ chức vụ", "List of words of positions"),
}

_PARTS: Final[Mapping[str, Callable[[Any, Any], Iterable[Change]]]] = {
    "corruption": _corruption,
    "families": _families,
    "kinds": _triggers("Loại đơn", "The kind", kind_word),
    "names": _names,
    "outcomes": _triggers("Kết quả giải quyết", "The outcome", outcome_word),
    "protected": _protected,
    "unprotected": _unprotected,
}
