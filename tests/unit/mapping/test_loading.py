from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.errors import ConfigError
from sync_agent.mapping import load_profile, parse_profile

Altered = Callable[[str, str], str]

RECEIVED = "petition.received_on: ngay"
RECEIVED_SPLIT = "petition.received_on: {column: ngay, split: {at: x, take: after}}"
KIND = "kind: {column: loai, values: {1: complaint, 2: denunciation}}"
WITHDRAWAL = "withdrawal: {exists_when: {column: trang_thai, equals: -1}}"
RECORDED_EXISTS = "recorded_at: {exists_when: {column: luc, equals: 1}}"
JOINED = "{join: [so, nam], separator: /}"
PEOPLE = "fields: {full_name: ten, gender: {column: gioi, values: {1: male, 2: female}}}"
READY_CASE = "  case: {part: don, column: ngay, present: true}\n"
READY_PROCESSING = "  processing: {column: huong, present: true}\n"
GROUP = "  person: [{part: nguoi, column: id}]\n"
READY_ACCEPTANCE = "  acceptance: {part: don, column: ngay, present: true}\n"


def refusal(content: str) -> str:
    """Return the one line with which a profile is refused."""
    with pytest.raises(ConfigError) as caught:
        parse_profile(content, "p.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("passage", "other", "expected"),
    [
        # words
        ("ready_when:", "ready_wen:", "p.yaml:53: unknown word 'ready_wen' - did you mean ready_when?"),
        ("codes: agencies, dated", "code: agencies, dated", "p.yaml:20: unknown word 'code' - did you mean codes?"),
        ("not: 2", "nott: 2", "p.yaml:25: unknown word 'nott' - did you mean not?"),
        ("root: [don]", "rot: [don]", "unknown word 'rot' - did you mean root?"),
        ("processing: {column: huong, present", "procesing: {column: huong, present", "did you mean processing?"),
        ("petition: [{part: don, column: id}]", "petitions: [{part: don, column: id}]", "did you mean petition?"),
        ("part: don, column: id}", "part: don, colum: id}", "p.yaml:58: unknown word 'colum' - did you mean column?"),
        ("id: small", "id: small\n  schema: x", "p.yaml:4: unknown word 'schema' - see docs/profile.md"),
        ("version: 1", "version: 2", "p.yaml:1: the value of 'version' is wrong"),
        ("zone: Asia/Ho_Chi_Minh", "zone: Asia/Hanoi", "p.yaml:4: the value of 'zone' is wrong: not a time zone"),
        ("take: after", "take: last", "p.yaml:36: the value of 'take' is wrong"),
        # paths and parts
        ("petition.content:", "petition.contents:", "p.yaml:25: unknown field 'petition.contents' - did you mean"),
        ("recorded_at:", "place:", "unknown field 'place' - did you mean petition.place?"),
        ("recorded_at:", "Kind:", "unknown field 'Kind' - did you mean kind?"),
        ("recorded_at:", "respondents:", "the field 'respondents' is a list and belongs under lists"),
        (
            "full_name: ten, gender",
            "fullname: ten, gender",
            "p.yaml:42: unknown field 'fullname' - did you mean full_name?",
        ),
        (
            "petitioners.people:",
            "petitioners.person:",
            "unknown list 'petitioners.person' - did you mean petitioners.people?",
        ),
        ("  xu_ly:\n    processing", "  xuly:\n    processing", "p.yaml:33: unknown part 'xuly' - did you mean xu_ly?"),
        ("part: quyet_dinh", "part: quyet", "p.yaml:44: unknown part 'quyet'"),
        ("person: [{part: nguoi", "person: [{part: nguo", "p.yaml:59: unknown part 'nguo' - did you mean nguoi?"),
        ("absent:\n  don:", "absent:\n  dom:", "p.yaml:17: unknown part 'dom' - did you mean don?"),
        ("case: {part: don,", "case: {part: dom,", "p.yaml:54: unknown part 'dom' - did you mean don?"),
        # rules that do not fit
        (RECEIVED, RECEIVED_SPLIT, "'split' does not fit the field 'petition.received_on' (date)"),
        (RECEIVED, "petition.received_on: {constant: '2026-01-01'}", "a constant of this type does not fit"),
        ("headcount: so_nguoi", "headcount: {constant: many}", "a constant of this type does not fit"),
        ("{1: complaint, 2:", "{1: complain, 2:", "unknown value 'complain' - did you mean complaint?"),
        (KIND, "kind: loai", "'kind' is a closed list: give values (local value: complaint, denunciation, feedback,"),
        (KIND, "kind: {constant: complains}", "unknown value 'complains' - did you mean complaint?"),
        (WITHDRAWAL, "withdrawal: trang_thai", "the part 'withdrawal' takes only exists_when"),
        ("recorded_at: luc", RECORDED_EXISTS, "'exists_when' does not fit the field 'recorded_at' (datetime)"),
        ("nguon, values: {dodan", "nguon, codes: x, values: {dodan", "give one of codes, values and periods"),
        (JOINED, "{join: [so, nam], column: so}", "give exactly one of: column, constant, join, first_of, exists_when"),
        (JOINED, "{column: so, separator: /}", "separator belongs to join"),
        (JOINED, "{column: so, dated_by: nam}", "dated_by belongs to codes"),
        ("true_values: [0], false_values: [1]", "true_values: [0]", "true_values and false_values belong together"),
        ("{first_of: [noi_dung,", "{formats: ['%Y'], first_of: [noi_dung,", "first_of takes no setting but when"),
        ("{exists_when: {", "{when: {column: a, equals: 1}, exists_when: {", "exists_when stands alone"),
        # lists
        ("part: quyet_dinh\n    sort: [ngay, id]", "part: quyet_dinh", "p.yaml:43: the word 'sort' is missing"),
        ("sort: [ngay, id]", "sort: []", "the value of 'sort' is wrong"),
        ("local_key: id", "decision_no: id", "the list needs the field 'local_key'"),
        ("value: ma}", "fields: {x: ma}}", "the list 'classifications' takes 'value'"),
        ("value: ma}", "fields: {x: ma}, value: ma}", "give exactly one of: value, fields"),
        (PEOPLE, "value: ten", "the list 'petitioners.people' takes 'fields'"),
        ("on: {qd: id}, ", "", "a list inside a list needs it"),
        # conditions and ready_when
        ("not: 2}", "not: 2, present: true}", "give exactly one of: equals, in, not, present"),
        ("{all: [{column: ngay,", "{part: don, all: [{column: ngay,", "all stands alone"),
        ("case: {part: don, column", "case: {column", "p.yaml:54: this condition must name its part"),
        (READY_PROCESSING, "", "p.yaml:34: the profile maps the step 'processing' but has no ready_when for it"),
        (READY_CASE, "", "p.yaml:53: the profile maps the step 'case' but has no ready_when for it"),
        (
            READY_CASE,
            READY_CASE + READY_ACCEPTANCE,
            "ready_when names the step 'acceptance', which the profile does not",
        ),
        # national ids
        (GROUP, f"{GROUP}national_ids: {{case: {{part: don}}}}\n", "p.yaml:60: the step 'case' takes 'column' here"),
        (GROUP, f"{GROUP}national_ids: {{processing: {{part: xu_ly, column: ma}}}}\n", "takes 'when' here"),
        (GROUP, f"{GROUP}national_ids: {{case: {{column: ma}}}}\n", "the word 'part' is missing"),
        (
            GROUP,
            f"{GROUP}national_ids: {{case: {{part: dom, column: ma}}}}\n",
            "unknown part 'dom' - did you mean don?",
        ),
        (GROUP, f"{GROUP}national_ids: {{settlement: {{part: don, column: ma}}}}\n", "leave out part"),
        (GROUP, f"{GROUP}national_ids: {{enforcement: {{column: ma}}}}\n", "'enforcement', which the profile does"),
        (GROUP, f"{GROUP}national_ids: {{cases: {{column: ma}}}}\n", "unknown word 'cases' - did you mean case?"),
        (
            GROUP,
            f"{GROUP}national_ids: {{processing: {{part: xu_ly, when: {{part: x, column: a, equals: 1}}}}}}\n",
            "unknown part 'x'",
        ),
        ("pattern: 'C[0-9]+'", "pattern: 'C['", "p.yaml:14: the key pattern is not a regular expression"),
    ],
)
def test_profile_that_cannot_be_meant_is_refused(altered: Altered, passage: str, other: str, expected: str) -> None:
    """Each mistake is named with its line and, where there is one, the nearest right word."""
    assert expected in refusal(altered(passage, other))


def test_missing_section_is_named(altered: Altered) -> None:
    """A section that is left out has its name in the error."""
    assert "the word 'key' is missing" in refusal(altered("key:\n  pattern: 'C[0-9]+'\n  definition: [C don.id]\n", ""))


@pytest.mark.parametrize("content", ["", "- a\n", "just text"])
def test_file_that_is_no_profile_is_refused(content: str) -> None:
    """A document of another shape is refused at its first line."""
    assert refusal(content).startswith("p.yaml:1: the profile is wrong")


def test_file_is_read_from_disk(tmp_path: Path) -> None:
    """A missing or undecodable file is one clear line."""
    missing, latin = tmp_path / "none.yaml", tmp_path / "latin.yaml"
    latin.write_bytes(b"version: \xe9")
    for path in (missing, latin):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_profile(path)
