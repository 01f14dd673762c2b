"""What becomes of a message whose file is not there, is another than it was, or is too large; and of changed files."""

import base64
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.national import NotProcessed, Unknown, WireRequest
from tests.support.houses import House, Houses

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


def attached(house: House, content: bytes | None = b"one", number: int = 1) -> str:
    """Add a case with one file; return its key."""
    key, name = house.local.case(number), f"don{number}.pdf"
    if content is not None:
        (house.folder / "files" / name).write_bytes(content)
    house.local.insert("tep", vu_viec=number, ten="đơn.pdf", duong_dan=name)
    return key


def files_of(body: dict[str, object]) -> list[bytes]:
    """Return the bytes of the files in the body of a case."""
    entries = body["Attachment"]
    assert isinstance(entries, list)
    return [base64.b64decode(entry["FileDinhKem"], validate=True) for entry in entries]


# what is found at a look


def _directory(path: Path) -> None:
    path.mkdir()


def _link_out(path: Path) -> None:
    path.symlink_to(path.parents[1] / "agent.toml")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [lambda _: None, _directory, _link_out, pytest.param(_pipe, marks=needs_pipes)])
def test_what_is_no_file_holds_its_message(house: House, make: Callable[[Path], None]) -> None:
    """Missing, a folder, a way out, a pipe: a person must look, and nothing is sent without it."""
    key = attached(house, content=None)
    make(house.folder / "files" / "don1.pdf")
    house.sync()
    assert (house.state(key), house.rules(key), house.gateway.sent) == ("held", {"file_missing"}, [])


def test_a_file_that_appears_later_goes_up(house: House) -> None:
    """The hold goes with its reason."""
    key = attached(house, content=None)
    house.sync()
    (house.folder / "files" / "don1.pdf").write_bytes(b"late")
    house.sync(keys=[key])
    assert (house.state(key), files_of(house.gateway.last)) == ("acknowledged", [b"late"])


def test_an_empty_file_goes_up_as_it_is(house: House) -> None:
    """It is there, and has its name."""
    attached(house, b"")
    house.sync()
    assert (files_of(house.gateway.last), house.gateway.last["Attachment"][0]["TenFileDinhKem"]) == ([b""], "đơn.pdf")


# what changes between the look and the sending


def _replaced(path: Path) -> None:
    other = path.with_name("new")
    other.write_bytes(b"two")
    other.replace(path)


def _cut(path: Path) -> None:
    os.truncate(path, 1)


def _grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b" more")


@pytest.mark.parametrize(("change", "later"), [(_replaced, b"two"), (_cut, b"o"), (_grown, b"one more")])
def test_a_file_that_changed_before_it_left_is_sent_as_it_is_then(
    house: House, change: Callable[[Path], None], later: bytes
) -> None:
    """Nothing was sent of it at first, so that there is no doubt; it is looked at again."""
    key = attached(house)
    house.gateway.before = lambda _: change(house.folder / "files" / "don1.pdf")
    house.sync()
    assert (house.state(key), house.message(key).reason, house.gateway.sent) == ("waiting", "file_changed", [])
    house.gateway.before = None
    house.clock.move(minutes=2)
    for _ in range(2):
        house.sync()
    assert (house.state(key), files_of(house.gateway.last)) == ("acknowledged", [later])


def _gone(path: Path) -> None:
    path.unlink()


def _now_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _now_a_link_out(path: Path) -> None:
    path.unlink()
    _link_out(path)


@pytest.mark.parametrize("change", [_gone, _now_a_link_out, pytest.param(_now_a_pipe, marks=needs_pipes)])
def test_a_file_that_vanished_before_it_left_holds_its_message_at_the_next_look(
    house: House, change: Callable[[Path], None]
) -> None:
    """No byte has left, so that nothing is uncertain."""
    key = attached(house)
    house.gateway.before = lambda _: change(house.folder / "files" / "don1.pdf")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("waiting", "file_changed")
    house.gateway.before = None
    house.clock.move(minutes=2)
    house.sync()
    assert (house.state(key), house.message(key).reason, house.gateway.sent) == ("held", "file_missing", [])


def test_a_file_that_changed_on_its_way_leaves_a_doubt(house: House) -> None:
    """The service may have made something of the part that came: it is settled before anything is sent again."""
    key = attached(house)
    house.answers(Unknown("file_changed"))
    house.sync()
    house.sync()
    assert (house.state(key), house.message(key).reason, len(house.gateway.sent)) == ("uncertain", "file_changed", 1)


@pytest.mark.parametrize("outcome", [NotProcessed("file_changed"), Unknown("file_changed")])
def test_files_that_change_say_nothing_about_the_service(make_house: Houses, outcome: NotProcessed | Unknown) -> None:
    """However many do, it is not out of reach."""
    house = make_house(extra="unreachable_after = 2")
    keys = [attached(house, number=number) for number in range(1, 5)]
    house.answers(*[outcome] * 3)
    house.sync()
    assert sorted(house.state(key) == "acknowledged" for key in keys) == [False, False, False, True]


# changed files of what is there already


@pytest.mark.parametrize("lists", ["unknown", "append"])
@pytest.mark.parametrize("change", [_replaced, _cut])
def test_changed_files_wait_where_lists_are_not_replaced(
    make_house: Houses, lists: str, change: Callable[[Path], None]
) -> None:
    """A second copy beside the first could not be taken back."""
    house = make_house(capabilities=f'lists_on_update = "{lists}"')
    key = attached(house)
    house.sync()
    change(house.folder / "files" / "don1.pdf")
    house.local.touch(1)
    house.sync()
    assert (house.rules(key), len(house.gateway.sent)) == ({"files_changed"}, 1)


def test_changed_files_go_up_where_lists_are_replaced(make_house: Houses) -> None:
    """All of them, for those that stay away are gone."""
    house = make_house(capabilities='lists_on_update = "replace"')
    key = attached(house)
    house.local.insert("tep", vu_viec=1, ten="hai.pdf", duong_dan="hai.pdf")
    (house.folder / "files" / "hai.pdf").write_bytes(b"stays")
    house.sync()
    _replaced(house.folder / "files" / "don1.pdf")
    house.local.touch(1)
    house.sync()
    assert (house.state(key), house.gateway.steps) == ("acknowledged", [("case", False), ("case", True)])
    assert files_of(house.gateway.last) == [b"two", b"stays"]


@pytest.mark.parametrize(("lists", "files"), [("unknown", None), ("append", None), ("replace", [b"one"])])
def test_a_changed_text_goes_up_with_its_files_only_where_lists_are_replaced(
    make_house: Houses, lists: str, files: list[bytes] | None
) -> None:
    """Elsewhere nothing is said of them, and they are not even opened."""
    house = make_house(capabilities=f'lists_on_update = "{lists}"')
    key = attached(house)
    house.sync()
    house.local.change(1, noi_dung="Nội dung khác")
    house.sync()
    sent = files_of(house.gateway.last) if "Attachment" in house.gateway.last else None
    assert (house.state(key), house.gateway.steps[1:], sent) == ("acknowledged", [("case", True)], files)


@pytest.mark.parametrize(
    ("lists", "rules"), [("unknown", {"files_changed"}), ("append", {"files_changed"}), ("replace", set())]
)
def test_a_file_that_is_added_is_a_changed_file(make_house: Houses, lists: str, rules: set[str]) -> None:
    """Where lists append, too: the whole list would go up again."""
    house = make_house(capabilities=f'lists_on_update = "{lists}"')
    key = attached(house)
    house.sync()
    (house.folder / "files" / "hai.pdf").write_bytes(b"two")
    house.local.insert("tep", vu_viec=1, ten="hai.pdf", duong_dan="hai.pdf")
    house.local.touch(1)
    house.sync()
    assert house.rules(key) == rules


def test_a_changed_file_of_a_step_that_is_overwritten_goes_up(make_house: Houses) -> None:
    """The whole message takes the place of the older one."""
    house = make_house(capabilities='processing = "overwrites"')
    house.local.case(1)
    file = house.folder / "files" / "phieu.pdf"
    file.write_bytes(b"one")
    house.local.processed(1, tep="phieu.pdf")
    house.sync()
    file.write_bytes(b"two")
    house.local.touch(1)
    house.sync()
    sent = house.gateway.last["NoiDungXuLy"]["HuongXuLy"]["FileDinhKem"]
    assert (house.gateway.steps[-1][0], base64.b64decode(sent)) == ("processing", b"two")


# size


def test_a_body_that_is_too_large_is_held_until_the_setting_allows_it(make_house: Houses) -> None:
    """The finding says how large it is and what is allowed; no file is named."""
    house = make_house(extra="most_bytes = 20000")
    key = attached(house, b"x" * 30_000)
    house.sync()
    ((rule, place),) = house.select("SELECT rule, place FROM finding WHERE level = 'hold'")
    size = int(place.split(" ")[0])
    assert (house.state(key), rule, place) == ("held", "too_large", f"{size} B > 20000 B")
    assert 40_000 < size < 45_000

    allowed = house.edited("agent.toml", "most_bytes = 20000", f"most_bytes = {size}")
    allowed.sync()
    assert allowed.state(key) == "acknowledged"


class Road:
    """Notes how many large messages are on their way at once, and holds the first until a small one came by."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.large = 0
        self.most = 0
        self.overtaken = threading.Event()

    def __call__(self, request: WireRequest) -> None:
        """Be on the way."""
        if sum(file.size or 0 for file in request.files) < 1000:
            self.overtaken.set()
            return
        with self.lock:
            self.large += 1
            self.most = max(self.most, self.large)
        self.overtaken.wait(20)
        with self.lock:
            self.large -= 1


def test_one_large_message_is_on_its_way_at_a_time(make_house: Houses) -> None:
    """Small ones overtake it; those that wait keep no worker busy, and all go up in the end."""
    house = make_house(workers=2, page=10, extra="large_bytes = 1500")
    road = Road()
    house.gateway.before = road
    keys = [attached(house, b"x" * 2000, number) for number in (1, 2, 3)] + [attached(house, b"x", 4)]
    house.sync()
    assert (road.most, road.overtaken.is_set()) == (1, True)
    assert {house.state(key) for key in keys} == {"acknowledged"}


def test_a_large_message_that_was_not_taken_makes_room(make_house: Houses) -> None:
    """Whatever became of it."""
    house = make_house(workers=2, page=10, extra="large_bytes = 1500")
    keys = [attached(house, b"x" * 2000, number) for number in (1, 2, 3)]
    house.answers(NotProcessed("connect"), Unknown("read_error"))
    house.sync()
    assert sorted(house.state(key) for key in keys) == ["acknowledged", "uncertain", "waiting"]


def test_a_large_message_that_fails_within_us_leaves_the_others_due(make_house: Houses) -> None:
    """The next pass sends what waited for it."""
    house = make_house(workers=2, page=10, extra="large_bytes = 1500")
    keys = [attached(house, b"x" * 2000, number) for number in (1, 2)]
    house.answers(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        house.sync()
    house.sync()
    assert [house.state(key) for key in keys].count("acknowledged") == 1
