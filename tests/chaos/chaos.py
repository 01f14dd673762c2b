"""Delivery under everything at once: killed processes, every fault of the national side, a local system that changes.

    python -m tests.chaos.chaos [--kills N] [--minutes M] [--seed S] [--cases N] [--capabilities cautious|known|worst]
                                [--ledger sqlite|postgresql] [--folder DIR] [--json FILE]

Prints the figures as a table and as one line of JSON. Exit code 1 when anything was lost, twice or invented; then the
folder stays. The seed repeats what is done, not the moments at which processes meet it.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from sync_agent.example import mutate, torn_edit
from tests.chaos.person import Person
from tests.chaos.verdict import Verdict, unknown_ids
from tests.support.servers import POSTGRES, fresh_database
from tests.support.stations import PATIENCE, SECRET, VIETNAM, Ended, Process, Station, Template, environment_of

__all__ = ["CAPABILITIES", "Chaos", "Play", "main"]

LEDGER_URL = "SYNC_AGENT_AGENT__LEDGER_URL"


@dataclass(frozen=True, slots=True)
class Play:
    """What the national side does, and what the agent has been told of it."""

    service: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    lookup: str = "unproven"

    @property
    def lists_replaced(self) -> bool:
        """Tell whether an update leaves exactly the lists it brings."""
        return "lists_on_update=replace" in self.service


CAPABILITIES = {
    "cautious": Play(),
    "known": Play(
        (
            "processing=overwrites",
            "acceptance=overwrites",
            "settlement.update=by_number",
            "lists_on_update=replace",
            "lookup.lag=1",
        ),
        (
            '"processing" = "overwrites"',
            '"acceptance" = "overwrites"',
            '"settlement.update" = "by_number"',
            '"lists_on_update" = "replace"',
            '"empty_string" = "clears"',
            '"lookup.lag" = "1"',
        ),
        "contains",
    ),
    "worst": Play(("lookup=none", "owner=same")),
}

_FAULTS = (
    *("503", "500", "502-after", "429:retry-after=1,", "404", "413-after"),
    *("lost", "lost-before", "reset", "reset-after", "html", "html-after", "empty", "empty-before"),
    *("truncated", "garbled", "text", "single", "refuse@writes", "refuse=name@writes", "401"),
    *("other-id@CapNhatKQXuLy+CapNhatGiaiQuyet", "latency=1s..2s"),
)
"""What no client could survive is left out: another id for a creation, which nothing can tell from the right one; and a
503 after all was taken, where `not_processed_statuses` says that it means the contrary."""

_CODES = {0, 1, 2, 3, 5, 6, 130, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}
_FIT = {
    "tries": "2",
    "quick_retry_seconds": "1",
    "settle_seconds": "1",
    "settle_remote_seconds": "5",
    "backoff_max_seconds": "4",
    "breaker_first_seconds": "1",
    "breaker_max_seconds": "2",
}
"""With the waits of an impatient station a doubt rests for 13 seconds; the longest delay and pause are 2 each."""

_LONGEST_PAUSE = 2.0
_TORN = 0.6
_PEOPLE_EVERY = 12
_DAY_EVERY = 4


class Ledger:
    """The ledger as another program sees and disturbs it."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)
        self.on_server = self._engine.name == "postgresql"

    def rows(self, sql: str) -> Sequence[Any]:
        """Return the rows of a query."""
        with self._engine.connect() as connection:
            return connection.execute(text(sql)).all()

    def acknowledged(self) -> set[str]:
        """Return the ids the ledger calls acknowledged."""
        return {row[0] for row in self.rows("SELECT ack_id FROM message WHERE ack_id IS NOT NULL")}

    def states(self) -> Counter[str]:
        """Return the number of messages in each state."""
        return Counter({row[0]: row[1] for row in self.rows("SELECT state, count(*) FROM message GROUP BY state")})

    def epoch(self) -> int:
        """Return the epoch in force."""
        return int(self.rows("SELECT epoch FROM environment")[0][0])

    def hold(self, seconds: float) -> None:
        """Let nobody write for a while."""
        begin = "BEGIN; LOCK TABLE message IN EXCLUSIVE MODE" if self.on_server else "BEGIN IMMEDIATE"
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(begin)
            time.sleep(seconds)
            connection.exec_driver_sql("ROLLBACK")

    def end_sessions(self) -> None:
        """End every other session, as an administrator or a failing network does."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@dataclass
class Chaos:
    """One run. `figures` counts what was done; `violations` what must never be."""

    station: Station
    play: Play
    ledger: Ledger
    chance: random.Random
    person: Person
    figures: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    days: int = 0

    @classmethod
    def set_up(cls, folder: Path, play: Play, *, cases: int, seed: int, url: str = "") -> "Chaos":
        """Make an installation whose ledger is at `url`, by default in its folder."""
        environment = environment_of(folder / "pycache") | ({LEDGER_URL: url} if url else {})
        template = Template.made(folder / "template", cases)
        station = Station.set_up(folder / "agent", template, environment)
        station.connect(capabilities=play.service)
        station.configure(lookup=f'"{play.lookup}"', **_FIT)
        station.impatient()
        station.edit("agent.toml", "lookup = ", "\n".join((*play.agent, "lookup = ")))
        station.sign()
        ledger = Ledger(url or f"sqlite:///{station.folder / 'state' / 'ledger.db'}")
        chance = random.Random(seed)  # noqa: S311 - moments of a test
        return cls(station, play, ledger, chance, Person(station, looks_up=play.lookup == "contains"))

    def run(self, kills: int, *, minutes: float = 60, other_ids: bool = True) -> None:
        """Kill that many passes, if `minutes` last so long; then let all come to rest and look.

        `other_ids`: updates are answered with ids of nobody in between.
        """
        began, rounds = time.monotonic(), 0
        while self.figures["killed"] < kills and time.monotonic() < began + 60 * minutes:
            rounds += 1
            if rounds % _DAY_EVERY == 0:
                self._day()
            if rounds % _PEOPLE_EVERY == 0:
                self._people()
            self._weather()
            self._round()
            self._know_only_what_is_there()
        self.figures["chaos_seconds"] = round(time.monotonic() - began)
        self._come_to_rest()
        if other_ids:
            self._other_ids()
        self._judge()
        self.figures["seconds"] = round(time.monotonic() - began)

    def _weather(self) -> None:
        """Change what goes wrong."""
        self._national_up()
        chosen = self.chance.sample(_FAULTS, self.chance.randint(1, 4))
        specs = [
            f"{each}{'' if each.endswith(',') else ':'}share={self.chance.uniform(0.03, 0.2):.2f}" for each in chosen
        ]
        self.station.national.faults(f"latency=10ms..{self.chance.choice([40, 150, 400])}ms", *specs)

    def _national_up(self) -> None:
        if not self.figures["national_down"]:
            return
        self.station.national.start(capabilities=self.play.service)
        self.figures["national_down"] = 0

    def _national_off(self) -> None:
        self.station.national.stop()
        self.figures["national_down"] = 1
        self.figures["national_stopped"] += 1

    def _round(self) -> None:
        """Run one pass, disturb it, and end it in some way."""
        with self._secret_of_another() if self.chance.random() < 0.04 else nullcontext():
            process = self.station.begin("--quiet", "sync")
            helper = threading.Thread(target=self._disturb, args=(process, self._disturbance()))
            helper.start()
            self._wait_for_a_moment(process)
            self._end(process)
            helper.join()

    def _disturbance(self) -> Callable[[Process], None] | None:
        """Choose what happens beside a pass."""
        happenings: list[Callable[[Process], None]] = [
            self._torn, self._hold, self._back_up, self._off_and_on, self._look,
        ]  # fmt: skip
        happenings += [self._end_sessions] * 2 if self.ledger.on_server else []
        return self.chance.choice(happenings) if self.chance.random() < 0.5 else None

    def _disturb(self, process: Process, happening: Callable[[Process], None] | None) -> None:
        if happening is not None:
            try:
                happening(process)
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; it is a finding of the run
                self.violations.append(f"harness: {happening.__name__}: {error!r}")

    def _wait_for_a_moment(self, process: Process) -> None:
        """Wait until a random moment: while the pass begins, or after its first request."""
        if self.chance.random() < 0.15:
            time.sleep(self.chance.uniform(0, 1.5))
            return
        before, until = self.station.national.requests(), time.monotonic() + 4
        while process.poll() is None and self.station.national.requests() == before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(self.chance.uniform(0, 0.9))

    def _end(self, process: Process) -> None:
        how = self.chance.choices(["kill", "interrupt", "leave", "take over"], [80, 8, 6, 6])[0]
        if how == "take over":
            self._take_over(process)
        elif how == "kill":
            self.figures["killed"] += process.poll() is None
            process.send_signal(signal.SIGKILL)
        elif how == "interrupt":
            self.figures["interrupted"] += process.poll() is None
            process.send_signal(self.chance.choice([signal.SIGINT, signal.SIGTERM]))
        self._gone(process)

    def _gone(self, process: Process) -> Ended:
        """Wait for the end of a pass; it says at most one line, or there is a bug."""
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.violations.append("hang: a pass did not end")
        self.figures[f"pass.{process.returncode}"] += 1
        begun = "KeyboardInterrupt" not in err  # before it is, an interrupt ends the interpreter as it likes
        if ("Traceback" in err and begun) or process.returncode not in _CODES:
            self.violations.append(f"crash: exit {process.returncode}: {err[-2000:]}")
        return Ended(process.wait(), out, err)

    def _take_over(self, process: Process) -> None:
        """Pause a pass, let another take its ledger, wake it up: it must notice, and write nothing."""
        if process.poll() is not None or not self.ledger.states():
            return
        epoch = self.ledger.epoch()
        process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + _LONGEST_PAUSE
        if self.ledger.on_server:
            self.ledger.end_sessions()
        else:
            (self.station.folder / "state" / "ledger.lock").unlink(missing_ok=True)
        other = self.station.begin("--quiet", "sync")
        while self.ledger.epoch() == epoch and time.monotonic() < until and other.poll() is None:
            time.sleep(0.02)
        taken = self.ledger.epoch() > epoch
        process.send_signal(signal.SIGCONT)
        ended = self._gone(process)
        self.figures["taken_over"] += taken
        self.figures["stood_back"] += "another instance has taken the ledger over" in ended.err
        self._gone(other)

    @contextmanager
    def _secret_of_another(self) -> Iterator[None]:
        """Have the wrong password in the file for one pass."""
        file = self.station.folder / "state" / "national.secret"
        file.write_text("mat-khau-khac", encoding="ascii")
        self.figures["secret_swapped"] += 1
        try:
            yield
        finally:
            file.write_text(SECRET, encoding="ascii")

    def _torn(self, process: Process) -> None:
        """Save a petition in two halves while it is read."""
        del process
        rows = self.ledger.rows("SELECT case_key FROM case_state WHERE protected_since IS NULL ORDER BY case_key")
        several = set(self.station.stock.several_agencies)
        keys = [key for (key,) in rows if key.startswith("D") and key not in several]
        if keys:
            with torn_edit(self._local, random.choice(keys), now=self._now()):  # noqa: S311 - a test
                time.sleep(_TORN)
            self.figures["torn_edits"] += 1

    def _hold(self, process: Process) -> None:
        del process
        self.ledger.hold(1.5)
        self.figures["ledger_locked"] += 1

    def _back_up(self, process: Process) -> None:
        """Copy the ledger while the pass runs."""
        del process
        file = self.station.folder / "copy.db"
        file.unlink(missing_ok=True)
        done = self.station.agent("--quiet", "db", "backup", str(file))
        self.figures["backups"] += done.code == 0
        self.figures["backups_refused"] += done.code != 0
        if "Traceback" in done.err:
            self.violations.append(f"crash: backup: {done.err[-2000:]}")

    def _off_and_on(self, process: Process) -> None:
        del process
        time.sleep(1.2)
        self._national_off()
        time.sleep(0.3)
        self._national_up()

    def _look(self, process: Process) -> None:
        """Look while the pass runs."""
        del process
        done = self.station.agent("--json", "status")
        if "Traceback" in done.err:
            self.violations.append(f"crash: status: {done.err[-2000:]}")

    def _end_sessions(self, process: Process) -> None:
        """End the sessions of the ledger, again and again."""
        del process
        for _ in range(2):
            time.sleep(0.7)
            self.ledger.end_sessions()
            self.figures["sessions_ended"] += 1

    def _day(self, **work: int) -> None:
        """Let the people of the local system work for a day."""
        self.days += 1
        self.figures["days"] += 1
        mutate(self._local, self.station.folder / "files", seed=self.days, now=self._now(), **work)

    @property
    def _local(self) -> Path:
        return self.station.folder / "local.db"

    def _now(self) -> datetime:
        return datetime.now(VIETNAM)

    def _people(self) -> None:
        """Let a person settle what only a person can, after everything sent has arrived or never will."""
        if not self.ledger.states()["uncertain"]:
            return
        self._national_off()
        self.person.settle_doubts()
        self._national_up()

    def _know_only_what_is_there(self) -> None:
        with suppress(sqlite3.OperationalError):
            unknown = unknown_ids(self.station, self.ledger.acknowledged())
            self.violations += [f"invented: {each}" for each in unknown]

    def _come_to_rest(self, most: int = 60) -> None:
        """Run passes without faults until two in a row had nothing to do."""
        self._national_up()
        self.station.national.faults()
        quiet = 0
        for _ in range(most):
            states = self.ledger.states()
            if states["uncertain"]:
                self._people()
            if states["rejected"]:
                self.person.try_refused_again()
            done = self.station.sync()
            self.figures["quiet_passes"] += 1
            left = {"waiting", "uncertain", "rejected", "in_flight"} & set(done["messages"])
            sent = [name for name in done["pass"] if name.startswith("delivered.")]
            quiet = 0 if left or sent or done["pass"].get("settling") else quiet + 1
            if quiet == 2:
                return
            time.sleep(1.1)
        self.violations.append(f"restless: after {most} passes without faults there is still something to do")

    def _other_ids(self) -> None:
        """Have updates answered with ids of nobody, when nothing new is left to be created."""
        self._day(edits=6, steps=0, corrections=4, new=0)
        self.station.sync()  # the first look; what it saw must settle
        time.sleep(1.1)
        self.station.national.faults("other-id@CapNhatVuViec+CapNhatThiHanh")
        self.figures["other_ids"] = self.station.sync()["messages"].get("uncertain", 0)
        self._know_only_what_is_there()
        self._come_to_rest()

    def _judge(self) -> None:
        verdict = Verdict(self.station, self.play.lists_replaced)
        verdict.reach()
        self.figures.update(verdict.figures)
        self.figures.update({f"held.{rule}": number for rule, number in verdict.held.items()})
        self.figures["settled_by_person"] = self.person.settled
        self.figures["refused_tried_again"] = self.person.retried
        self.figures["requests"] = self.station.national.requests()
        self.figures.update({f"fault.{each}": n for each, n in _by_kind(self.station).items()})
        self.violations += verdict.violations
        self.violations += [f"person: {said.err}" for said in self.person.said if said.code]


def _by_kind(station: Station) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for spec, number in station.national.state.fault_counts().items():
        kinds[spec.partition(":")[0].partition("@")[0]] += number
    return kinds


def main(words: Sequence[str] | None = None) -> int:
    """Run one chaos and print what came of it."""
    arguments = _arguments(words)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    with fresh_database(POSTGRES) if arguments.ledger == "postgresql" else nullcontext("") as url:
        if url:
            os.environ[LEDGER_URL] = url
        play = CAPABILITIES[arguments.capabilities]
        chaos = Chaos.set_up(folder, play, cases=arguments.cases, seed=arguments.seed, url=url)
        try:
            chaos.run(arguments.kills, minutes=arguments.minutes)
        finally:
            chaos.station.close()
    _print(arguments, chaos)
    if chaos.violations:
        sys.stderr.write(f"seed {arguments.seed}; everything is kept in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _print(arguments: argparse.Namespace, chaos: Chaos) -> None:
    figures = {name: number for name, number in sorted(chaos.figures.items()) if number}
    width = max(map(len, figures))
    for name, number in figures.items():
        sys.stdout.write(f"{name:{width}}  {number}\n")
    for violation in chaos.violations:
        sys.stdout.write(f"VIOLATION {violation}\n")
    asked = {name: getattr(arguments, name) for name in ("seed", "kills", "cases", "capabilities", "ledger")}
    line = json.dumps({**asked, "figures": figures, "violations": chaos.violations}, ensure_ascii=False)
    sys.stdout.write(f"{line}\n")
    if arguments.json:
        arguments.json.write_text(f"{line}\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--minutes", type=float, default=60, help="stop killing after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--capabilities", choices=sorted(CAPABILITIES), default="known")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="an empty folder to work in")
    parser.add_argument("--json", type=Path, help="a file for the line of JSON")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
