"""What an answer means, by its type: status, content type, form. Never by its text."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from sync_agent.national import Accepted, KntcContract, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.answers import AnswerError, found_ids, judge, listed, seconds_to_wait
from sync_agent.national.exchange import Reply

Load = Callable[..., KntcContract]
JSON = "application/json; charset=utf-8"
GUID = "93b20232-37d1-4406-8259-9b20a284192d"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINE = f"Mã liên thông: {TOKEN}"


def twice(content: Any) -> bytes:
    """Encode as the service does: a JSON string that contains JSON."""
    return orjson.dumps(orjson.dumps(content).decode())


def reply(body: bytes, status: int = 200, content_type: str = JSON, retry_after: str = "") -> Reply:
    """Return an answer as the transport gives it."""
    return Reply(status, content_type, retry_after, body)


@pytest.fixture
def outcome(contract: KntcContract) -> Callable[..., Outcome]:
    """Return what judges an answer."""

    def _outcome(answer: Reply, *, production: bool = True, by: KntcContract = contract) -> Outcome:
        return judge(answer, by, production=production, now=lambda: NOW)

    return _outcome


Judge = Callable[..., Outcome]


@pytest.mark.parametrize("encode", [twice, orjson.dumps], ids=["double", "single"])
def test_an_id_is_accepted(outcome: Judge, encode: Callable[[Any], bytes]) -> None:
    """However often the answer was encoded."""
    body = encode({"Id": GUID, "Message": "Thành công"})

    assert outcome(reply(body)) == Accepted(GUID, 200, body)


@pytest.mark.parametrize("message", ["", None], ids=["empty", "null"])
def test_an_id_needs_no_message(outcome: Judge, message: str | None) -> None:
    """The Id decides."""
    assert isinstance(outcome(reply(twice({"Id": GUID, "Message": message}))), Accepted)


def test_a_byte_order_mark_is_not_content(outcome: Judge) -> None:
    """Some servers write one."""
    assert isinstance(outcome(reply(b"\xef\xbb\xbf" + twice({"Id": GUID, "Message": ""}))), Accepted)


@pytest.mark.parametrize("status", [200, 201, 400, 404, 422])
@pytest.mark.parametrize("national_id", ["", None, "  "])
def test_an_empty_id_is_a_refusal_even_with_200(outcome: Judge, status: int, national_id: str | None) -> None:
    """The text becomes a code; the raw text stays in memory."""
    body = twice({"Id": national_id, "Message": "Không xác thực được thông tin công dân Nguyễn Thị Thử"})

    refused = outcome(reply(body, status))

    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("citizen_not_verified", status)
    assert "Thử" not in repr(refused)
    assert "Thử" not in refused.masked
    assert "Thử" in refused.raw


def test_401_was_not_processed(outcome: Judge) -> None:
    """Whatever the body says."""
    assert outcome(reply(twice({"Id": GUID, "Message": ""}), 401)) == NotProcessed("unauthorized", 401)


@pytest.mark.parametrize("status", [429, 503])
def test_statuses_of_the_contract_were_not_processed(outcome: Judge, status: int) -> None:
    """With the wait the server asks for."""
    assert outcome(reply(b"", status, "text/html", "17")) == NotProcessed("status", status, 17.0)


def test_other_statuses_can_be_named(outcome: Judge, load: Load) -> None:
    """A capability, because nobody knows."""
    by = load(not_processed_statuses="502")

    assert isinstance(outcome(reply(b"", 502), by=by), NotProcessed)
    assert isinstance(outcome(reply(b"", 503), by=by), Unknown)


def test_a_refused_status_is_what_the_contract_lists(contract: KntcContract, outcome: Judge) -> None:
    """None by default: a proxy may answer for a server that has done the work."""
    statuses = contract.file.statuses.model_copy(update={"refused": (422,)})
    by = object.__new__(KntcContract)
    by.__dict__.update(contract.__dict__, file=contract.file.model_copy(update={"statuses": statuses}))

    assert outcome(reply(b"<html>", 422, "text/html"), by=by) == Refused("refused_status", "", 422, answer=b"<html>")
    assert outcome(reply(b"<html>", 422, "text/html")) == Unknown("content_type", 422, b"<html>")


def test_too_large_a_body_is_refused_for_its_size(outcome: Judge) -> None:
    """Whatever the text says: the size that was sent is what the person needs."""
    body = twice({"Id": "", "Message": "quá lớn"})
    refused = outcome(replace(reply(body, 413), asked_bytes=12_345))

    assert refused == Refused("too_large", "12345 bytes", 413, answer=body, final=True)


@pytest.mark.parametrize("body", [b"<html>", b""], ids=str)
def test_a_page_that_says_too_large_is_a_doubt_that_names_the_size(outcome: Judge, body: bytes) -> None:
    """It is no word of the service: what stands before it may answer so after the message went through."""
    doubt = outcome(replace(reply(body, 413), asked_bytes=12_345))

    assert doubt == Unknown("too_large", 413, body, "12345 bytes")


def test_too_large_a_body_that_was_taken_all_the_same_is_unknown(outcome: Judge) -> None:
    """An Id says the contrary of its status."""
    assert isinstance(outcome(reply(twice({"Id": GUID, "Message": ""}), 413)), Unknown)


@pytest.mark.parametrize(
    ("text", "final"),
    [
        ("Tài khoản không có quyền cập nhật thông tin do đơn vị khác nhập", True),
        ("Không xác thực được thông tin công dân Nguyễn Thị Thử", False),
        ("Dịch vụ đang bận", False),
    ],
)
def test_a_refusal_is_final_only_where_it_is_known_as_such(outcome: Judge, text: str, final: bool) -> None:
    """What stands behind the service may have been down."""
    refused = outcome(reply(twice({"Id": "", "Message": text})))

    assert isinstance(refused, Refused)
    assert refused.final is final


@pytest.mark.parametrize("status", [500, 501, 502, 504, 505, 599])
def test_other_server_errors_are_unknown(outcome: Judge, status: int) -> None:
    """Even with a well-formed refusal: the work may have been done before the error."""
    assert isinstance(outcome(reply(twice({"Id": "", "Message": "Lỗi"}), status)), Unknown)


@pytest.mark.parametrize("status", [200, 301, 302, 400, 403, 404, 408, 409, 415, 422])
def test_a_page_of_html_is_unknown(outcome: Judge, status: int) -> None:
    """With any status that the contract does not list."""
    assert isinstance(outcome(reply(b"<html>login</html>", status, "text/html; charset=utf-8")), Unknown)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b'{"Id": "93b2', "malformed"),
        (b'"{\\"Id\\": \\"93b2"', "malformed"),
        (b"<html></html>", "malformed"),
        (b"null", "malformed"),
        (b"[]", "malformed"),
        (b"42", "malformed"),
        (b'""', "malformed"),
        (b"{}", "malformed"),
        (b'{"Id": ""}', "malformed"),
        (b'{"Id": 17, "Message": ""}', "malformed"),
        (b'{"Id": "", "Message": ["x"]}', "malformed"),
        (b'{"Id": "Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b Th\xe1\xbb\xad", "Message": ""}', "malformed"),
        (b'{"Id": "' + b"9" * 65 + b'", "Message": ""}', "malformed"),
        (b'{"id": "x", "message": ""}', "malformed"),
        (b"\xff\xfe{", "malformed"),
        (orjson.dumps(twice({"Id": GUID, "Message": ""}).decode()), "malformed"),
    ],
)
def test_a_body_that_is_not_the_agreed_answer_is_unknown(outcome: Judge, body: bytes, cause: str) -> None:
    """Empty, cut off, of another form: nobody knows what was done."""
    assert outcome(reply(body)) == Unknown(cause, 200, body)


@pytest.mark.parametrize("content_type", ["", "text/plain", "text/html", "application/xml", "jsonp"])
def test_another_content_type_is_unknown(outcome: Judge, content_type: str) -> None:
    """Even when the body looks right."""
    assert isinstance(outcome(reply(twice({"Id": GUID, "Message": ""}), content_type=content_type)), Unknown)


@pytest.mark.parametrize("content_type", ["text/json", "APPLICATION/JSON", "application/json;charset=UTF-8"])
def test_json_content_types_are_read(outcome: Judge, content_type: str) -> None:
    """Case and parameters do not matter."""
    assert isinstance(outcome(reply(twice({"Id": GUID, "Message": ""}), content_type=content_type)), Accepted)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404])
def test_an_id_with_an_error_status_is_a_contradiction(outcome: Judge, status: int) -> None:
    """Neither half is believed."""
    assert outcome(reply(twice({"Id": GUID, "Message": ""}), status)).__class__ is Unknown


def test_a_refusal_with_a_redirect_is_unknown(outcome: Judge) -> None:
    """Somebody else answered."""
    assert isinstance(outcome(reply(twice({"Id": "", "Message": "x"}), 302)), Unknown)


@pytest.mark.parametrize("national_id", ["SIM-0001", "sim-0001"])
def test_a_simulators_id_is_never_kept_in_production(outcome: Judge, national_id: str) -> None:
    """The typed answer holds no Id that could be stored."""
    body = twice({"Id": national_id, "Message": ""})

    assert outcome(reply(body)) == Unknown("foreign_id", 200, body)
    assert outcome(reply(body), production=False) == Accepted(national_id, 200, body)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999", 86400.0),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 10:00:30 -0000", 30.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
        ("Wed, 23 Nov 2033 10:00:00 GMT", 86400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("99999999999999999999", None),
        ("Mon, 99 Nov 2026 10:00:00 GMT", None),
        ("Mon, 23 Nov 99999999999999999999 10:00:00 GMT", None),
        ("Mon, 23 Nov 2026 10:00:00 +99999999999999999999", None),
        ("Mon, 23 Nov 2026 10:00:00 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86400.0),
        ("Sat, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("1e3", None),
        ("inf", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    """Capped at a day; what cannot be read is ignored."""
    assert seconds_to_wait(header, NOW) == seconds


def test_retry_after_does_not_depend_on_the_zone_of_the_clock() -> None:
    """The instant counts."""
    east = NOW.astimezone(tz=None) + timedelta(0)

    assert seconds_to_wait("Mon, 23 Nov 2026 10:01:00 GMT", east) == 60.0


def test_an_outcome_does_not_show_the_answer(outcome: Judge) -> None:
    """An answer may quote a name."""
    body = b'{"Id": "' + GUID.encode() + '", "Message": "Nguyễn Thị Thử"}'.encode()

    assert "Nguy" not in repr(outcome(reply(body)))
    assert "Nguy" not in repr(outcome(reply(body, 500)))


# look-up


def row(text: object, national_id: object = GUID) -> dict[str, Any]:
    """Return one row of a look-up."""
    return {"Id": national_id, "ChuDon": "x", "CMTND": "", "DiaChi": "", "NoiDung": text}


@pytest.mark.parametrize("content", [f"Nội dung\n{LINE}", LINE, f"a\r\n {LINE} \r\n"])
def test_a_case_is_found_by_the_token_as_a_whole_line(contract: KntcContract, content: str) -> None:
    """Line ends may have changed on the way."""
    assert found_ids([row(content)], TOKEN, contract, production=True) == [GUID]


@pytest.mark.parametrize(
    "content", [TOKEN, f"{LINE}X", f"x {LINE}", f"Mã liên thông:{TOKEN}", "", None, 7, LINE.lower()]
)
def test_a_text_that_only_contains_the_token_is_not_it(contract: KntcContract, content: object) -> None:
    """Found means the line that this agent wrote."""
    assert found_ids([row(content)], TOKEN, contract, production=True) == []


def test_several_are_all_returned_once(contract: KntcContract) -> None:
    """A person decides."""
    rows = [row(LINE), row(LINE, "B"), row(LINE), row("other", "C")]

    assert found_ids(rows, TOKEN, contract, production=True) == [GUID, "B"]


@pytest.mark.parametrize("national_id", ["", None, 7, "a b"])
def test_a_match_without_a_usable_id_is_an_error(contract: KntcContract, national_id: object) -> None:
    """It is there, but cannot be adopted: never "not found"."""
    with pytest.raises(AnswerError, match="malformed"):
        found_ids([row(LINE, national_id)], TOKEN, contract, production=True)


def test_a_simulators_case_is_not_found_in_production(contract: KntcContract) -> None:
    """An error, not an Id."""
    with pytest.raises(AnswerError, match="foreign_id"):
        found_ids([row(LINE, "SIM-1")], TOKEN, contract, production=True)
    assert found_ids([row(LINE, "SIM-1")], TOKEN, contract, production=False) == ["SIM-1"]


def test_a_list_cut_before_the_case_proves_nothing(load: Load) -> None:
    """As many rows as the service ever returns."""
    by = load(lookup__cap="2")

    with pytest.raises(AnswerError, match="cut_off"):
        found_ids([row("x", "A"), row("y", "B")], TOKEN, by, production=True)
    assert found_ids([row("x", "A")], TOKEN, by, production=True) == []
    assert found_ids([row("x", "A"), row(LINE)], TOKEN, by, production=True) == [GUID]


@pytest.mark.parametrize("content", [{"Id": "", "Message": "Phải nhập điều kiện"}, [1], "x", None])
def test_an_answer_that_is_no_list_is_not_an_empty_list(contract: KntcContract, content: object) -> None:
    """A refused look-up must not look like "not found"."""
    with pytest.raises(AnswerError):
        listed(reply(twice(content)), contract)


@pytest.mark.parametrize("status", [302, 401, 404, 500, 503])
def test_a_list_needs_a_status_of_success(contract: KntcContract, status: int) -> None:
    """An error page with `[]` in it is no list."""
    with pytest.raises(AnswerError, match=f"status_{status}"):
        listed(reply(twice([]), status), contract)


def test_an_empty_list_is_an_empty_list(contract: KntcContract) -> None:
    """Double-encoded or not."""
    assert listed(reply(twice([])), contract) == listed(reply(b"[]"), contract) == []
