"""Invented CaseFiles of every shape: each text says where it stands, each person has a name that nobody else has."""

import hashlib
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any

from pydantic import AwareDatetime, BaseModel

from sync_agent.domain.casefile import CaseFile, Code, PartialDate

__all__ = ["Inventor", "leaves"]

_SURNAMES = ("Nguyễn", "Trần", "Lò", "Đỗ", "Vương")
_MIDDLE = ("Thị", "Văn", "Gia", "Bỉnh", "Tú")
_SYLLABLES = ("Khuê", "Pản", "Xoan", "Ngoạt", "Quyến", "Thoảng", "Mỵ", "Sùng", "Đượm", "Lếnh", "Nhiễu", "Rượng")
_CODES = ("KN.01.02.16", "KN", "TC.01", "tc.02.03", "ＴＣ.01.05", "T\u200bC.02", "PA.01", "PA.01.05.02", "XX.9", "01")
_DAY = date(2026, 3, 1)


def leaves(part: BaseModel, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of everything a CaseFile says, lists named like their items."""
    for name in type(part).model_fields:
        value, here = getattr(part, name), f"{path}.{name}" if path else name
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from leaves(item, here)
            elif item is not None:
                yield here, item


@dataclass
class Inventor:
    """Invents one case after the other; `plain` texts are `mkNq`, with a number that occurs once."""

    random: Random
    filled: float = 0.7  # share of what can be absent that is there
    people: list[str] = field(default_factory=list)
    _count: int = 0

    def case(self) -> CaseFile:
        """Return a case in which anything may be there or not."""
        return CaseFile.model_validate(self._part(CaseFile, ""))

    def word(self) -> str:
        """Return a text that stands nowhere else."""
        self._count += 1
        return f"mk{self._count}q"

    def name(self) -> str:
        """Return a full name whose last word is nobody else's."""
        self._count += 1
        parts = [self.random.choice(_SURNAMES), self.random.choice(_MIDDLE)]
        last = self.random.choice(_SYLLABLES) + self.random.choice(_SYLLABLES).lower()
        self.people.append(" ".join([*parts, last]))
        return self.people[-1]

    def _part(self, model: type[BaseModel], path: str) -> dict[str, Any]:
        hints = typing.get_type_hints(model, include_extras=True)
        values = {}
        for name, known in model.model_fields.items():
            if name == "schema_version" or not (known.is_required() or self.random.random() < self.filled):
                continue
            values[name] = self._value(hints[name], f"{path}.{name}" if path else name)
        return values

    def _value(self, hint: Any, path: str) -> Any:
        if typing.get_origin(hint) in {typing.Union, types.UnionType}:
            hint = next(each for each in typing.get_args(hint) if each is not types.NoneType)
        if typing.get_origin(hint) is tuple:
            return [self._value(typing.get_args(hint)[0], path) for _ in range(self.random.randrange(3))]
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self._part(hint, path)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self.random.choice(list(hint))
        return self._scalar(hint, path)

    def _scalar(self, hint: Any, path: str) -> Any:  # noqa: PLR0911 - one line for each kind of value
        leaf = path.rpartition(".")[2]
        random = self.random
        if leaf == "sha256":
            return hashlib.sha256(b"").hexdigest()
        if hint is PartialDate:
            return random.choice(["1971", "1971-02", "1971-02-03"])
        if hint is AwareDatetime:
            return datetime(2026, 3, 1, tzinfo=UTC)
        if hint is bool:
            return random.random() < 0.3
        if hint is date:
            return _DAY + timedelta(days=random.randrange(200))
        base = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
        if base is int:
            return random.randrange(5) * 1_000_000
        if base is Decimal:
            return Decimal(random.randrange(500))
        if hint is Code:
            return random.choice(_CODES) if leaf == "classifications" else random.choice(["H217.01", "21", "1"])
        return self._text(leaf)

    def _text(self, leaf: str) -> str:  # noqa: PLR0911 - one line for each kind of text
        random = self.random
        digits = "".join(random.choice("123456789") for _ in range(9))
        match leaf:
            case "full_name" | "officer" | "leader" | "delegated_leader" | "approver":
                return self.name()
            case "id_number":
                return random.choice([f"001{digits}", digits, f"B{digits[:7]}"])
            case "phone":
                return random.choice([f"0{digits}", f"+84 {digits[:3]} {digits[3:6]} {digits[6:]}"])
            case "email":
                return f"{self.word()}@example.vn"
            case "detail":
                return f"Số {random.randrange(10, 99)} ngõ {self.word()}"
            case "officer_role" | "approver_role":
                return random.choice(["Chuyên viên", "Phó Chánh Thanh tra", "Trưởng phòng"])
            case _:
                return self.word()
