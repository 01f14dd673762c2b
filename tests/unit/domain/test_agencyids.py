"""Three schemes of agency identifiers are told apart by their form."""

import pytest

from sync_agent.domain.agencyids import AgencyScheme, agency_scheme

INSPECTORATE, ELECTRONIC, OLD = AgencyScheme.INSPECTORATE, AgencyScheme.ELECTRONIC, AgencyScheme.ELECTRONIC_2016


@pytest.mark.parametrize(
    ("identifier", "scheme"),
    [
        ("H217.01", INSPECTORATE),
        ("H217.20.01", INSPECTORATE),
        ("H217", INSPECTORATE),
        ("G101.02", INSPECTORATE),
        ("H44", ELECTRONIC),
        ("H26.1", ELECTRONIC),
        ("H40.12.003", ELECTRONIC),
        ("000.00.12.H40", OLD),
        ("000.00.00.H49", OLD),
    ],
)
def test_an_identifier_shows_its_scheme(identifier: str, scheme: AgencyScheme) -> None:
    """H44 and H217 look alike and are lists of their own."""
    assert agency_scheme(identifier) is scheme


@pytest.mark.parametrize(
    "identifier", ["", "1001", "h217.01", "H217.1", "H4", "Z44", "00.00.12.H40", "000.00.12.Z40", "H40." + "A" * 32]
)
def test_anything_else_has_none(identifier: str) -> None:
    """A level 1 from A to Y, at most 35 characters, 13 in the form of 2016."""
    assert agency_scheme(identifier) is None
