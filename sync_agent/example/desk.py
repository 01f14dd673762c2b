"""What everything that makes rows works with: chance, tables, people, files and the calendar of one database."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from sync_agent.example.chance import likely
from sync_agent.example.files import Files
from sync_agent.example.people import People
from sync_agent.example.plan import Plan
from sync_agent.example.stock import Special
from sync_agent.example.tables import Row, Tables, moment
from sync_agent.example.topics import Topic

__all__ = ["Desk", "Draft"]

_STEP_FILES: Final = 0.1
_NO_FILE: Final[Mapping[str, str | None]] = {"TenFileDinhKem": None, "LinkFileDinhKem": None}


@dataclass(slots=True)
class Draft:
    """A petition in the making. `names` are those of everybody in it; nothing of them may stand in its summary."""

    plan: Plan
    topic: Topic
    received: date
    row: Row
    people: list[Row] = field(default_factory=list)
    receipts: list[Row] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def id(self) -> int:
        """Return the petition's local id."""
        return int(self.row["IdDonThu"])


@dataclass(slots=True)
class Desk:
    """`today` is the day of the work. Without `clock`, nothing regular happens later than the day before.

    `clock` (naive local time of `today`) is for work that is done while somebody looks: everything happens at it.
    """

    rng: random.Random
    tables: Tables
    people: People
    files: Files
    today: date
    clock: datetime | None = None
    special: defaultdict[Special, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def last_day(self) -> date:
        """Return the last day on which regular work was done."""
        return self.today if self.clock else self.today - timedelta(days=1)

    def during(self, day: date) -> datetime:
        """Return a moment of the working day."""
        if self.clock:
            return self.clock
        return datetime.combine(day, time(7, 30)) + timedelta(seconds=self.rng.randrange(34000))

    def after(self, day: date, least: int, most: int) -> date:
        """Return a day `least` to `most` days after `day`."""
        return day + timedelta(days=self.rng.randint(least, most))

    def line(
        self,
        petition: int,
        when: datetime | None,
        text: str,
        *,
        system: bool = True,
        file: Mapping[str, str | None] = _NO_FILE,
    ) -> Row:
        """Add a journal line; `text` is HTML, `file` the two columns of `step_file`."""
        return self.tables.add(
            "don_thu_qua_trinh_xlgq",
            IdDonThu=petition,
            NgayDang=moment(when) if when else None,
            NoiDung=text,
            **file,
            HeThongTao=1 if system else 0,
            UserDang=20001,
        )

    def step_file(self, petition: int, name: str, share: float = _STEP_FILES) -> Mapping[str, str | None]:
        """Return the two file columns of a step; both NULL when it carries no file."""
        if not likely(self.rng, share):
            return _NO_FILE
        name, link = self.files.add(petition, name)
        return {"TenFileDinhKem": name, "LinkFileDinhKem": link}
