"""A body as JSON, or as the form fields a PHP client writes."""

from urllib.parse import parse_qsl

import orjson

from sync_agent.national.encoding import encode

BODY = {
    "VuViec": {"Id": "", "GanVuViec": 0, "NgayNhapDon": "05/03/2026"},
    "NguoiKNTC": {"DataNguoiKNTC": [{"HoTen": "Nguyễn Thị Thử"}, {"HoTen": "A & B=C"}]},
    "Attachment": [],
    "NoiDungDon": "dòng 1\ndòng 2",
}


def test_json_is_utf_8() -> None:
    """Vietnamese text is not escaped, empty lists stay."""
    content, content_type = encode(BODY, "json")

    assert content_type == "application/json; charset=utf-8"
    assert orjson.loads(content) == BODY
    assert "Nguyễn Thị Thử".encode() in content


def test_a_form_has_nested_names() -> None:
    """As http_build_query writes them; an empty list has no field."""
    content, content_type = encode(BODY, "form")

    assert content_type == "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_qsl(content.decode("ascii"), keep_blank_values=True) == [
        ("VuViec[Id]", ""),
        ("VuViec[GanVuViec]", "0"),
        ("VuViec[NgayNhapDon]", "05/03/2026"),
        ("NguoiKNTC[DataNguoiKNTC][0][HoTen]", "Nguyễn Thị Thử"),
        ("NguoiKNTC[DataNguoiKNTC][1][HoTen]", "A & B=C"),
        ("NoiDungDon", "dòng 1\ndòng 2"),
    ]
