"""The national code lists of the contract."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_agent.mapping import kind_of
from sync_agent.national import CodeEntry, CodeLists, cleaned, compare, load_contract

FOLDER = Path(__file__).parents[3] / "schemas" / "kntc"
CONTRACT = load_contract(FOLDER, {})
PATHS = (
    *("agency", "processing.agency", "processing.next_agency", "petition.forwarded_by.agency", "settlements.agency"),
    *("petition.source", "petitioners.people.address.province", "petition.place.commune", "classifications"),
    *("respondents.person.ethnicity", "petitioners.people.nationality", "prior_settlements.decision_kind"),
    *("attachments.kind", "settlements.outcome", "processing.direction", "respondents.organisation.address.district"),
)


def test_the_contract_names_all_fourteen_lists() -> None:
    """Each number once, and a file of known values only under a name it gives."""
    assert [spec.number for spec in CONTRACT.file.lists] == list(range(1, 15))
    files = {path.stem for path in (FOLDER / "codes").glob("*.csv")}
    assert files <= {spec.file for spec in CONTRACT.file.lists}


@pytest.mark.parametrize("path", PATHS)
def test_a_field_of_codes_belongs_to_one_list(path: str, tmp_path: Path) -> None:
    """Wherever in the CaseFile it stands."""
    lists = CodeLists(CONTRACT.file.lists, FOLDER, tmp_path)
    assert kind_of(path) is not None
    assert (len([spec for spec in lists.specs if spec.holds(path)]), lists.spec_of(path) is None) == (1, False)


@pytest.mark.parametrize("path", ["kind", "petitioners.kind", "petitioners.people.full_name", "petition.content"])
def test_another_field_belongs_to_none(path: str, tmp_path: Path) -> None:
    """`attachments.kind` is no other kind."""
    assert CodeLists(CONTRACT.file.lists, FOLDER, tmp_path).spec_of(path) is None


def test_an_answer_is_cleaned_or_refused() -> None:
    """Spaces, decomposed letters and repeated rows do not count; two names for a code, and what is no code, do."""
    given = [CodeEntry(" 2 ", "Bu\u031bu  điện"), CodeEntry("10", "Khác"), CodeEntry("10", "Khác")]
    assert cleaned(given) == {"10": "Khác", "2": "B\u01b0u điện"}
    for wrong in (CodeEntry("10", "Mới"), CodeEntry("", "x"), CodeEntry("a b", "x"), CodeEntry("3", "x\x00")):
        with pytest.raises(ValueError, match="code"):
            cleaned([*given, wrong])


def test_what_differs_is_added_removed_or_renamed() -> None:
    """And nothing where nothing does."""
    change = compare({"1": "a", "2": "b"}, {"2": "B", "3": "c"})
    assert (change.added, change.removed, change.renamed) == ({"3": "c"}, {"1": "a"}, {"2": ("b", "B")})
    assert (bool(change), bool(compare({"1": "a"}, {"1": "a"}))) == (True, False)


def test_the_newest_pulled_list_is_in_force(tmp_path: Path) -> None:
    """Before the first pull the bundled one is; older ones stay as they were, and a draft does not count."""
    lists = CodeLists(CONTRACT.file.lists, FOLDER, tmp_path)
    spec = lists.specs[4]
    assert (lists.in_force(spec).pulled_at, "20" in lists.in_force(spec).entries) == (None, True)
    for day in (2, 10):
        lists.draft(spec, {"1": f'Bưu chính, "{day}"'}, datetime(2026, 11, day, 9, 30, tzinfo=UTC), "tinh").publish()
    lists.draft(spec, {"1": "x"}, datetime(2026, 11, 20, tzinfo=UTC), "tinh")
    current = lists.in_force(spec)
    assert (dict(current.entries), current.pulled_at) == (
        {"1": 'Bưu chính, "10"'},
        datetime(2026, 11, 10, 9, 30, tzinfo=UTC),
    )
    assert len(list((tmp_path / "national-codes").glob("05-nguon-don.*.csv"))) == 2
