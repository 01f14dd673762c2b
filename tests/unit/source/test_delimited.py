"""A CSV file is read as declared, or as it proves to be; what is wrong is one line with file and row, never a value."""

import pytest

from sync_agent.errors import SourceError
from sync_agent.source.delimited import read_delimited
from sync_agent.source.tables import TableFiles

PLAIN = "Số đơn;Họ tên\r\n1;Lò Văn Mẫu\r\n"


def spec(**words: object) -> TableFiles:
    """Return the words of a table in one CSV file."""
    return TableFiles.model_validate({"file": "so.csv", **words})


def refused(data: bytes, **words: object) -> tuple[str, str]:
    """Return (where, what) of the refusal of a file."""
    with pytest.raises(SourceError) as caught:
        read_delimited(data, spec(**words), "so.csv")
    return caught.value.where, caught.value.what.format(**dict(caught.value.facts))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (PLAIN.encode("utf-8"), "utf-8"),
        (PLAIN.encode("utf-8-sig"), "utf-8-sig"),
        (PLAIN.encode("utf-16"), "utf-16"),
        ("S\u00f4\u0301 đơn;Ho\u0323 tên\r\n1;Lo\u0300 Văn Mâ\u0303u\r\n".encode("cp1258"), "cp1258"),
    ],
    ids=["utf-8", "byte order mark", "utf-16", "windows-1258"],
)
def test_the_encoding_is_found_where_it_can_be_proved(data: bytes, encoding: str) -> None:
    """And the names of the columns are composed."""
    table = read_delimited(data, spec(), "so.csv")
    assert (table.encoding, table.columns, len(table.rows)) == (encoding, ("Số đơn", "Họ tên"), 1)


@pytest.mark.parametrize("data", ["Sè ®¬n;Hä tªn\r\n1;Lß V¨n\r\n".encode("cp1252"), b"a;b\n1;\xff\xfe\x00\n"])
def test_an_encoding_that_cannot_be_proved_is_asked_for(data: bytes) -> None:
    """A wrong guess would go up as a wrong name."""
    assert refused(data) == ("so.csv", "the file is not in UTF-8, and nothing proves another encoding")


def test_the_fonts_of_tcvn3_are_read_as_they_are_shown() -> None:
    """The mapping converts them where the profile declares it."""
    table = read_delimited("So;Ten\n1;Lß V¨n\n".encode("cp1252"), spec(encoding="windows-1252"), "so.csv")
    assert table.rows == [("1", "Lß V¨n")]


def test_a_declared_encoding_is_kept_to() -> None:
    """It is not quietly replaced by one that fits."""
    assert refused(b"a;b\n1;\xe9\n", encoding="utf-8") == ("so.csv", "the file is not in the encoding utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_of_the_header(delimiter: str) -> None:
    """Quoted text may hold any other."""
    text = f'so{delimiter}ten{delimiter}tien\n1{delimiter}"a,b;c|d\te"{delimiter}5\n'
    table = read_delimited(text.encode(), spec(), "so.csv")
    assert (table.delimiter, table.rows) == (delimiter, [("1", "a,b;c|d\te", "5")])


def test_a_header_that_leaves_two_delimiters_possible_is_asked_about() -> None:
    """Nothing is guessed."""
    assert refused(b"a;b,c\n1;2,3\n") == ("so.csv:1", "the header row does not tell the delimiter")


def test_a_text_in_quotes_keeps_its_lines_and_quotes() -> None:
    """As a spreadsheet writes it."""
    table = read_delimited(b'so,noi_dung\n1,"dong 1\r\ndong ""2"", het"\n', spec(), "so.csv")
    assert table.rows == [("1", 'dong 1\r\ndong "2", het')]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a,b\n1,2\n\n,\n3,SECRET,5\n", ("so.csv:5", "the row has 3 cells, the header has 2")),
        (b"a,b\nSECRET\n", ("so.csv:2", "the row has 1 cells, the header has 2")),
        (b'a,b\n1,2\n3,"SECRET\n', ("so.csv:3", "the row cannot be read")),
        (b'a,b\n1,"x"SECRET\n', ("so.csv:2", "the row cannot be read")),
        (b"\n\n", ("so.csv:1", "the header row is blank")),
        (b"a,b,A\n1,2,3\n", ("so.csv:1", "the columns A and C have the same name")),
        (b"a,,b\n1,SECRET,3\n", ("so.csv:1", "there is data below column B, which has no name")),
        (b"a,_file\n1,2\n", ("so.csv:1", "the columns - and B have the same name")),
    ],
    ids=["too long", "too short", "open quote", "text after a quote", "no header", "same names", "no name", "ours"],
)
def test_what_is_wrong_is_told_by_file_and_row(data: bytes, found: tuple[str, str]) -> None:
    """No value stands in it."""
    assert refused(data, delimiter=",") == found


def test_titles_above_the_header_and_blank_rows_and_columns_are_left_out() -> None:
    """`header` says where the names stand."""
    table = read_delimited(b"UBND xa Mau\n\nso,ten,\n1,a,\n , ,\n2,,\n", spec(header=3), "so.csv")
    assert (table.columns, table.rows) == (("so", "ten"), [("1", "a"), ("2", None)])
