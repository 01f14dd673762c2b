"""Whatever people do to the local records, in whatever order: no name of a protected case leaves, from the moment on.

The whole agent runs, with waits; the rules of who is protected are written down here a second time.
"""

import unicodedata
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.houses import SECRET_ENV, House, Houses

CASES = (1, 2, 3)
NAMES = {
    "P1": "Hoàng Thị Kín",
    "P2": "Lường Văn Khuyết",
    "P3": "Quàng Thị Thoăn",
    "P4": "Đèo Văn Khoát",
}
TELLING = {"P1": "kin", "P2": "khuyet", "P3": "thoan", "P4": "khoat"}
SETTLE, KIND_SETTLE = 120, 900

KINDS = st.sampled_from(
    [("KN", "KN.01.02"), ("KN", "KN.01.02"), ("TC", "TC.01.02"), ("PA", "PA.01.02"), ("KN", "TC.01.02"), ("PA", None)]
)
EDITS = st.one_of(
    st.tuples(st.just("classify"), st.sampled_from(CASES), KINDS),
    st.tuples(st.just("classify"), st.sampled_from(CASES), KINDS),
    st.tuples(st.just("unclassify"), st.sampled_from(CASES), st.none()),
    st.tuples(st.just("person"), st.sampled_from(CASES), st.sampled_from(sorted(NAMES))),
    st.tuples(st.just("outcome"), st.sampled_from(CASES), st.sampled_from(["D", "TD", "?"])),
    st.tuples(st.just("process"), st.sampled_from(CASES), st.none()),
    st.tuples(st.just("text"), st.sampled_from(CASES), st.sampled_from(sorted(NAMES))),
    st.tuples(st.just("summary"), st.sampled_from(CASES), st.sampled_from([None, "Tóm tắt", *sorted(NAMES)])),
    st.tuples(st.just("torn"), st.sampled_from(CASES), st.none()),
    st.tuples(st.just("late"), st.sampled_from(CASES), KINDS),
)
STARTS = st.lists(st.tuples(st.sampled_from(["P1", "P1", "P2", "P3"]), KINDS), min_size=3, max_size=3)
STEPS = st.lists(
    st.one_of(EDITS, EDITS, st.tuples(st.just("pass"), st.sampled_from([0, 60, 121, 901]), st.none())),
    min_size=4,
    max_size=10,
)


def plain(text: str) -> str:
    """Return a text without accents and case."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(each for each in folded if not unicodedata.combining(each))


@dataclass
class Town:
    """One house, what its source says, and what must therefore stay here."""

    house: House
    people: dict[int, set[str]] = field(default_factory=dict)
    torn: dict[int, set[str]] = field(default_factory=dict)
    kinds: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    outcomes: dict[int, set[str]] = field(default_factory=dict)
    processed: set[int] = field(default_factory=set)
    texts: dict[int, set[str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def open(self, starts: list[Any]) -> None:
        """Three cases of two people or three, so that some share one."""
        for number, (person, kind) in zip(CASES, starts, strict=True):
            self.house.local.case(number, person=person, name=NAMES[person], loai=kind[0], linh_vuc=kind[1])
            self.people[number], self.kinds[number] = {person}, kind
            self.outcomes[number], self.texts[number] = set(), set()

    def edit(self, what: str, number: int, value: Any) -> None:
        """Do to a case what somebody at a desk does."""
        local = self.house.local
        if what == "classify":
            local.change(number, loai=value[0], linh_vuc=value[1])
            self.kinds[number] = value
        elif what == "late":  # committed after a pass, with a change time from before it
            sql = "UPDATE vu_viec SET loai = ?, linh_vuc = ?, sua_luc = ? WHERE id = ?"
            local.execute(sql, *value, "2026-11-02 09:55:00", number)
            self.kinds[number] = value
        elif what == "unclassify":
            local.change(number, loai=None, linh_vuc=None)
            self.kinds[number] = (None, None)
        elif what == "person" and value not in self.people[number] and number not in self.torn:
            local.person(number, person=value, name=NAMES[value])
            self.people[number].add(value)
            local.touch(number)
        elif what == "outcome":
            local.decided(number, 100 + next(self.numbers), ket_qua=value)
            self.outcomes[number].add(value)
        elif what == "process" and number not in self.processed:
            local.processed(number)
            self.processed.add(number)
        elif what == "text" and value in self.people[number]:  # who is named elsewhere only cannot be known
            local.change(number, noi_dung=f"Bà {NAMES[value]} trình bày")
            self.texts[number] = {value}
        elif what == "summary":
            local.change(number, tom_tat=NAMES.get(value, value))
        elif what == "torn" and number not in self.torn:
            local.execute("DELETE FROM nguoi WHERE vu_viec = ?", number)
            local.touch(number)
            self.torn[number] = self.people[number]

    def mend(self) -> None:
        """Let the application write the second half of what was torn."""
        for number, people in self.torn.items():
            for person in sorted(people):
                self.house.local.person(number, person=person, name=NAMES[person])
            self.house.local.touch(number)
        self.torn = {}

    def witness(self, number: int) -> bool:
        """Tell whether a case is protected by what is written in it."""
        kind, code = self.kinds[number]
        said = {kind, code and code[:2]} - {None}
        said |= {{"D": "KN", "TD": "TC"}[outcome] for outcome in self.outcomes[number] - {"?"}}
        stepped = number in self.processed or bool(self.outcomes[number])
        unclassified = stepped and (kind is None or code is None)
        return "TC" in said or len(said) > 1 or unclassified or (kind == "PA" and code is None)

    def secret(self) -> set[str]:
        """Return the people of all cases that are protected now: by themselves, or by a person they share."""
        hidden = {number for number in CASES if self.witness(number)}
        while joined := {n for n in set(CASES) - hidden if any(self.people[n] & self.people[h] for h in hidden)}:
            hidden |= joined
        return {person for number in hidden for person in self.people[number]}

    def run(self, seconds: int) -> None:
        """Let time pass, run a pass, and look at what the national side received in it."""
        self.house.clock.move(seconds=seconds)
        before, secret = len(self.house.gateway.sent), self.secret()
        self.house.sync()
        for record in self.house.gateway.sent[before:]:
            told = plain(str(record.request.body))
            assert [
                person for person in sorted(secret) if TELLING[person] in told.split() or plain(NAMES[person]) in told
            ] == []


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Houses:
    """Return what builds a house for each example."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    return Houses(tmp_path)


@settings(
    derandomize=True,
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],  # to make an example shorter takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(starts=STARTS, steps=STEPS)
def test_no_name_of_a_protected_case_is_sent_in_any_order_of_edits(
    built: Houses, starts: list[Any], steps: list[Any]
) -> None:
    """Complaint to denunciation and back, unclassified, shared, torn, late: not once."""
    name = f"house{len(list(built.folder.iterdir()))}"
    with built.stack:
        house = built(name=name, settle=SETTLE, kind_settle=KIND_SETTLE, workers=1)
        town = Town(house)
        town.open(starts)
        for what, where, value in steps:
            if what == "pass":
                town.run(where)
                town.mend()
            else:
                town.edit(what, where, value)
        for seconds in (121, 121, 901, 121):
            town.run(seconds)
            town.mend()
