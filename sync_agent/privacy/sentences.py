"""Decides how a policy is said in plain Vietnamese or English to the person who signs it.

What is said comes from the policy alone: a field it opens or closes changes these sentences.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from pydantic import BaseModel

from sync_agent.domain.casefile import CaseFile, Kind, Outcome
from sync_agent.privacy.paths import STRUCTURAL, branches, leaf_paths
from sync_agent.privacy.protection import Triggers

__all__ = ["LANGUAGES", "sentences", "word"]

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
class _Phrases:
    always: tuple[str, ...]
    kinds: str
    outcomes: str
    families: str
    corruption: str
    protected: str
    never: str
    rules: tuple[str, ...]
    others: str


_VI: Final = _Phrases(
    kinds="Vụ việc được bảo vệ khi loại đơn là: {}.",
    families="Vụ việc được bảo vệ khi có mã lĩnh vực bắt đầu bằng: {}.",
    outcomes="Vụ việc được bảo vệ khi kết quả giải quyết là: {}.",
    corruption="Vụ việc được bảo vệ khi mã lĩnh vực là, hoặc nằm dưới, mã về tham nhũng: {}.",
    always=(
        "Vụ việc được bảo vệ khi đã xử lý mà chưa phân loại.",
        "Vụ việc được bảo vệ khi loại đơn, mã lĩnh vực và kết quả giải quyết mâu thuẫn nhau.",
        "Kiến nghị, phản ánh chưa có mã lĩnh vực được bảo vệ.",
        "Vụ việc được bảo vệ khi hệ thống địa phương yêu cầu bảo vệ hoặc có người đang được bảo vệ.",
    ),
    protected="Với vụ việc được bảo vệ, chỉ gửi: {}.",
    never="Với vụ việc được bảo vệ, không bao giờ gửi: {}.",
    rules=(
        "Phần người khiếu nại, tố cáo được thay bằng dòng chữ “thông tin được bảo vệ”.",
        "Vụ việc được bảo vệ mà không có bản tóm tắt đã lược bỏ danh tính thì được giữ lại, không gửi.",
        "Trước khi gửi, mọi chuỗi được đối chiếu với họ tên, số giấy tờ, điện thoại, thư điện tử, địa chỉ đã giấu.",
        "Chuỗi trông như số căn cước, số điện thoại hay thư điện tử của bất kỳ ai cũng được coi là trùng.",
        "Nếu trùng thì vụ việc được giữ lại, không gửi.",
        "Chức vụ chỉ gửi khi toàn là từ chỉ chức vụ; văn bản nằm ở chỗ của mã thì được giữ lại, không gửi.",
        "Tệp của vụ việc được bảo vệ không bao giờ được mở; tệp đánh dấu mật không được gửi với bất kỳ loại đơn nào.",
    ),
    others="Với vụ việc khác, không gửi: {}.",
)

_EN: Final = _Phrases(
    kinds="A case is protected when its kind is: {}.",
    families="A case is protected when a field code begins with: {}.",
    outcomes="A case is protected when its outcome is: {}.",
    corruption="A case is protected when a field code is, or lies below, a code of corruption: {}.",
    always=(
        "A case is protected when it was processed without being classified.",
        "A case is protected when its kind, field codes and outcome contradict each other.",
        "Feedback without a field code is protected.",
        "A case is protected when the local system asks for it or a petitioner is under protection.",
    ),
    protected="Of a protected case, only this goes up: {}.",
    never="Of a protected case, this never goes up: {}.",
    rules=(
        "The block of the petitioners is replaced by the words “thông tin được bảo vệ” (protected information).",
        "A protected case without a summary free of identity is held and not sent.",
        "Before it goes, every string is compared with the withheld names, numbers, e-mails and addresses.",
        "What looks like a citizen's number, a telephone or an e-mail of anyone counts as a match.",
        "A match holds the case: it is not sent.",
        "A role goes up when it is made of words of positions only; a text in the place of a code is held.",
        "Files of a protected case are never opened; a confidential attachment goes up for no kind of case.",
    ),
    others="Of any other case, this does not go up: {}.",
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


def _list(paths: Iterable[str], lang: str) -> str:
    return "; ".join(_said(CaseFile, "", frozenset(paths), lang))


def sentences(triggers: Triggers, protected: frozenset[str], unprotected: frozenset[str], lang: str) -> list[str]:
    """Return the sentences of a policy; `lang` is `vi` or `en`."""
    phrases = {"vi": _VI, "en": _EN}[lang]
    column = LANGUAGES.index(lang)
    everything = frozenset(leaf_paths()) - STRUCTURAL
    return [
        phrases.kinds.format(", ".join(_KINDS[kind][column] for kind in sorted(triggers.kinds))),
        phrases.families.format(", ".join(letters.upper() for letters in triggers.denunciation)),
        phrases.outcomes.format(", ".join(_OUTCOMES[outcome][column] for outcome in sorted(triggers.outcomes))),
        phrases.corruption.format(", ".join(code.upper() for code in triggers.corruption)),
        *phrases.always,
        phrases.protected.format(_list(protected, lang)),
        phrases.never.format(_list(everything - protected, lang)),
        *phrases.rules,
        phrases.others.format(_list(everything - unprotected, lang)),
    ]
