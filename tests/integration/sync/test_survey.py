"""A survey reads the whole source and counts what is wrong with it, without a ledger and without a trace."""

from sync_agent.sync import SurveyLine, survey
from tests.support.houses import Houses


def test_each_case_counts_once_for_a_rule_at_a_place(make_house: Houses) -> None:
    """Two cases of an unknown kind are two, with their keys as examples."""
    house = make_house()
    for number in (1, 2):
        house.local.case(number, loai="??")
    house.local.case(3)
    found = survey(house.agent)
    line = next(line for line in found.by_line if line.rule == "unmapped_code" and line.field == "kind")
    assert (found.cases, found.by_line[line], found.examples[line]) == (3, 2, ["V1", "V2"])


def test_a_protected_case_is_named_by_its_pseudonym(make_house: Houses) -> None:
    """The line that says a denunciation lacks its summary does not say its key."""
    house = make_house()
    house.local.denunciation(1, tom_tat=None)
    found = survey(house.agent)
    names = [name for line, names in found.examples.items() if line.rule == "needs_redacted_summary" for name in names]
    assert (found.protected, [name[:2] for name in names]) == (1, ["P-"])


def test_nothing_is_written_or_asked(make_house: Houses) -> None:
    """The ledger knows no case afterwards, and the national side heard nothing."""
    house = make_house()
    house.local.full(1)
    survey(house.agent)
    assert (house.select("SELECT * FROM case_state"), house.gateway.sent, house.gateway.looked_up) == ([], [], [])


def test_what_the_contract_misses_is_found_too(make_house: Houses) -> None:
    """Not only the mapping speaks: the message is checked as it would go up; the column is named all the same."""
    house = make_house()
    house.local.case(1, name="", person="")
    house.local.execute("UPDATE nguoi SET ho_ten = NULL")
    found = survey(house.agent)
    assert SurveyLine("hold", "required_missing", "petitioners.people.full_name", "nguoi.ho_ten") in found.by_line


def test_many_pages_are_one_survey(make_house: Houses) -> None:
    """More cases than a page holds are all counted."""
    house = make_house(page=2)
    for number in range(1, 8):
        house.local.case(number)
    assert survey(house.agent).cases == 7


def test_of_each_line_only_so_many_keys_are_kept(make_house: Houses) -> None:
    """However many cases there are: the counts are whole, the memory is not."""
    house = make_house()
    for number in range(1, 9):
        house.local.case(number, loai="??")
    found = survey(house.agent, keys=2)
    line = next(line for line in found.by_line if line.rule == "unmapped_code")
    assert (found.by_line[line], found.examples[line]) == (8, ["V1", "V2"])


def test_entries_of_a_list_are_one_line(make_house: Houses) -> None:
    """Not one for the second respondent, one for the third: lines are as many as fields, however long a list is."""
    house = make_house(wire='respondents = "first"')
    respondents = "  respondents:\n    part: nguoi\n    sort: [id]\n    fields: {person.full_name: ho_ten}\n"
    house = house.edited("profile.yaml", "  acceptance.extensions:\n", respondents + "  acceptance.extensions:\n")
    house.local.case(1)
    house.local.person(1, person="N2", name="Lò Văn Hai")
    house.local.person(1, person="N3", name="Lò Văn Ba")
    lines = [line.field for line in survey(house.agent).by_line if line.rule == "not_expressible"]
    assert lines == ["respondents"]


def test_a_case_that_was_protected_before_is_named_by_its_pseudonym(make_house: Houses) -> None:
    """Though nothing in its present record says why."""
    house = make_house()
    house.local.denunciation(1)
    house.sync()
    house.local.change(1, loai="KN", linh_vuc="KN.01.02", ngay_nhan="hôm qua")
    found = survey(house.agent)
    names = {name[:2] for line, names in found.examples.items() for name in names if line.rule == "bad_date"}
    assert (found.protected, names) == (1, {"P-"})
