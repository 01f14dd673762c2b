"""The audit log and the ledger tell the same story, and the log tells it without a name."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from sync_agent.audit import Entry, head, recompute_root
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import KnownCase, MessageRow, known_by_key
from sync_agent.national import Accepted, NotProcessed, Outcome, Refused, Unknown
from sync_agent.sync import outcome, resolve
from tests.support.houses import SECRET_ENV, House, Houses

Place = tuple[str | None, str | None, str | None]
"""Subject, step and item of an entry: one message."""

OUTCOMES: list[Outcome] = [
    NotProcessed("status", 503, retry_after=30),
    Refused("missing_field", "▢", 200, "Thiếu họ tên", b"x"),
    Unknown("read_timeout"),
    Accepted("the-same-id", 200),
]


def a_busy_month(house: House, seed: int) -> None:
    """Let anything happen: changes, deletions, every outcome, people who settle and release."""
    chance = random.Random(seed)  # noqa: S311 - the same month for the same seed
    for number in range(1, 6):
        house.local.full(number)
    house.local.denunciation(6)
    house.local.denunciation(7, tom_tat=None, person="N1")
    for _ in range(25):
        house.answers(*chance.choices(OUTCOMES, k=chance.randint(0, 4)))
        for _ in range(2):
            _change_something(house, chance)
        house.clock.move(minutes=chance.choice([1, 30, 600]))
        try:
            house.sync()
        except SyncAgentError:
            house.gateway.script.clear()
        _settle_something(house, chance)


def _change_something(house: House, chance: random.Random) -> None:
    number = chance.randint(1, 6)
    decision = number * 10 + 1
    change = chance.choice(
        [
            ("UPDATE vu_viec SET noi_dung = 'x' || random(), tom_tat = 'y' || random() WHERE id = ?", number),
            ("UPDATE vu_viec SET san_sang = 1 - san_sang WHERE id = ?", number),
            ("UPDATE quyet_dinh SET ket_qua = CASE ket_qua WHEN 'D' THEN 'S' ELSE 'D' END WHERE id = ?", decision),
            ("DELETE FROM xu_ly WHERE vu_viec = ?", number),
            ("UPDATE nguoi SET so_dinh_danh = NULL WHERE vu_viec = ?", number),
            ("UPDATE vu_viec SET loai = 'TC' WHERE id = ?", max(number, 5)),
        ]
    )
    house.local.execute(*change)
    house.local.touch(number)


def _settle_something(house: House, chance: random.Random) -> None:
    for (key, step, local_key), state in house.states().items():
        if state == "uncertain" and chance.random() < 0.3:
            resolve(house.agent, key, Step(step), local_key=local_key, arrived=None, actor="os:lan")
    for (key, _, _), state in house.states().items():
        if state == "held" and "update_empties_field" in house.rules(key):
            try:
                house.release(key, "update_empties_field", reason="meant", note="Đã hỏi")
            except SyncAgentError as refused:  # changed meanwhile, or released a moment ago
                assert "changed since" in refused.what or "not held" in refused.what  # noqa: PT017 - part of the month


def last_entries(house: House) -> dict[Place, Entry]:
    """Return the newest entry with a state of each message."""
    return {(e.subject, e.step, e.item): e for e in house.entries() if e.step is not None and e.new_state is not None}


def messages(house: House) -> dict[Place, tuple[KnownCase, MessageRow]]:
    """Return every message of the ledger by the place it has in the log."""
    with house.agent.ledger.read() as connection:
        known = known_by_key(connection, "nho", [f"V{number}" for number in range(1, 8)])
    return {
        (case.secret.subject("nho", key), row.step, case.item(row.local_key)): (case, row)
        for key, case in known.items()
        for row in case.messages.values()
    }


@pytest.fixture(scope="module", params=[1, 3, 4])
def month(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[House]:
    """Yield a house in which much has happened; the tests only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_ENV, "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("month"))
        with houses.stack:
            patch.setattr(outcome, "_JITTER", random.Random(1))  # noqa: S311 - the same month for the same seed
            house = houses(workers=1, capabilities='"lookup" = "contains"\n"processing" = "overwrites"')
            a_busy_month(house, request.param)
            yield house


def test_the_month_was_busy(month: House) -> None:
    """Everything that can happen to a message did."""
    happened = {"intent", "accepted", "refused", "not_processed", "uncertain", "resolved", "held", "not_ready"}
    assert happened - set(month.events()) == set()


def test_every_state_is_that_of_the_last_entry(month: House) -> None:
    """Nothing changed its state without an entry that says so."""
    last = last_entries(month)
    assert {place: row.state for place, (_, row) in messages(month).items()} == {
        place: entry.new_state for place, entry in last.items()
    }


def test_every_wanted_content_is_that_of_the_last_entry(month: House) -> None:
    """The digest to send, and the reason why it is not sent."""
    last = last_entries(month)
    for place, (_, row) in messages(month).items():
        entry = last[place]
        assert (entry.wanted, entry.reason) == (row.wanted_digest, row.reason) or entry.event == "resolved"


def test_every_acknowledgement_has_its_entry(month: House) -> None:
    """Digest, Id, account and versions of what was acknowledged can be replayed."""
    acknowledged: dict[Place, Entry] = {}
    intents: dict[Place, Entry] = {}
    for entry in month.entries():
        place = (entry.subject, entry.step, entry.item)
        if entry.event == "intent":
            intents[place] = entry
        if entry.event in {"accepted", "resolved"} and entry.new_state == "acknowledged":
            acknowledged[place] = intents[place]
            assert entry.wanted == intents[place].wanted
    for place, (_, row) in messages(month).items():
        intent = acknowledged.get(place)
        assert row.ack_digest == (intent.wanted if intent else None)
        if intent is not None:
            assert intent.versions is not None
            assert (row.ack_mapping, row.ack_policy) == (
                str(intent.versions.mapping)[:16],
                str(intent.versions.policy)[:16],
            )


def test_every_id_has_its_commitment(month: House) -> None:
    """The log says which Id without saying it."""
    said = {entry.national_id for entry in month.entries()}
    for case, row in messages(month).values():
        assert row.ack_id is None or case.secret.national_id(row.ack_id) in said


def test_old_and_new_states_follow_each_other(month: House) -> None:
    """No entry begins at a state that the one before did not end with."""
    states: dict[Place, str | None] = {}
    broken: list[Any] = []
    for entry in month.entries():
        place = (entry.subject, entry.step, entry.item)
        if entry.step is None or entry.new_state is None:
            continue
        if states.get(place, entry.old_state) != entry.old_state:
            broken.append((entry.event, states[place], entry.old_state, entry.new_state))
        states[place] = entry.new_state
    assert broken == []


def test_every_protected_case_has_its_entry(month: House) -> None:
    """Since when and why."""
    rows = month.select("SELECT case_key, protection FROM case_state WHERE protected_since IS NOT NULL ORDER BY 1")
    said = [entry.reason for entry in month.entries() if entry.event == "protected"]
    assert sorted(said, key=str) == sorted((row.protection for row in rows), key=str)


def test_the_standing_findings_are_those_of_the_log(month: House) -> None:
    """What appeared and did not disappear."""
    standing: dict[tuple[Any, ...], int] = {}
    for entry in month.entries():
        place = (entry.subject, entry.rule, entry.field, entry.step, entry.item)
        if entry.event == "finding_appeared":
            standing[place] = standing.get(place, 0) + 1
        if entry.event == "finding_disappeared":
            standing[place] -= 1
    ((count,),) = month.select("SELECT count(*) FROM finding")
    assert sum(standing.values()) == count


def test_the_log_is_whole(month: House) -> None:
    """Its root, made anew from every entry, is the one that is kept."""
    with month.agent.ledger.read() as connection:
        assert recompute_root(connection) == head(connection)


def test_no_entry_says_who(month: House) -> None:
    """No case key, no local key, no name, no text, no Id of the national side."""
    log = "\n".join(row.entry.decode("ascii") for row in month.select("SELECT entry FROM audit_leaf"))
    ids = [row.ack_id for _, row in messages(month).values() if row.ack_id]
    words = ["Mẫu", "Lò", "Nội dung", "Tóm tắt", "Đã hỏi", "Thiếu", "/QĐ", *(f'"V{n}"' for n in range(1, 8)), *ids]
    assert [word for word in words if word in log] == []


def test_reading_is_one_entry_for_a_pass(house: House) -> None:
    """With counts, the range that was read and a digest of the keys."""
    for number in range(1, 8):
        house.local.case(number)
    house.sync()
    (ended,) = [entry for entry in house.entries() if entry.event == "run_ended"]
    assert ended.range is not None
    assert (ended.range.since, ended.counts and ended.counts["read"], len(ended.set_digest or "")) == (None, 7, 64)


def test_a_pass_without_work_leaves_no_entry_but_its_own(house: House) -> None:
    """Taking over, beginning and ending."""
    house.local.full(1)
    house.sync()
    before = len(house.events())
    house.sync()
    assert house.events()[before:] == ["epoch_taken", "run_started", "run_ended"]
