"""Request bodies in both encodings."""

from typing import Any

import pytest

from sync_agent.simulator.bodies import parse_body
from sync_agent.simulator.refusals import RefusedError

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


def test_json_is_read() -> None:
    """A JSON object is itself."""
    assert parse_body('{"NoiDungDon": "Đất đai"}'.encode(), JSON) == {"NoiDungDon": "Đất đai"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"Id=&NoiDungDon=%C4%90%E1%BA%A5t+%C4%91ai", {"Id": "", "NoiDungDon": "Đất đai"}),
        (b"VuViec[Id]=&VuViec[GanVuViec]=0", {"VuViec": {"Id": "", "GanVuViec": "0"}}),
        (b"VuViec%5BId%5D=1", {"VuViec": {"Id": "1"}}),
        (b"A[0][B]=1&A[0][C]=2&A[1][B]=3", {"A": [{"B": "1", "C": "2"}, {"B": "3"}]}),
        (b"A[]=1&A[]=2", {"A": ["1", "2"]}),
        (b"A[][B]=1", {"A": [{"B": "1"}]}),
        (b"A[1]=x", {"A": {"1": "x"}}),
    ],
)
def test_form_fields_with_nested_names_are_read(body: bytes, expected: dict[str, Any]) -> None:
    """Names in brackets become objects, numbers from 0 become lists."""
    assert parse_body(body, FORM) == expected


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", JSON, 400),
        (b'{"a":', JSON, 400),
        (b'{"a": NaN}', JSON, 400),
        (b"\xff", JSON, 400),
        (b"[]", JSON, 400),
        (b'"text"', JSON, 400),
        (b"a", FORM, 400),
        (b"a=%FF", FORM, 400),
        ("a=Đ".encode(), FORM, 400),
        (b"a[=1", FORM, 400),
        (b"[a]=1", FORM, 400),
        (b"a=1&a[b]=2", FORM, 400),
        (b"a[b]=2&a=1", FORM, 400),
        (b"a" + b"[b]" * 9 + b"=1", FORM, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
    ],
)
def test_what_cannot_be_read_is_a_status_of_http(body: bytes, content_type: str, status: int) -> None:
    """A body without sense is told apart from a message that is refused."""
    with pytest.raises(RefusedError) as caught:
        parse_body(body, content_type)
    assert caught.value.status == status
