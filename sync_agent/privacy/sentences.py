"""Decides how a policy is said in plain Vietnamese or English to the person who signs it.

What is said comes from the policy alone: a field it opens or closes changes these sentences.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from pydantic import BaseModel

from sync_agent.domain.casefile import CaseFile, Kind, Outcome, Person
from sync_agent.privacy.freetext import TOLD_FREELY
from sync_agent.privacy.paths import STRUCTURAL, Branch, branches, leaf_paths
from sync_agent.privacy.protection import Triggers

__all__ = ["LANGUAGES", "Section", "kind_word", "outcome_word", "phrase", "sections", "word"]

LANGUAGES: Final = ("vi", "en")

_KINDS: Final = {
    Kind.COMPLAINT: ("khiếu nại", "complaint"),
    Kind.DENUNCIATION: ("tố cáo", "denunciation"),
    Kind.FEEDBACK: ("kiến nghị, phản ánh", "feedback"),
    Kind.MIXED: ("nhiều nội dung", "mixed content"),
}

_OUTCOMES: Final = {
    Outcome.COMPLAINT_RIGHT: ("khiếu nại đúng", "complaint right"),
    Outcome.COMPLAINT_PARTLY_RIGHT: ("khiếu nại đúng một phần", "complaint partly right"),
    Outcome.COMPLAINT_WRONG: ("khiếu nại sai", "complaint wrong"),
    Outcome.FIRST_DECISION_UPHELD: ("công nhận quyết định lần đầu", "first decision upheld"),
    Outcome.FIRST_DECISION_CHANGED: ("sửa, hủy quyết định lần đầu", "first decision changed"),
    Outcome.DENUNCIATION_TRUE: ("tố cáo đúng", "denunciation true"),
    Outcome.DENUNCIATION_FALSE: ("tố cáo sai", "denunciation false"),
    Outcome.DENUNCIATION_PARTLY_TRUE: ("tố cáo đúng một phần", "denunciation partly true"),
    Outcome.DENUNCIATION_KNOWINGLY_FALSE: ("cố ý tố cáo sai", "denunciation knowingly false"),
    Outcome.TO_INVESTIGATION: ("chuyển cơ quan điều tra", "passed to investigation"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the sentences below it."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrases:
    protects: str
    kinds: str
    families: str
    corruption: str
    outcomes: str
    always: tuple[str, ...]
    goes: str
    never: str
    everything_of: str
    of_people: tuple[str, ...]
    before: str
    rules: tuple[str, ...]
    others: str
    others_free: str
    protected_free: str
    nothing: str
    others_rules: tuple[str, ...]


_VI: Final = _Phrases(
    protects="Đơn nào được bảo vệ (chỉ cần một dấu hiệu)",
    kinds="Loại đơn là: {}.",
    families="Mã lĩnh vực bắt đầu bằng: {}.",
    corruption="Mã lĩnh vực là mã về tham nhũng, kể cả mã con: {}.",
    outcomes="Kết quả giải quyết là: {}.",
    always=(
        "Đã xử lý mà chưa phân loại; hoặc là kiến nghị, phản ánh chưa có mã lĩnh vực.",
        "Loại đơn, mã lĩnh vực và kết quả giải quyết mâu thuẫn nhau.",
        "Hệ thống địa phương yêu cầu bảo vệ, hoặc có người đang được bảo vệ.",
        "Chung đơn, chung người hoặc có liên kết với một vụ việc được bảo vệ.",
        "Đã được bảo vệ thì giữ nguyên dù sau đó sửa loại đơn; chỉ người có trách nhiệm mới gỡ được, cho từng vụ việc.",
    ),
    goes="Đơn tố cáo và đơn khác được bảo vệ: chỉ gửi",
    never="Đơn tố cáo và đơn khác được bảo vệ: không gửi",
    everything_of="{}: {} và mọi thông tin khác",
    of_people=("full_name", "address", "id_number", "phone", "email"),
    before="Đơn tố cáo và đơn khác được bảo vệ: kiểm tra trước khi gửi",
    rules=(
        "Phần người khiếu nại, tố cáo được thay bằng dòng chữ “thông tin được bảo vệ”; không bao giờ ghi là nặc danh.",
        "Chưa có bản tóm tắt đã lược bỏ danh tính thì giữ lại, không gửi.",
        "Mọi chuỗi được đối chiếu với họ tên, số giấy tờ, điện thoại, thư điện tử, địa chỉ đã giấu; trùng thì giữ lại.",
        "Chuỗi trông như số căn cước, số điện thoại hay thư điện tử của bất kỳ ai cũng được coi là trùng.",
        "Chức vụ chỉ gửi khi toàn là từ chỉ chức vụ; văn bản nằm ở chỗ của mã thì giữ lại.",
        "Tệp không bao giờ được mở. Liên kết với vụ việc khác không được gửi.",
    ),
    others="Đơn khác: gửi nội dung hồ sơ, trừ",
    others_free="Văn bản tự do được gửi: {}.",
    protected_free="Văn bản tự do duy nhất được gửi: {}.",
    nothing="không có",
    others_rules=("Tệp đánh dấu mật không được gửi với bất kỳ loại đơn nào.",),
)

_EN: Final = _Phrases(
    protects="What protects a case (one sign is enough)",
    kinds="Its kind is: {}.",
    families="A field code begins with: {}.",
    corruption="A field code is one of corruption, or lies below one: {}.",
    outcomes="Its outcome is: {}.",
    always=(
        "It was processed without being classified; or it is feedback without a field code.",
        "Its kind, field codes and outcome contradict each other.",
        "The local system asks for protection, or a petitioner is under protection.",
        "It shares a petition, a person or a link with a protected case.",
        "Once protected it stays so although its kind is corrected; only a person in charge lifts it, case by case.",
    ),
    goes="Denunciations and other protected cases: only this goes up",
    never="Denunciations and other protected cases: this does not go up",
    everything_of="{}: {} and everything else",
    of_people=("full_name", "address", "id_number", "phone", "email"),
    before="Denunciations and other protected cases: checked before they go",
    rules=(
        "The petitioners are replaced by “thông tin được bảo vệ” (protected information), never by anonymous.",
        "A case without a summary free of identity is held and not sent.",
        "Every string is compared with the withheld names, numbers, e-mails and addresses; a match holds the case.",
        "What looks like a citizen's number, a telephone or an e-mail of anyone counts as a match.",
        "A role goes up when it is made of words of positions only; a text in the place of a code holds the case.",
        "Files are never opened. A link to another case does not go up.",
    ),
    others="Other cases: the content of the file goes up, except",
    others_free="Free texts that go up: {}.",
    protected_free="The only free text that goes up: {}.",
    nothing="none",
    others_rules=("An attachment marked confidential goes up for no kind of case.",),
)


@cache
def _words() -> dict[str, list[str]]:
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return {name: entry for name, entry in tomllib.loads(text).items() if isinstance(entry, list)}


def word(path: str, lang: str) -> str:
    """Return what people call the part or field `path`. Raises KeyError when it has no word."""
    known = _words()
    return known[path if path in known else path.rpartition(".")[2]][LANGUAGES.index(lang)]


def _said(model: type[BaseModel], prefix: str, paths: frozenset[str], lang: str) -> Iterator[str]:
    """Yield the words for `paths` below `prefix`; a part of which all is named is said as one."""
    for name, branch in branches(model).items():
        path = prefix + name
        if branch is None:
            if path in paths:
                yield word(path, lang)
            continue
        below = {leaf for leaf in leaf_paths() if leaf.startswith(path + ".") and leaf not in STRUCTURAL}
        if below <= paths:
            yield word(path, lang)
        elif below & paths:
            yield f"{word(path, lang)} ({', '.join(_said(branch.model, path + '.', paths, lang))})"


def phrase(path: str, lang: str) -> str:
    """Return one field with the parts it is in, such as `đơn (nội dung đơn)`; a path nobody knows stays as it is."""
    return "; ".join(_said(CaseFile, "", frozenset({path}), lang)) if path in leaf_paths() else path


def kind_word(kind: str, lang: str) -> str:
    """Return what people call a kind of petition; one nobody knows stays as it is."""
    return _KINDS[Kind(kind)][LANGUAGES.index(lang)] if kind in set(Kind) else kind


def outcome_word(outcome: str, lang: str) -> str:
    """Return what people call an outcome; one nobody knows stays as it is."""
    return _OUTCOMES[Outcome(outcome)][LANGUAGES.index(lang)] if outcome in set(Outcome) else outcome


def _by_part(paths: frozenset[str], lang: str) -> Iterator[str]:
    """Yield a line for the fields of the case itself and one for each part, as far as `paths` names them."""
    heads = [name for name, branch in branches(CaseFile).items() if branch is None and name in paths]
    if heads:
        yield _sentence(", ".join(word(name, lang) for name in heads))
    for name, branch in sorted(branches(CaseFile).items(), key=lambda part: not _of_people(part[1])):
        below = frozenset(path for path in paths if path.startswith(name + "."))
        if branch is not None and below:
            yield _sentence(_part(branch.model, name, below, lang))


def _part(model: type[BaseModel], name: str, paths: frozenset[str], lang: str) -> str:
    said = ", ".join(_said(model, name + ".", paths, lang))
    whole = {leaf for leaf in leaf_paths() if leaf.startswith(name + ".") and leaf not in STRUCTURAL} <= paths
    if not whole:
        return f"{word(name, lang)}: {said}"
    if _of_people(Branch(model, many=False)):
        phrases = _SPOKEN[lang]
        people = ", ".join(word(field, lang) for field in phrases.of_people)
        return phrases.everything_of.format(word(name, lang), people)
    return word(name, lang)


def _of_people(branch: Branch | None) -> bool:
    """Tell whether a part says who somebody is: what its reader asks for first."""
    return branch is not None and Person in {inner.model for inner in branches(branch.model).values() if inner}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _free(paths: frozenset[str], lang: str) -> str:
    found = frozenset(path for path in paths if path.rpartition(".")[2] in TOLD_FREELY)
    return "; ".join(_said(CaseFile, "", found, lang)) or _SPOKEN[lang].nothing


def sections(triggers: Triggers, protected: frozenset[str], unprotected: frozenset[str], lang: str) -> list[Section]:
    """Return what a policy says, in the order in which its signer asks; `lang` is `vi` or `en`."""
    phrases = _SPOKEN[lang]
    everything = frozenset(leaf_paths()) - STRUCTURAL
    protects = (
        phrases.kinds.format(", ".join(kind_word(kind, lang) for kind in sorted(triggers.kinds))),
        phrases.families.format(", ".join(letters.upper() for letters in triggers.denunciation)),
        phrases.corruption.format(", ".join(code.upper() for code in triggers.corruption)),
        phrases.outcomes.format(", ".join(outcome_word(outcome, lang) for outcome in sorted(triggers.outcomes))),
        *phrases.always,
    )
    goes = (*_by_part(protected, lang), phrases.protected_free.format(_free(protected, lang)))
    others = (*_by_part(everything - unprotected, lang), *phrases.others_rules)
    return [
        Section(phrases.protects, protects),
        Section(phrases.never, tuple(_by_part(everything - protected, lang))),
        Section(phrases.goes, goes),
        Section(phrases.before, phrases.rules),
        Section(phrases.others, (*others, phrases.others_free.format(_free(unprotected, lang)))),
    ]


_SPOKEN: Final = {"vi": _VI, "en": _EN}
