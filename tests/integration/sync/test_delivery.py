"""What each answer of the national side makes of a message, and of the pass."""

from dataclasses import replace

import pytest

from sync_agent.errors import ConfigError, EpochLostError, NationalUnreachableError, SourceError
from sync_agent.ledger import Ledger
from sync_agent.national import Accepted, NotProcessed, Refused, Unknown
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

REFUSED = Refused("missing_field", "▢ ▢", 200, "Thiếu họ tên Lò Văn Mẫu", b"Thi\xe1\xba\xbfu")
BUSY = NotProcessed("status", 503)


def seconds_to_wait(house: House, key: str) -> float:
    """Return how long a message still waits."""
    next_try_at = house.message(key).next_try_at
    assert next_try_at is not None
    return (next_try_at - house.clock.now).total_seconds()


def result_of_the_last_run(house: House) -> str:
    """Return the result code of the newest run."""
    ((result,),) = house.select("SELECT result FROM run ORDER BY id DESC LIMIT 1")
    return str(result)


@ON_BOTH
def test_what_was_not_processed_waits(house: House) -> None:
    """Surely not processed: tried again, not before its time."""
    key = house.local.case(1)
    house.local.case(2)
    house.answers(BUSY)
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("waiting", "status")
    house.sync()
    assert len(house.gateway.sent) == 2
    house.clock.move(seconds=61)
    house.sync()
    assert house.state(key) == "acknowledged"


def test_each_failure_waits_longer_up_to_a_limit(make_house: Houses) -> None:
    """Doubled from a minute; never more than six hours."""
    house = make_house()
    key = house.local.case(1)
    waits = []
    for _ in range(14):
        house.unreachable_once()
        waits.append(seconds_to_wait(house, key))
        house.clock.move(hours=7)
    assert 29 <= waits[0] <= 60
    assert all(wait <= 21_600 for wait in waits)
    assert waits[-1] >= 10_799


def test_it_is_never_given_up(house: House) -> None:
    """A month of failures later it is still tried."""
    key = house.local.case(1)
    for _ in range(40):
        house.unreachable_once()
        house.clock.move(hours=18)
    house.sync()
    assert (house.state(key), house.message(key).attempts) == ("acknowledged", 0)


def test_what_the_service_asks_to_wait_is_waited(house: House) -> None:
    """Retry-After counts where it is longer than our own wait."""
    key = house.local.case(1)
    house.local.case(2)
    house.answers(NotProcessed("status", 429, retry_after=3600))
    house.sync()
    assert 3590 <= seconds_to_wait(house, key) <= 3600


@pytest.mark.parametrize("limit", ["", "\nburst = 3"], ids=["one at a time", "three at once"])
def test_a_limit_of_messages_a_second_leaves_none_behind(make_house: Houses, limit: str) -> None:
    """What must wait for its turn goes up in the same pass, in its order; whoever waits is not in doubt meanwhile."""
    house = make_house(extra=f"rate_per_second = 100{limit}", workers=2, page=50)
    for number in range(1, 7):
        house.local.full(number)
    seen: list[int] = []

    def before(_: object) -> None:
        ((count,),) = house.select("SELECT count(*) FROM message WHERE state = 'in_flight'")
        seen.append(int(count))

    house.gateway.before = before
    house.sync()
    assert (set(house.states().values()), len(house.gateway.sent)) == ({"acknowledged"}, 36)
    assert set(seen) <= {1, 2}


def test_new_content_does_not_wait_for_the_old(house: House) -> None:
    """The wait was for what is no longer wanted."""
    key = house.local.case(1)
    house.unreachable_once()
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert (house.state(key), house.gateway.cases()[-1]) == ("acknowledged", "Nội dung mới")


@ON_BOTH
def test_a_refused_message_is_rejected_and_quiet(house: House) -> None:
    """The same again would be refused again, where that is known."""
    key = house.local.case(1)
    house.answers(replace(REFUSED, final=True))
    house.sync()
    for _ in range(3):
        house.local.touch(1)
        house.clock.move(days=1)
        house.sync()
    assert (house.state(key), house.message(key).reason) == ("rejected", "missing_field")
    assert len(house.gateway.sent) == 1


def test_the_text_of_a_refusal_is_kept_nowhere(house: House) -> None:
    """It may quote a name; a code and a keyed digest remain."""
    house.local.case(1)
    house.answers(REFUSED)
    house.sync()
    (entry,) = [entry for entry in house.entries() if entry.event == "refused"]
    assert (entry.reason, len(entry.response or "")) == ("missing_field", 64)
    content = b"".join(path.read_bytes() for path in (house.folder / "state").iterdir())
    assert "Thiếu".encode() not in content


def test_a_rejected_message_goes_up_when_its_content_changes(house: House) -> None:
    """The source was mended."""
    key = house.local.case(1)
    house.answers(REFUSED)
    house.sync()
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert house.state(key) == "acknowledged"


def test_a_rejected_message_goes_up_when_a_version_changes(house: House) -> None:
    """Mapping or contract were mended; the content may be the same."""
    key = house.local.case(1)
    house.answers(REFUSED)
    house.sync()
    house.edited("profile.yaml", "key:\n", "# mended\nabsent: {}\nkey:\n").sync()
    assert house.state(key) == "rejected"
    house.edited("profile.yaml", "pattern: 'V[0-9]{1,9}'", "pattern: 'V[0-9]{1,8}'").sync()
    assert house.state(key) == "acknowledged"


def test_a_refused_case_does_not_stop_the_others(house: House) -> None:
    """Failures are per case."""
    for number in range(1, 6):
        house.local.full(number)
    house.answers(REFUSED)
    house.sync()
    assert sorted(set(house.states().values())) == ["acknowledged", "pending", "rejected"]
    assert len(house.gateway.sent) == 1 + 4 * 6


def test_a_poisonous_case_does_not_stop_the_scan(house: House) -> None:
    """Bytes that are no text, a key that is no key: its own finding, and the others go up."""
    house.local.case(1)
    house.local.execute("UPDATE nguoi SET ma_nguoi = CAST(X'c3ff' AS TEXT), ho_ten = CAST(X'c3ff' AS TEXT)")
    key = house.local.case(2)
    house.sync()
    assert house.state(key) == "acknowledged"


def test_when_nothing_gets_through_the_pass_says_so(house: House) -> None:
    """With what was under way recorded, and the run as well."""
    key = house.local.case(1)
    house.unreachable_once()
    assert (house.state(key), result_of_the_last_run(house)) == ("waiting", "NationalUnreachableError")


def test_after_so_many_failures_in_a_row_the_pass_ends(make_house: Houses) -> None:
    """It does not knock a thousand times at a closed door."""
    house = make_house(extra="unreachable_after = 3", workers=1, page=50)
    for number in range(1, 21):
        house.local.case(number)
    house.answers(*[BUSY] * 20)
    with pytest.raises(NationalUnreachableError):
        house.sync()
    assert len(house.gateway.sent) <= 4
    assert "in_flight" not in house.states().values()


def test_failures_between_successes_do_not_end_the_pass(make_house: Houses) -> None:
    """Only what fails in a row tells that nothing gets through."""
    house = make_house(extra="unreachable_after = 2", workers=1, page=50)
    for number in range(1, 7):
        house.local.case(number)
    house.answers(BUSY, Accepted("a1", 200), BUSY, Accepted("a2", 200), BUSY)
    house.sync()
    assert sorted(house.states().values()) == ["acknowledged"] * 3 + ["waiting"] * 3


def test_refused_credentials_are_a_fault_of_the_configuration(house: House) -> None:
    """The error names the account, never the secret."""
    key = house.local.case(1)
    house.answers(NotProcessed("unauthorized", 401))
    with pytest.raises(ConfigError) as caught:
        house.sync()
    assert dict(caught.value.facts) == {"account": "tinh"}
    assert house.state(key) == "waiting"


def test_a_file_that_changed_under_way_is_not_the_fault_of_the_service(house: House) -> None:
    """Nothing was sent; the case is read again."""
    file = house.folder / "files" / "don.pdf"
    file.write_bytes(b"one")
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    monkeyed = house.agent.contract.request

    def request(*arguments: object) -> object:
        file.write_bytes(b"two")
        return monkeyed(*arguments)  # type: ignore[arg-type]  # as the pass gave them

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.agent.contract, "request", request)
        house.sync()
    assert (house.state(key), house.message(key).reason, house.gateway.sent) == ("waiting", "file_changed", [])
    house.clock.move(minutes=2)
    for _ in range(2):
        house.sync()
    assert [file["FileDinhKem"] for file in house.gateway.last["Attachment"]] == ["dHdv"]


def test_a_file_that_vanished_under_way_leaves_no_doubt(house: House) -> None:
    """No byte has left, so that nothing is uncertain; the next look holds it."""
    file = house.folder / "files" / "don.pdf"
    file.write_bytes(b"one")
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    monkeyed = house.agent.contract.request

    def request(*arguments: object) -> object:
        file.unlink()
        return monkeyed(*arguments)  # type: ignore[arg-type]  # as the pass gave them

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.agent.contract, "request", request)
        house.sync()
    assert house.state(key) == "waiting"
    house.clock.move(minutes=2)
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "file_missing")


@ON_BOTH
def test_a_change_while_the_answer_was_on_its_way_goes_up_again(house: House) -> None:
    """Acknowledged is what was sent, not what the source says by then."""
    key = house.local.case(1)
    house.gateway.before = lambda _: house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    house.gateway.before = None
    assert house.state(key) == "acknowledged"
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung mới"]


def test_an_update_changed_in_flight_goes_up_again(house: House) -> None:
    """Neither is the second version lost, nor the third."""
    house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="B")
    house.gateway.before = lambda _: house.local.change(1, noi_dung="C")
    house.sync()
    house.gateway.before = None
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "B", "C"]


def test_updates_go_by_the_account_that_minted_the_id(house: House) -> None:
    """Another account of the same agency might not be allowed to touch it."""
    key = house.local.case(1)
    house.sync()
    with house.agent.ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE message SET ack_account = 'other'")
    house.local.change(1, noi_dung="Mới")
    house.local.processed(1)
    house.sync()
    assert [record.account for record in house.gateway.sent] == ["tinh", "other", "other"]
    assert house.message(key).ack_account == "other"


def test_a_worker_that_fails_leaves_its_message_in_flight(house: House) -> None:
    """Nobody knows how far it got: the next pass makes it uncertain."""
    key = house.local.case(1)
    house.answers(RuntimeError("a fault of ours"))
    with pytest.raises(RuntimeError):
        house.sync()
    assert (house.state(key), result_of_the_last_run(house)) == ("in_flight", "failed")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("uncertain", "interrupted")


def test_what_came_back_together_with_a_failure_is_recorded(make_house: Houses) -> None:
    """One worker's fault costs no other its answer."""
    house = make_house(workers=4, page=50)
    for number in range(1, 6):
        house.local.case(number)
    first = Accepted("a0", 200)  # goes alone
    house.answers(first, RuntimeError("a"), Unknown("read_timeout"), RuntimeError("b"), Accepted("a1", 200))
    with pytest.raises(RuntimeError):
        house.sync()
    assert sorted(house.states().values()) == ["acknowledged"] * 2 + ["in_flight"] * 2 + ["uncertain"]


@ON_BOTH
def test_whoever_lost_the_ledger_writes_nothing_more(house: House) -> None:
    """Another process took it over while an answer was awaited: the answer is for that one to settle."""
    key = house.local.case(1)
    other = Ledger(house.agent.ledger.engine, source_id="nho", clock=house.clock)
    house.gateway.before = lambda _: other.take_over()
    with pytest.raises(EpochLostError):
        house.sync()
    house.gateway.before = None
    assert house.state(key) == "in_flight"
    house.reopened().sync()
    assert (house.state(key), len(house.gateway.sent)) == ("uncertain", 1)


@ON_BOTH
def test_the_run_says_what_it_did(house: House) -> None:
    """Counts by code, for status and for the log."""
    house.local.case(1)
    house.local.case(2)
    house.answers(REFUSED)
    report = house.sync()
    counts = {"changed": 2, "read": 2, "settling": 0, "delivered.acknowledged": 1, "delivered.rejected": 1}
    assert report.counts == counts
    ended = house.entries()[-1]
    assert (ended.event, ended.new_state, ended.counts) == ("run_ended", "done", counts)


@ON_BOTH
def test_an_intent_is_committed_before_the_message_leaves(house: House) -> None:
    """From then on a lost answer is known to be possible."""
    key = house.local.case(1)
    seen: list[str] = []
    house.gateway.before = lambda _: seen.append(house.state(key))
    house.sync()
    assert seen == ["in_flight"]


@ON_BOTH
def test_no_more_is_in_flight_than_workers_can_send(make_house: Houses) -> None:
    """After a crash only those are in doubt."""
    house = make_house(workers=2, page=50)
    for number in range(1, 10):
        house.local.case(number)
    counts: list[int] = []
    house.gateway.before = lambda _: counts.append(list(house.states().values()).count("in_flight"))
    house.sync()
    assert max(counts) <= 2


def test_time_between_passes_is_the_back_off_of_the_message_alone(house: House) -> None:
    """Another step of the same case does not wait with it."""
    key = house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.local.decided(1, 11)
    house.answers(BUSY)
    with pytest.raises(NationalUnreachableError):
        house.sync()
    house.sync()
    assert (house.state(key), house.state(key, "settlement", "11")) == ("waiting", "acknowledged")
    assert seconds_to_wait(house, key) > 0


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("vu_viec", "sua_luc", "0001-01-01 00:00:00"),
        ("vu_viec", "sua_luc", "9999-12-31 23:59:59"),
        ("vu_viec", "sua_luc", "gần đây"),
        ("vu_viec", "ngay_nhan", "0001-01-01"),
        ("vu_viec", "ngay_nhan", "31/02/2026"),
        ("vu_viec", "noi_dung", "a\x00b"),
        ("vu_viec", "noi_dung", "x" * 3_000_000),
        ("vu_viec", "linh_vuc", "."),
        ("vu_viec", "co_quan", 7),
        ("thu_ly", "ngay", "9999-12-31"),
        ("thu_ly", "ngay", "0001-01-01"),
        ("xu_ly", "ngay", "9999-12-31"),
        ("quyet_dinh", "so", b"\xff\xfe"),
        ("thi_hanh", "thu_tien", 10**18),
        ("thi_hanh", "thu_tien", "1e999"),
        ("thi_hanh", "thu_tien", -1),
        ("thi_hanh", "quyet_dinh", 12),
        ("nguoi", "ma_nguoi", b"\xff"),
        ("nguoi", "ho_ten", 3.5),
        ("tep", "duong_dan", "../../etc/passwd"),
        ("tep", "duong_dan", "a\x00b"),
    ],
)
def test_whatever_stands_in_one_case_the_others_go_up(house: House, table: str, column: str, value: object) -> None:
    """Nobody's typing error, and no default value of a program, stops an office."""
    house.local.full(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="x")
    house.local.execute(f"UPDATE {table} SET {column} = ?", value)  # noqa: S608 - names of a test
    key = house.local.case(2)
    house.sync()
    house.sync()
    assert house.state(key) == "acknowledged"


def test_a_source_that_fails_in_the_middle_ends_the_pass_and_loses_nothing(house: House) -> None:
    """What was read is kept; the next pass goes on."""
    for number in range(1, 9):
        house.local.case(number)

    def fail(number: int) -> None:
        if number == 5:
            raise SourceError("the source is locked by another program")

    house.source.before_read = fail
    with pytest.raises(SourceError):
        house.sync()
    assert result_of_the_last_run(house) == "SourceError"
    house.sync()
    assert set(house.states().values()) == {"acknowledged"}
