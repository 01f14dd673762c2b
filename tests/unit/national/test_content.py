"""A body with files is produced on the way, and is the one that would have been written whole."""

import base64
import hashlib
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any, BinaryIO, Literal

import orjson
import pytest

from sync_agent.domain.casefile import CaseFile
from sync_agent.national import FileChangedError, Ids, KntcContract, Projection, WireFile
from sync_agent.national.content import Content, opened
from sync_agent.national.encoding import encode
from sync_agent.national.messages import Body, Path, put

Form = Literal["json", "form"]
Project = Callable[..., Projection]

BODY: Body = {"before": 'đ"\\ \n', "list": [{"name": "a", "file": ""}, {"file": ""}], "after": {"file": "", "x": 1}}
PLACES: tuple[Path, ...] = (("list", 0, "file"), ("list", 1, "file"), ("after", "file"))
BLOCK = 3 * 2**14
SIZES = [0, 1, 2, 3, 4, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 2]


def noise(size: int, seed: int = 1) -> bytes:
    """Return bytes among whose base64 is every character there is."""
    return Random(seed).randbytes(size)  # noqa: S311 - nothing secret


def wire_file(path: Path, content: bytes, *, size: int | None = None, opener: Any = None) -> WireFile:
    """Return a file of a request as it was digested."""
    return WireFile(path, hashlib.sha256(content).hexdigest(), size, opener or (lambda: BytesIO(content)))


def filled(contents: list[bytes]) -> Body:
    """Return the body with these files in it, whole."""
    body: Body = orjson.loads(orjson.dumps(BODY))
    for path, content in zip(PLACES, contents, strict=False):
        put(body, path, base64.b64encode(content).decode())
    return body


def streamed(contents: list[bytes], form: Form) -> tuple[Content, bytes]:
    """Return the content of the body with these files, and its bytes."""
    files = [wire_file(path, content) for path, content in zip(PLACES, contents, strict=False)]
    with opened(BODY, files, form) as (content, content_type):
        assert isinstance(content, Content)
        assert content_type == encode(BODY, form)[1]
        return content, b"".join(content)


@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("size", SIZES)
def test_the_bytes_are_those_of_the_whole_body(form: Form, size: int) -> None:
    """Whatever the size, at the borders of its pieces too."""
    contents = [noise(size), noise(size, 2), b""]
    assert streamed(contents, form)[1] == encode(filled(contents), form)[0]


@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("size", SIZES)
def test_the_length_is_known_before(form: Form, size: int) -> None:
    """In a form it depends on the bytes, not only on their number."""
    content, text = streamed([noise(size), b"\xff" * size], form)
    assert len(content) == len(text)


@pytest.mark.parametrize("form", ["json", "form"])
def test_a_real_message_goes_up_as_it_would_whole(
    case: CaseFile, project: Project, contract: KntcContract, form: Form
) -> None:
    """Every step that has a file."""
    found = {"sha256": hashlib.sha256(noise(100_000)).hexdigest(), "size": 100_000}
    attachments = tuple(one.model_copy(update=found) for one in case.attachments * 2)
    message = project(case.model_copy(update={"attachments": attachments})).messages[0]
    request = contract.request(message, Ids(), lambda _: BytesIO(noise(100_000)))
    whole: Body = orjson.loads(orjson.dumps(request.body))
    for file in request.files:
        put(whole, file.path, base64.b64encode(noise(100_000)).decode())

    with opened(request.body, request.files, form) as (content, _):
        text = b"".join(content)  # type: ignore[arg-type]  # it has files

    assert (len(request.files), text) == (2, encode(whole, form)[0])


def test_a_body_without_files_is_one_piece() -> None:
    """As it always was."""
    with opened(BODY, (), "json") as encoded:
        assert encoded == encode(BODY, "json")


@pytest.mark.parametrize("form", ["json", "form"])
def test_it_can_be_sent_again(form: Form) -> None:
    """From its start."""
    contents = [noise(2 * BLOCK), noise(5)]
    files = [wire_file(path, content) for path, content in zip(PLACES, contents, strict=False)]
    with opened(BODY, files, form) as (content, _):
        assert list(content) == list(content)


def test_no_piece_is_large() -> None:
    """What is in memory does not grow with the file."""
    files = [wire_file(PLACES[0], noise(5_000_000))]
    with opened(BODY, files, "json") as (content, _):
        assert max(len(piece) for piece in content) == 65536  # type: ignore[arg-type]  # it has files


def test_files_are_closed_in_the_end() -> None:
    """Of every body that was sent, or not."""
    handles: list[BinaryIO] = []

    def opener() -> BinaryIO:
        handles.append(BytesIO(b"x"))
        return handles[-1]

    with opened(BODY, [wire_file(PLACES[0], b"x", opener=opener)], "json"):
        pass
    files = [wire_file(PLACES[0], b"x", opener=opener), wire_file(PLACES[1], b"y", opener=opener)]
    with pytest.raises(FileChangedError), opened(BODY, files, "json"):
        pass
    assert [handle.closed for handle in handles] == [True] * 3


def test_a_body_is_not_changed_by_its_files() -> None:
    """The next try starts from the same one."""
    before = orjson.dumps(BODY)
    streamed([b"x"], "json")
    assert orjson.dumps(BODY) == before


def test_a_content_does_not_show_what_is_in_it() -> None:
    """Its repr may stand in a traceback."""
    content, _ = streamed([b"Zet"], "json")
    assert "before" not in f"{content!r} {content}"


@pytest.mark.parametrize(
    "now", [b"two", b"", b"on", b"one more", noise(200_000)], ids=["other", "empty", "cut", "grown", "larger"]
)
@pytest.mark.parametrize("size", [3, None])
def test_another_file_than_was_digested_is_noticed_before_anything_leaves(now: bytes, size: int | None) -> None:
    """There is no content to send then."""
    file = wire_file(PLACES[0], b"one", size=size, opener=lambda: BytesIO(now))
    with pytest.raises(FileChangedError), opened(BODY, [file], "json"):
        raise AssertionError


class Endless(BytesIO):
    """A file that grows faster than it is read."""

    def read(self, size: int | None = -1) -> bytes:
        """Have more."""
        return b"x" * (size or 0)


def test_a_file_that_never_ends_is_not_read_for_ever() -> None:
    """It is longer than it was."""
    with pytest.raises(FileChangedError), opened(BODY, [wire_file(PLACES[0], b"x", size=1, opener=Endless)], "json"):
        raise AssertionError


class Failing(BytesIO):
    """A file whose disk fails after a number of reads."""

    def __init__(self, content: bytes, reads: int) -> None:
        super().__init__(content)
        self.left = reads

    def read(self, size: int | None = -1) -> bytes:
        """Read, or fail."""
        if self.left == 0:
            raise OSError(5, "Input/output error", "Zet.pdf")
        self.left -= 1
        return super().read(size)


@pytest.mark.parametrize("reads", [0, 1])
def test_a_file_that_cannot_be_read_any_more_is_noticed_before_anything_leaves(reads: int) -> None:
    """And is not named."""
    content = noise(2 * BLOCK)
    file = wire_file(PLACES[0], content, opener=lambda: Failing(content, reads))
    with pytest.raises(FileChangedError) as caught, opened(BODY, [file], "json"):
        raise AssertionError
    assert (caught.value.__context__, "Zet" in str(caught.value)) == (None, False)


def sent(content: Content) -> int:
    """Return how many bytes leave before a file is found to be another."""
    left = 0
    try:
        for piece in content:
            left += len(piece)
    except FileChangedError:
        return left
    raise AssertionError("nothing was found")


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "first byte": lambda content: b"\x00" + content[1:],
    "last byte": lambda content: content[:-1] + b"\x00",
    "cut": lambda content: content[:-1],
    "cut to a piece": lambda content: content[:BLOCK],
    "emptied": lambda _: b"",
    "grown": lambda content: content + b"\x00",
    "grown by a piece": lambda content: content + b"\x00" * BLOCK,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("size", [2 * BLOCK, 2 * BLOCK + 1])
def test_a_file_that_changes_on_its_way_is_never_sent_to_its_end(
    change: Callable[[bytes], bytes], form: Form, size: int
) -> None:
    """The body stays short of its length, however the file changed after it was checked."""
    content = b"\x01" * size
    handle = BytesIO(content)
    with opened(BODY, [wire_file(PLACES[2], content, opener=lambda: handle)], form) as (body, _):
        handle.seek(0)
        handle.truncate()
        handle.write(change(content))
        assert isinstance(body, Content)
        left = sent(body)
    assert left < len(body)


def test_a_file_that_fails_on_its_way_is_never_sent_to_its_end() -> None:
    """As one that changed."""
    content = noise(2 * BLOCK)
    handle = Failing(content, 3 + 1)  # two pieces and the end to check it, and one piece to send
    file = wire_file(PLACES[0], content, opener=lambda: handle)
    with opened(BODY, [file], "json") as (body, _), pytest.raises(FileChangedError) as caught:
        b"".join(body)  # type: ignore[arg-type]  # it has files
    assert caught.value.__context__ is None


class Dribbling(BytesIO):
    """A file that gives less than was asked for, although there is more."""

    def read(self, size: int | None = -1) -> bytes:
        """Read some."""
        return super().read(min(size or 0, 1000))


def test_a_file_that_is_read_in_parts_is_not_sent_broken() -> None:
    """Base64 goes by groups of three bytes: padding in its middle would be another file."""
    content = noise(5000)
    with (
        pytest.raises(FileChangedError),
        opened(BODY, [wire_file(PLACES[0], content, opener=lambda: Dribbling(content))], "json"),
    ):
        raise AssertionError


def test_a_text_that_looks_like_a_file_stays_a_text() -> None:
    """Nothing that stands in a body says where a file goes."""
    body: Body = {"a": "0" * 32, "file": "", "b": "FILE"}
    with opened(body, [wire_file(("file",), b"x")], "json") as (content, _):
        assert orjson.loads(b"".join(content)) == {**body, "file": "eA=="}  # type: ignore[arg-type]  # it has files
