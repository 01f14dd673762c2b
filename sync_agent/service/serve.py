"""The service: stands by until the ledger is free, then works off what is due in this one thread until told to end.

It works in the main thread, so that a signal ends a pass as Ctrl+C does: what is in flight is recorded first. A ledger
that fails ends the service; whoever started it starts it again, and meanwhile another may take over.
"""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import Enum, auto
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from sync_agent.audit import CheckpointReason, Event
from sync_agent.domain.canonical import keyed_digest
from sync_agent.errors import EpochLostError, LedgerError, LockedError, SyncAgentError
from sync_agent.i18n import mark, tr
from sync_agent.ledger import exclusive
from sync_agent.logs import LogEvent, keep_log_in, log, set_level
from sync_agent.service.disturbances import Disturbances
from sync_agent.service.health import Health
from sync_agent.service.keeping import KEEPING, keep, last_done
from sync_agent.service.mailing import Mailing
from sync_agent.service.manager import Manager
from sync_agent.service.requests import Requests
from sync_agent.service.schedule import Schedule, Task
from sync_agent.service.sending import SendingTimes
from sync_agent.service.state import ServiceState
from sync_agent.settings import Settings
from sync_agent.sync import Agent, EmptyPasses, claim, hand_over, require_witness, run_pass

__all__ = ["Service"]

_PULSE: Final = 5.0
"""Seconds without a task after which the clock is looked at and a sign of life is given."""

_STAND_BY: Final = 2.0
"""Seconds between two looks whether the ledger is free."""

_PATIENCE: Final = 30.0
"""Seconds of more time to start that each such look asks for."""

_IDLE = mark("waits for the next pass")

Wire = Callable[[], AbstractContextManager[Agent]]
_Ticket = tuple[Task, "Future[None]"]


class _Call(Enum):
    """What the main thread is called to, besides tasks."""

    READ_ANEW = auto()  # the configuration
    ANSWER = auto()  # what people ask


class Service:
    """One service. `wire` opens an agent by the configuration as it is then, `words` tells an error to a person."""

    def __init__(self, wire: Wire, manager: Manager, words: Callable[[SyncAgentError], str] = str) -> None:
        self._wire, self._manager, self._words = wire, manager, words
        self.state = ServiceState()
        self._asked: SimpleQueue[_Ticket | _Call] = SimpleQueue()
        self._disturbances, self._empty = Disturbances(self.state), EmptyPasses()
        self._mailing = Mailing()
        self._schedule = Schedule(self._ask, self._disturbances.hear)
        self._requests = Requests(lambda: self._agent, lambda: self._asked.put(_Call.ANSWER), manager)
        self._ending = False
        self._agent: Agent
        self._opened = ExitStack()

    def run(self) -> None:
        """Work until a signal ends it; then what is in flight is recorded.

        Raises what keeps it from starting, LedgerError when the ledger fails, EpochLostError when another took it.
        """
        try:
            with self._signals():
                self._agent, self._opened = self._open()
                with Health(lambda: self._agent, self.state), self._alone():
                    self._serve()
        except KeyboardInterrupt:
            pass
        finally:
            self._opened.close()
            self._manager.close()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have SIGINT end it, and SIGTERM, which the command line turns into that; SIGHUP has settings read anew."""
        before = [(signal.SIGINT, signal.signal(signal.SIGINT, self._end))]
        if hasattr(signal, "SIGHUP"):
            before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, lambda *_: self._asked.put(_Call.READ_ANEW))))
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        """End, once: to insist would only keep what is in flight from being recorded."""
        if not self._ending:
            self._ending = True
            self._manager.stopping()
            raise KeyboardInterrupt

    def _open(self) -> tuple[Agent, ExitStack]:
        with ExitStack() as opened:
            agent = opened.enter_context(self._wire())
            require_witness(agent.settings)
            _log_as(agent.settings)
            agent.ledger.on_commit = self._alive
            return agent, opened.pop_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the ledger; wait for it as long as another does, and then see what was changed meanwhile."""
        waited = False
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(exclusive(self._agent.settings.state, self._agent.ledger.engine))
                    break
                except LockedError:
                    if not waited:
                        log(LogEvent.SERVICE_STANDS_BY)
                        self._manager.say(tr("stands by: another instance holds the ledger"))
                    waited = self.state.standby = True
                self.state.last_progress = time.monotonic()
                self._manager.extend(_PATIENCE)
                time.sleep(_STAND_BY)
            self.state.standby = False
            if waited:
                self._asked.put(_Call.READ_ANEW)
            yield

    def _serve(self) -> None:
        claim(self._agent)
        self._agent.ledger.sign_for(CheckpointReason.START)
        self._plan()
        self._requests.start()
        self._schedule.start()
        self.state.started_at = self._agent.clock()
        self._manager.ready()
        self._manager.say(tr(_IDLE))
        log(LogEvent.SERVICE_STARTED)
        try:
            while True:
                self._turn()
        except KeyboardInterrupt:
            self._mailing.end(self._agent)
            self._empty.record(self._agent.ledger)
            self._agent.ledger.sign_for(CheckpointReason.STOP)
            log(LogEvent.SERVICE_STOPPED)
        finally:
            self._take_leave()

    def _turn(self) -> None:
        try:
            ticket = self._asked.get(timeout=_PULSE)
        except Empty:
            ticket = None
        match ticket:
            case None:
                pass
            case _Call.READ_ANEW:
                self._read_anew()
            case _Call.ANSWER:
                self._requests.answer()
            case task, done:
                self._requests.answer()  # a person goes before what the service does by itself
                self._do(task, done)
        if self._schedule.was_set_back():
            self._plan()
        self._disturbances.record(self._agent.ledger)
        self._mailing.look(self._agent, self.state)
        if ticket is not None or not self._schedule.is_behind():
            self._alive()

    def _alive(self) -> None:
        """Note that something was done."""
        self.state.last_progress = time.monotonic()
        self._manager.alive()

    def _ask(self, task: Task) -> None:
        """Have a task done, and wait for it; called in threads of the schedule. Raises what the task raised."""
        done: Future[None] = Future()
        self._asked.put((task, done))
        while not done.done():
            if self._ending:
                done.cancel()  # nobody may be there any more to do it, or a signal came just as it was taken
            else:
                wait([done], _PULSE)
        done.result()

    def _do(self, task: Task, done: "Future[None]") -> None:
        """Do a task. What it cannot do now is tried again when it is due; only a ledger that fails ends the service."""
        try:
            self._work(task)
        except LedgerError:
            raise
        except SyncAgentError as error:
            self._manager.say(self._words(error))
            done.set_exception(error)
        else:
            done.set_result(None)
            if task is not Task.CHECKPOINT:
                self._manager.say(tr(_IDLE))
        finally:
            done.cancel()  # has no effect on what was done

    def _work(self, task: Task) -> None:
        agent = self._agent
        if task is Task.CHECKPOINT:
            agent.ledger.sign_head(sent=False)
            return
        if task in KEEPING:
            keep(task, agent, self._alive)
            return
        with self._noted():
            run_pass(
                agent,
                held=True,
                full=task is Task.FULL_SCAN,
                stop=self._stop(),
                progress=_Shown(self._manager),
                empty=self._empty,
            )
        self._empty.record_due(agent.ledger)

    def _stop(self) -> Callable[[], bool]:
        """Return what ends the sending of a pass: its times are over, or a person waits for something."""
        agent = self._agent
        until = SendingTimes.of(agent.settings.service, agent.calendar).until(agent.clock())
        return lambda: self._requests.waiting or (until is not None and agent.clock() >= until)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note how a pass ended, and how long it took."""
        began, result = time.monotonic(), "failed"
        try:
            yield
            result = "done"
        except KeyboardInterrupt:
            result = "interrupted"
            raise
        except SyncAgentError as error:
            result = type(error).__name__
            raise
        finally:
            state = self.state
            state.last_pass_at, state.last_pass_result = self._agent.clock(), result
            state.last_pass_seconds = time.monotonic() - began
            state.passes[result] += 1
            state.last_success_at = state.last_pass_at if result == "done" else state.last_success_at

    def _plan(self) -> None:
        self._schedule.plan(self._agent.settings, done=last_done(self._agent.ledger))

    def _read_anew(self) -> None:
        """Go on with the configuration as it is now, or with the old one when this one is refused."""
        try:
            with ExitStack() as opened:
                agent, wired = self._open()
                opened.push(wired)
                hand_over(self._agent, agent)
                opened.pop_all()
        except EpochLostError:
            raise
        except SyncAgentError as error:
            self._refuse(error)
            return
        before, self._agent, self._opened = self._opened, agent, wired
        before.close()  # only now: other threads ask for the agent in force
        self.state.configuration_refused = False
        self._plan()
        self._manager.say(tr(_IDLE))
        log(LogEvent.CONFIGURATION_READ)

    def _refuse(self, error: SyncAgentError) -> None:
        """Say so where an operator and an auditor look: by digests, and by what kind of error."""
        agent, kind = self._agent, type(error).__name__
        _log_as(agent.settings)
        with agent.ledger.write() as tx:
            tx.record(
                Event.CONFIGURATION_REFUSED,
                old_state=agent.configuration,
                reason=kind,
                set_digest=_digest_of_settings(agent),
            )
        self.state.configuration_refused = True
        log(LogEvent.CONFIGURATION_REFUSED, "error", error=kind)
        self._manager.say(self._words(error))

    def _take_leave(self) -> None:
        """Let go of what still waits for its turn."""
        self._ending = True
        while not self._asked.empty():
            ticket = self._asked.get()
            if not isinstance(ticket, _Call):
                ticket[1].cancel()
        self._schedule.stop()
        self._requests.stop()


class _Shown:
    """Tells the service manager which stage a pass is in. Signs of life are the commits, not these."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def stage(self, name: str, _total: int | None) -> None:
        """Show the stage."""
        self._manager.say(tr(name))

    def advance(self, count: int = 1) -> None:
        """Show no count."""

    def finish(self) -> None:
        """Leave it to what comes next."""


def _log_as(settings: Settings) -> None:
    """Log where and what the settings say. Raises ConfigError for a file that cannot be written."""
    logs = settings.logs
    path = settings.path(logs.file) if logs.file else None
    keep_log_in(path, max_bytes=logs.max_bytes, keep=logs.keep)
    set_level(logs.level or "info")


def _digest_of_settings(agent: Agent) -> str | None:
    """Return the digest, by the key of the installation, of the file as it is now; None when it cannot be read."""
    try:
        content = (agent.settings.folder / "agent.toml").read_bytes()
    except OSError:
        return None
    return keyed_digest(agent.installation_key, "configuration", content)
