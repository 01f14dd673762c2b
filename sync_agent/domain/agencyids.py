"""Which scheme the identifier of an agency belongs to, by its form alone. Three are in use and look much alike."""

import re
from enum import StrEnum

__all__ = ["AgencyScheme", "agency_scheme"]

_LONGEST = 35  # characters; Decision 20/2020/QĐ-TTg


class AgencyScheme(StrEnum):
    """Where an identifier comes from."""

    INSPECTORATE = "inspectorate"  # H217.01: the national list of agencies, a letter, a province of three digits
    ELECTRONIC = "electronic"  # H40.12: Decision 20/2020/QĐ-TTg, from the left, level 1 is a letter and two digits
    ELECTRONIC_2016 = "electronic_2016"  # 000.00.12.H40: QCVN 102:2016/BTTTT, from the right, always 13 characters


_FORMS = {
    AgencyScheme.INSPECTORATE: re.compile(r"[A-Z][0-9]{3}(\.[0-9]{2})*", re.ASCII),
    AgencyScheme.ELECTRONIC_2016: re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}", re.ASCII),
    AgencyScheme.ELECTRONIC: re.compile(r"[A-Y][0-9]{2}(\.[A-Z0-9]+)*", re.ASCII),
}


def agency_scheme(identifier: str) -> AgencyScheme | None:
    """Return the scheme whose form `identifier` has, None if it has none; whether there is such an agency is not asked.

    H44 is a province by Decision 20/2020/QĐ-TTg, as amended by Decision 09/2025/QĐ-TTg; H217 is one of the national
    list: a code of one never stands for the same agency in the other.
    """
    if len(identifier) > _LONGEST:
        return None
    return next((scheme for scheme, form in _FORMS.items() if form.fullmatch(identifier)), None)
