"""Decides how one value of a CaseFile stands on the wire, and what is found when it cannot stand there exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sync_agent.domain.casefile import Address, Amounts, Document, Person
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.national.contract_file import Codes, ContractFile
from sync_agent.national.messages import FileSlot, Path, WireOptions

__all__ = ["Scalar", "Writer"]

Scalar = str | int
_DONG_PER_UNIT = {"dong": 1, "million_dong": 1_000_000}
_AMOUNT_FIELDS = ("money", "residential_land", "production_land")


@dataclass(slots=True)
class Writer:
    """Writes the values of one message; what cannot be written is left empty and found."""

    file: ContractFile
    codes: Codes
    options: WireOptions
    step: Step
    local_key: str = ""
    findings: list[Finding] = field(default_factory=list)
    files: list[FileSlot] = field(default_factory=list)

    @property
    def empty(self) -> str:
        """What stands for no value."""
        return self.file.format.empty

    def find(self, rule: str, level: Level, path: str) -> None:
        """Keep a finding of this message."""
        self.findings.append(Finding(rule, level, path, self.step, self.local_key))

    def text(self, value: str | None) -> str:
        """Return `value`, or what stands for no value."""
        return self.empty if value is None else value

    def date(self, value: date | None) -> str:
        """Return a day as the wire writes it."""
        return self.empty if value is None else value.strftime(self.file.format.date)

    def flag(self, value: bool | None) -> Scalar:
        """Return yes or no; nobody said is neither."""
        if value is None:
            return self.empty
        return self.file.format.yes if value else self.file.format.no

    def number(self, value: int | None, path: str) -> Scalar:
        """Return a count; one that the wire might cut is held."""
        if value is None:
            return self.empty
        if value > self.file.format.largest_integer:
            self.find("wire_unit", Level.HOLD, path)
            return self.empty
        return value

    def money(self, dong: int | None, path: str) -> Scalar:
        """Return an amount in the unit of the options; one that does not divide is held."""
        if dong is None:
            return self.empty
        units, rest = divmod(dong, _DONG_PER_UNIT[self.options.money_unit])
        if rest:
            self.find("wire_unit", Level.HOLD, path)
            return self.empty
        return self.number(units, path)

    def land(self, square_metres: Decimal | None, path: str) -> Scalar:
        """Return an area in whole m²; a fraction is held."""
        if square_metres is None:
            return self.empty
        if square_metres != square_metres.to_integral_value():
            self.find("wire_unit", Level.HOLD, path)
            return self.empty
        return self.number(int(square_metres), path)

    def code(self, table: str, member: StrEnum | None, path: str, level: Level = Level.HOLD) -> Scalar:
        """Return the code of a closed concept; one without a known code is never guessed."""
        if member is None:
            return self.empty
        code = self.codes.of(table, member)
        if code is None:
            self.find("unmapped_code", level, path)
            return self.empty
        return code

    def person(self, person: Person, path: str) -> dict[str, Scalar]:
        """Return the personal block that three messages parts share."""
        sent = person.id_kind is None or person.id_kind in self.file.id_numbers.sent
        if not sent and person.id_number is not None:
            self.find("not_expressible", Level.WARN, f"{path}.id_number")
        address = person.address or Address()
        return {
            "HoTen": self.text(person.full_name),
            "SoDinhDanhCaNhan": self.text(person.id_number if sent else None),
            "GioiTinh": self.code("gender", person.gender, f"{path}.gender", Level.WARN),
            "NgayCapSoDinhDanh": self.date(person.id_issued_on if sent else None),
            "NoiCapSoDinhDanh": self.text(person.id_issued_by if sent else None),
            "MaTinh": self.text(address.province),
            "MaHuyen": self.text(address.district),
            "MaXa": self.text(address.commune),
            "DiaChiChiTiet": self.text(address.detail),
        }

    def origin(self, person: Person) -> dict[str, Scalar]:
        """Return nationality and ethnicity as the source has them: never a default."""
        return {"MaQuocTich": self.text(person.nationality), "MaDanToc": self.text(person.ethnicity)}

    def amounts(self, recovered: Amounts, returned: Amounts, paths: tuple[str, str]) -> dict[str, Scalar]:
        """Return the six amounts; `paths` are those of the recovered and of the returned side."""
        recovered_at, returned_at = paths
        return {
            "ThuHoiTien": self.money(recovered.money, f"{recovered_at}.money"),
            "ThuHoiDatO": self.land(recovered.residential_land, f"{recovered_at}.residential_land"),
            "ThuHoiDatSX": self.land(recovered.production_land, f"{recovered_at}.production_land"),
            "TraLaiTien": self.money(returned.money, f"{returned_at}.money"),
            "TraLaiDatO": self.land(returned.residential_land, f"{returned_at}.residential_land"),
            "TraLaiDatSX": self.land(returned.production_land, f"{returned_at}.production_land"),
        }

    def total(self, whole: Amounts | None, parts: Iterable[Amounts | None], path: str) -> Amounts:
        """Return `whole`, or the sum of the parts by beneficiary; both at once cannot be told apart and is held."""
        values: dict[str, Any] = {}
        for name in _AMOUNT_FIELDS:
            given = [value for part in parts if part is not None and (value := getattr(part, name)) is not None]
            single = None if whole is None else getattr(whole, name)
            if given and single is not None:
                self.find("bad_value", Level.HOLD, f"{path}.{name}")
            else:
                values[name] = sum(given) if given else single
        return Amounts(**values)

    def document(self, document: Document | None, path: Path) -> str:
        """Reserve the place of a file's bytes at `path`; return its name. Without bytes there is no name either."""
        if document is None or document.location is None or document.sha256 is None:
            return self.empty
        self.files.append(FileSlot(path, document.sha256, document.size, document.location))
        return self.text(document.file_name)
