"""What a message says of itself: content, lists, presence, strings."""

from collections.abc import Callable

import orjson

from sync_agent.domain.casefile import CaseFile, Person
from sync_agent.national import KntcContract, Message, Projection

Project = Callable[..., Projection]


def _case_message(project: Project, case: CaseFile) -> Message:
    return project(case).messages[0]


def test_content_is_the_same_for_the_same_case(case: CaseFile, project: Project) -> None:
    """Two projections give the same bytes."""
    first, second = project(case), project(case)

    assert [each.content() for each in first.messages] == [each.content() for each in second.messages]


def test_content_changes_with_a_file(case: CaseFile, project: Project) -> None:
    """The file's digest is part of the content, its place and size on disk are not."""
    moved = case.attachments[0].model_copy(update={"location": "elsewhere", "size": 99})
    other = case.attachments[0].model_copy(update={"sha256": "b" * 64})

    content = _case_message(project, case).content()

    assert _case_message(project, case.model_copy(update={"attachments": (moved,)})).content() == content
    assert _case_message(project, case.model_copy(update={"attachments": (other,)})).content() != content


def test_content_is_canonical_json(case: CaseFile, project: Project) -> None:
    """Body and files, nothing of the account or of national Ids."""
    content = orjson.loads(_case_message(project, case).content())

    assert sorted(content) == ["body", "files"]
    assert content["files"] == [[["Attachment", 0, "FileDinhKem"], "a" * 64]]


def test_messages_share_no_mutable_object(case: CaseFile, project: Project) -> None:
    """Changing one body changes no other, as shared model objects of a real client did."""
    first, second = _case_message(project, case), _case_message(project, case)

    first.body["NguoiKNTC"]["DataNguoiKNTC"][0]["HoTen"] = "changed"
    first.body["PhanLoaiDon"].clear()

    assert second.body["NguoiKNTC"]["DataNguoiKNTC"][0]["HoTen"] == "Nguyễn Thị Thử"
    assert len(second.body["PhanLoaiDon"]) == 2


def test_lists_change_only_with_what_they_hold(case: CaseFile, project: Project) -> None:
    """People, classifications and files are told apart."""
    petitioners = case.petitioners
    assert petitioners is not None
    person = petitioners.model_copy(update={"people": (Person(full_name="Khác"),)})
    before = _case_message(project, case).lists()

    after = _case_message(project, case.model_copy(update={"petitioners": person})).lists()

    assert [name for name in before if before[name] != after[name]] == ["people"]


def test_lists_of_every_step_name_files(case: CaseFile, project: Project) -> None:
    """A settlement has people and its number besides, the others only files."""
    assert [sorted(message.lists()) for message in project(case).messages] == [
        ["classifications", "files", "people"],
        ["files"],
        ["files"],
        ["files", "number", "people"],
        ["files"],
    ]


def test_present_names_the_filled_fields(case: CaseFile, contract: KntcContract, project: Project) -> None:
    """A reserved file counts as present, an Id to come does not."""
    message = project(case).messages[2]
    leaves = message.shape.leaves

    assert [leaves[index] for index in message.present()] == [
        "MaCoQuanThuLy",
        "NgayThuLy",
        "FileThuLy",
        "TenFileThuLy",
        "HanGiaiQuyet",
        "CanBoDuyet",
    ]


def test_present_looks_into_lists(case: CaseFile, project: Project) -> None:
    """A field counts when at least one item has it."""
    message = _case_message(project, case)
    present = {message.shape.leaves[index] for index in message.present()}

    assert {"NguoiKNTC.DataNguoiKNTC[].MaDanToc", "Attachment[].FileDinhKem", "PhanLoaiDon[].MaLoaiDon3"} <= present
    assert "VuViec.Id" not in present


def test_zero_is_a_value(case: CaseFile, project: Project) -> None:
    """An amount of 0 is not an empty field."""
    message = project(case).messages[4]

    assert "ThiHanhGiaiQuyet.SoDoiTuongDaKhoiTo" in {message.shape.leaves[index] for index in message.present()}


def test_strings_are_all_that_goes_out(case: CaseFile, project: Project) -> None:
    """File names and every line of a text are there, the token line is not."""
    strings = list(_case_message(project, case).strings())

    assert "đơn.pdf" in strings
    assert "Khiếu nại quyết định thu hồi đất.\nĐề nghị xem xét lại." in strings
    assert [text for text in strings if "Mã liên thông" in text] == []
    assert "" not in strings


def test_the_contracts_own_words_are_not_strings_of_the_case(case: CaseFile, project: Project) -> None:
    """The marker and the literal of an anonymous writer would be found in every case."""
    strings = set(project(case, protected=True).messages[0].strings())

    assert "thông tin được bảo vệ" not in strings
    assert "Khiếu nại về đất đai." in strings


def test_a_message_does_not_show_its_body(case: CaseFile, project: Project) -> None:
    """Its repr is safe for logs."""
    assert repr(_case_message(project, case)) == "Message(step=<Step.CASE: 'case'>)"


def test_the_size_of_files_is_known_before_they_are_read(case: CaseFile, project: Project) -> None:
    """So that one large body at a time can be built."""
    assert [message.encoded_files for message in project(case).messages] == [16, 28, 40, 56, 0]
