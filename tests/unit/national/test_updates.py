"""What may go up again, and how a request is built."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from sync_agent.domain.casefile import CaseFile, Kind, Person, Petitioners
from sync_agent.domain.steps import Step
from sync_agent.national import FileChangedError, Ids, KntcContract, Message, Projection, Sent
from sync_agent.national.testing import whole

Project = Callable[..., Projection]
Load = Callable[..., KntcContract]


def digest(content: bytes) -> str:
    """Stand in for the keyed digest of the ledger."""
    return hashlib.sha256(content).hexdigest()


def sent(message: Message, contract: str = "1") -> Sent:
    """Return what the ledger keeps of `message`."""
    lists = {name: digest(content) for name, content in message.lists().items()}
    return Sent(lists, message.present(), contract, digest)


@pytest.fixture
def stop(project: Project, case: CaseFile, load: Load) -> Callable[..., str | None]:
    """Return what asks the contract whether message `index` of `case` may replace its older version."""

    def _stop(index: int, new: CaseFile, *, version: str = "1", **capabilities: str) -> str | None:
        contract = load(**capabilities)
        old, message = project(case).messages[index], project(new).messages[index]
        return contract.update_stop(message.step, old=sent(old, version), message=message)

    return _stop


def _with_settlement(case: CaseFile, **changes: Any) -> CaseFile:
    return case.model_copy(update={"settlements": (case.settlements[0].model_copy(update=changes),)})


def _with(case: CaseFile, part: str, **changes: Any) -> CaseFile:
    return case.model_copy(update={part: getattr(case, part).model_copy(update=changes)})


Stop = Callable[..., str | None]


def test_a_changed_text_of_a_case_goes_up(case: CaseFile, stop: Stop) -> None:
    """A case is updated by its Id."""
    assert stop(0, _with(case, "petition", content="Nội dung mới")) is None


@pytest.mark.parametrize(
    ("lists", "rule"), [("unknown", "files_changed"), ("append", "files_changed"), ("replace", None)]
)
def test_changed_files_wait_unless_lists_are_replaced(case: CaseFile, stop: Stop, lists: str, rule: str | None) -> None:
    """A second copy of every file in the national database cannot be taken back."""
    other = case.attachments[0].model_copy(update={"sha256": "b" * 64})

    assert stop(0, case.model_copy(update={"attachments": (other,)}), lists_on_update=lists) == rule


@pytest.mark.parametrize(
    ("lists", "rule"), [("unknown", None), ("replace", None), ("append", "update_not_expressible")]
)
def test_changed_people_wait_where_lists_append(case: CaseFile, stop: Stop, lists: str, rule: str | None) -> None:
    """Where lists append, the old people would stay beside the new ones."""
    petitioners = case.petitioners
    assert petitioners is not None
    renamed = petitioners.people[0].model_copy(update={"full_name": "Nguyễn Thị Sửa"})
    new = _with(case, "petitioners", people=(renamed, *petitioners.people[1:]))

    assert stop(0, new, lists_on_update=lists) == rule


@pytest.mark.parametrize(
    ("empty", "rule"), [("unknown", "update_empties_field"), ("clears", None), ("keeps", "update_not_expressible")]
)
def test_an_update_that_empties_a_field_waits(case: CaseFile, stop: Stop, empty: str, rule: str | None) -> None:
    """Whether an empty string clears the field is not known."""
    assert stop(0, _with(case, "petition", source=None), empty_string=empty) == rule


def test_what_was_sent_under_another_version_cannot_be_compared(case: CaseFile, stop: Stop) -> None:
    """The kept positions mean other fields: a person must look."""
    assert stop(0, _with(case, "petition", content="Mới"), version="0") == "update_empties_field"


@pytest.fixture
def first_stop(project: Project, case: CaseFile, load: Load) -> Callable[..., str | None]:
    """Return what asks the contract about the first update of message `index`, which was taken over."""

    def _stop(index: int, new: CaseFile, **capabilities: str) -> str | None:
        old, message = project(case).messages[index], project(new).messages[index]
        adopted = replace(sent(old), adopted=True)
        return load(**capabilities).update_stop(message.step, old=adopted, message=message)

    return _stop


@pytest.mark.parametrize("empty", ["unknown", "clears", "keeps"])
def test_the_first_update_of_what_was_taken_over_waits(case: CaseFile, first_stop: Stop, empty: str) -> None:
    """Nobody here has seen what it goes over."""
    assert first_stop(0, _with(case, "petition", content="Mới"), empty_string=empty) == "adopted_update"


@pytest.mark.parametrize(
    ("empty", "rule"),
    [("unknown", "adopted_update"), ("clears", "adopted_update"), ("keeps", "update_not_expressible")],
)
def test_a_first_update_that_empties_a_field_waits_for_one_thing(
    case: CaseFile, first_stop: Stop, empty: str, rule: str
) -> None:
    """One rule holds it, the one without release before the other."""
    assert first_stop(0, _with(case, "petition", source=None), empty_string=empty) == rule


def test_a_first_update_without_release_is_held_by_that(case: CaseFile, first_stop: Stop) -> None:
    """Files do not go up again because the record was taken over."""
    assert first_stop(0, case.model_copy(update={"attachments": ()})) == "files_changed"


def test_a_first_update_of_a_step_that_is_overwritten_waits_too(case: CaseFile, first_stop: Stop) -> None:
    """It would overwrite what others wrote."""
    new = _with(case, "processing", summary="Khác")
    assert first_stop(1, new, processing="overwrites") == "adopted_update"


@pytest.mark.parametrize(
    ("capabilities", "there", "absent"),
    [
        ({}, {"CoQuanDaGiaiQuyet.MaCoQuan"}, {"Attachment[].TenHoSo", "VuViec.Id", "NoiDungDon"}),
        ({"lists_on_update": "replace"}, {"Attachment[].TenHoSo", "PhanLoaiDon[].MaLoaiDon3"}, {"VuViec.Id"}),
        ({"lists_on_update": "append"}, {"NguoiUyQuyen.HoTen"}, {"PhanLoaiDon[].MaLoaiDon3"}),
        ({"empty_string": "keeps"}, set(), {"CoQuanDaGiaiQuyet.MaCoQuan"}),
    ],
)
def test_what_an_update_may_empty(
    project: Project, case: CaseFile, load: Load, *, capabilities: dict[str, str], there: set[str], absent: set[str]
) -> None:
    """The fields it sends without a value; not ids, nor lists that do not go up with it."""
    poor = case.model_copy(update={"attachments": (), "prior_settlements": (), "representative": None})
    poor = poor.model_copy(update={"classifications": ("KN.01.02",)})
    emptied = set(load(**capabilities).emptied(project(poor).messages[0]))
    assert (there - emptied, absent & emptied) == (set(), set())


def test_a_rule_without_release_comes_first(case: CaseFile, stop: Stop) -> None:
    """Releasing an emptied field must not let changed files through."""
    new = _with(case, "petition", source=None).model_copy(update={"attachments": ()})

    assert stop(0, new) == "files_changed"


@pytest.mark.parametrize(("index", "part", "field"), [(1, "processing", "summary"), (2, "acceptance", "approver")])
@pytest.mark.parametrize(("way", "rule"), [("unknown", "update_not_expressible"), ("overwrites", None)])
def test_a_changed_step_without_an_id_waits(
    case: CaseFile, stop: Stop, *, index: int, part: str, field: str, way: str, rule: str | None
) -> None:
    """A second processing result beside the first could not be taken back."""
    assert stop(index, _with(case, part, **{field: "Khác"}), **{part: way}) == rule


def test_a_step_that_is_overwritten_takes_new_files_and_emptied_fields(case: CaseFile, stop: Stop) -> None:
    """`overwrites` means the whole message."""
    assert stop(1, _with(case, "processing", document=None, summary=None), processing="overwrites") is None


@pytest.mark.parametrize(
    ("way", "rule"),
    [("unknown", "update_not_expressible"), ("decision_id:KetQuaId", None), ("by_number", None)],
)
def test_a_changed_settlement_waits_until_there_is_a_way(
    case: CaseFile, stop: Stop, way: str, rule: str | None
) -> None:
    """No client was seen to send a decision twice."""
    assert stop(3, _with_settlement(case, summary="Khác"), settlement__update=way) == rule


@pytest.mark.parametrize("number", ["13/QĐ-UBND", None])
def test_a_settlement_named_by_its_number_cannot_change_it(case: CaseFile, stop: Stop, number: str | None) -> None:
    """Another number would be another decision."""
    new = _with_settlement(case, decision_no=number)

    assert stop(3, new, settlement__update="by_number") == "update_not_expressible"


def test_people_handled_are_a_list_too(case: CaseFile, stop: Stop) -> None:
    """Where lists append they cannot change."""
    new = _with_settlement(case, organisations_handled=())

    rule = stop(3, new, settlement__update="by_number", lists_on_update="append", empty_string="clears")

    assert rule == "update_not_expressible"


def test_a_changed_enforcement_goes_up(case: CaseFile, stop: Stop) -> None:
    """It has an Id of its own."""
    new = case.model_copy(update={"enforcements": (case.enforcements[0].model_copy(update={"prosecuted": 3}),)})

    assert stop(4, new) is None


@pytest.mark.parametrize(
    ("capabilities", "step", "update", "repeatable"),
    [
        ({}, Step.CASE, False, False),
        ({}, Step.CASE, True, True),
        ({}, Step.PROCESSING, False, False),
        ({"processing": "overwrites"}, Step.PROCESSING, False, True),
        ({"acceptance": "overwrites"}, Step.PROCESSING, False, False),
        ({"acceptance": "overwrites"}, Step.ACCEPTANCE, True, True),
        ({}, Step.SETTLEMENT, False, False),
        ({}, Step.SETTLEMENT, True, False),
        ({"settlement__update": "by_number"}, Step.SETTLEMENT, False, False),
        ({"settlement__update": "by_number"}, Step.SETTLEMENT, True, True),
        ({}, Step.ENFORCEMENT, False, False),
        ({}, Step.ENFORCEMENT, True, True),
    ],
)
def test_only_what_cannot_double_may_be_repeated(
    load: Load, capabilities: dict[str, str], step: Step, update: bool, repeatable: bool
) -> None:
    """A create whose answer was lost is never sent again by itself."""
    assert load(**capabilities).repeatable(step, update) is repeatable


# requests

CONTENT = b"%PDF-1.7 invented"


def _filed(case: CaseFile) -> CaseFile:
    found = {"sha256": hashlib.sha256(CONTENT).hexdigest(), "size": len(CONTENT)}
    return case.model_copy(update={"attachments": (case.attachments[0].model_copy(update=found),)})


def _open(location: str) -> BinaryIO:
    return BytesIO(CONTENT)


def _closed(location: str) -> BinaryIO:
    raise AssertionError(location)


def test_a_create_carries_its_files(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """The bytes go as base64, the case has no Id yet."""
    message = project(_filed(case)).messages[0]

    request = whole(contract.request(message, Ids(), _open))

    assert (request.step, request.action, request.update) == (Step.CASE, "CapNhatVuViec", False)
    assert request.body["Attachment"][0]["FileDinhKem"] == base64.b64encode(CONTENT).decode()
    assert request.body["VuViec"]["Id"] == ""


def test_a_request_does_not_touch_the_message(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Its digest stays what it was."""
    message = project(_filed(case)).messages[0]
    before = message.content()

    contract.request(message, Ids(own="X"), _closed)

    assert message.content() == before


def test_an_update_leaves_the_files_alone(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Nothing is said about files: not even an empty list, which might delete them. People and fields go along."""
    request = contract.request(project(_filed(case)).messages[0], Ids(own="NEW-1"), _closed)

    assert request.update
    assert "Attachment" not in request.body
    assert request.body["VuViec"]["Id"] == "NEW-1"
    assert len(request.body["NguoiKNTC"]["DataNguoiKNTC"]) == 2
    assert len(request.body["PhanLoaiDon"]) == 2


def test_an_update_sends_files_again_where_lists_are_replaced(case: CaseFile, project: Project, load: Load) -> None:
    """Otherwise they would be gone."""
    request = whole(load(lists_on_update="replace").request(project(_filed(case)).messages[0], Ids(own="N"), _open))

    assert request.body["Attachment"][0]["FileDinhKem"] == base64.b64encode(CONTENT).decode()


def test_an_update_sends_empty_lists_where_lists_append(case: CaseFile, project: Project, load: Load) -> None:
    """Nothing is appended; a create sends them whole."""
    contract, message = load(lists_on_update="append"), project(_filed(case)).messages[0]

    update = contract.request(message, Ids(own="N"), _closed).body
    create = contract.request(message, Ids(), _open).body

    assert (update["NguoiKNTC"]["DataNguoiKNTC"], update["PhanLoaiDon"]) == ([], [])
    assert len(create["PhanLoaiDon"]) == 2


def test_a_file_that_changed_since_it_was_digested_is_not_sent(
    case: CaseFile, project: Project, contract: KntcContract
) -> None:
    """What goes up is what was digested: the caller reads the case again."""
    request = contract.request(project(case).messages[0], Ids(), _open)

    with pytest.raises(FileChangedError) as caught:
        whole(request)

    assert "1/a.pdf" not in str(caught.value)


@pytest.mark.parametrize(
    ("index", "ids", "expected"),
    [
        (1, Ids(case="C"), {"Id": "C"}),
        (2, Ids(case="C", own="C"), {"Id": "C"}),
        (3, Ids(case="C"), {"Id": "C"}),
        (4, Ids(case="C", parent="S"), {"Id": "C", "IdKetQua": "S", "ThiHanhId": ""}),
        (4, Ids(case="C", parent="S", own="E"), {"Id": "C", "IdKetQua": "S", "ThiHanhId": "E"}),
    ],
)
def test_ids_stand_where_the_step_needs_them(
    case: CaseFile, project: Project, contract: KntcContract, *, index: int, ids: Ids, expected: dict[str, str]
) -> None:
    """Case, settlement and own Id are never mixed up."""
    message = replace(project(case).messages[index], files=())

    request = contract.request(message, ids, _closed)

    assert {name: request.body[name] for name in expected} == expected
    assert request.update is bool(ids.own)


def test_a_settlement_is_updated_by_the_field_that_the_capability_names(
    case: CaseFile, project: Project, load: Load
) -> None:
    """The field's name is a setting, not a guess of ours."""
    message = replace(project(case).messages[3], files=())

    contract = load(settlement__update="decision_id:KetQuaId")

    assert contract.request(message, Ids(case="C", own="S"), _closed).body["KetQuaId"] == "S"
    assert "KetQuaId" not in contract.request(message, Ids(case="C"), _closed).body


@pytest.mark.parametrize(("index", "ids"), [(1, Ids()), (3, Ids(parent="S")), (4, Ids(case="C"))])
def test_a_request_without_a_needed_id_is_never_built(
    case: CaseFile, project: Project, contract: KntcContract, index: int, ids: Ids
) -> None:
    """An empty Id might create something else."""
    message = replace(project(case).messages[index], files=())

    with pytest.raises(ValueError, match="needs the Ids"):
        contract.request(message, ids, _closed)


def test_a_request_does_not_show_its_body(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Its repr is safe for logs."""
    request = contract.request(project(case).messages[0], Ids(own="N"), _closed)

    assert repr(request) == "WireRequest(step=<Step.CASE: 'case'>, action='CapNhatVuViec', update=True)"


def test_kept_lists_are_compared_by_the_ledgers_own_digest(bare: CaseFile, project: Project) -> None:
    """A list that was not kept counts as changed."""
    message = project(bare).messages[0]
    kept = Sent({"people": digest(message.lists()["people"])}, (), "1", digest)

    assert kept.changed(message) == {"files", "classifications"}


def test_two_kinds_of_case_share_one_shape(bare: CaseFile, project: Project) -> None:
    """Positions of fields do not depend on the case."""
    people = Petitioners(people=(Person(full_name="A"),))
    one = project(bare).messages[0]
    other = project(bare.model_copy(update={"kind": Kind.COMPLAINT, "petitioners": people})).messages[0]

    assert one.shape is other.shape
