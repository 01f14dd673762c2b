import re

from sync_agent.example.chance import seeded
from sync_agent.example.places import PROVINCES, UNITS, Addresses


def test_there_are_34_provinces() -> None:
    """The provinces are those of today, each once."""
    assert len({code for code, _ in PROVINCES}) == 34


def test_each_code_is_a_prefix_of_the_next() -> None:
    """Codes have 3, 5 or 7 digits; a commune of today skips the district by 00."""
    codes = {unit.code for unit in UNITS}

    assert len(codes) == len(UNITS)
    for unit in UNITS:
        assert re.fullmatch(r"[1-9]\d{2}(\d{2}(\d{2})?)?", unit.code)
        assert unit.code[:3] in codes
        if len(unit.code) == 7 and unit.old:
            assert unit.code[:5] in codes
        if len(unit.code) == 7 and not unit.old:
            assert unit.code[3:5] == "00"


def test_an_old_address_names_its_district() -> None:
    """Before 2025-07-01 there were districts, and provinces that have gone since."""
    addresses = Addresses(seeded(1))
    drawn = [addresses.draw(old=True) for _ in range(300)]

    complete = [address for address in drawn if address.commune]
    assert all(address.district == (address.commune or "")[:5] for address in complete)
    assert {address.province for address in drawn} - {code for code, _ in PROVINCES}


def test_an_address_of_today_has_no_district() -> None:
    """The absent level is '' or NULL, both occur."""
    addresses = Addresses(seeded(1))

    assert {addresses.draw(old=False).district for _ in range(100)} == {"", None}


def test_some_addresses_stop_at_the_province() -> None:
    """An unknown commune is a legal state."""
    addresses = Addresses(seeded(1))

    assert "" in {addresses.draw(old=False).commune for _ in range(300)}


def test_no_two_households_share_an_address() -> None:
    """Address details stay unique when plain house numbers have run out."""
    addresses = Addresses(seeded(1))
    details = [addresses.draw(old=False).detail for _ in range(22_000)]

    assert len(set(details)) == 22_000
