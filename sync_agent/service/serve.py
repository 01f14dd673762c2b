"""The service: stands by until the ledger is free, then works off what is due in this one thread until told to end.

It works in the main thread, so that a signal ends a pass as Ctrl+C does: what is in flight is recorded first. A ledger
that fails ends the service; whoever started it starts it again, and meanwhile another may take over.
"""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from sync_agent.audit import CheckpointReason, Event
from sync_agent.domain.canonical import keyed_digest
from sync_agent.errors import EpochLostError, LedgerError, LockedError, SyncAgentError
from sync_agent.i18n import mark, tr
from sync_agent.ledger import exclusive, source_state
from sync_agent.logs import LogEvent, log, set_level
from sync_agent.service.manager import Manager
from sync_agent.service.schedule import Schedule, Task
from sync_agent.service.sending import SendingTimes
from sync_agent.sync import Agent, claim, hand_over, require_witness, run_pass

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


class Service:
    """One service. `wire` opens an agent by the configuration as it is then, `words` tells an error to a person."""

    def __init__(self, wire: Wire, manager: Manager, words: Callable[[SyncAgentError], str] = str) -> None:
        self._wire, self._manager, self._words = wire, manager, words
        self._asked: SimpleQueue[_Ticket | None] = SimpleQueue()  # None: read the configuration again
        self._schedule = Schedule(self._ask)
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
                with self._alone():
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
            before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, lambda *_: self._asked.put(None))))
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
            set_level(agent.settings.logs.level or "info")
            agent.ledger.on_commit = self._manager.alive
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
                    waited = True
                self._manager.extend(_PATIENCE)
                time.sleep(_STAND_BY)
            if waited:
                self._asked.put(None)
            yield

    def _serve(self) -> None:
        claim(self._agent)
        self._agent.ledger.sign_for(CheckpointReason.START)
        self._plan()
        self._schedule.start()
        self._manager.ready()
        self._manager.say(tr(_IDLE))
        log(LogEvent.SERVICE_STARTED)
        try:
            while True:
                self._turn()
        except KeyboardInterrupt:
            self._agent.ledger.sign_for(CheckpointReason.STOP)
            log(LogEvent.SERVICE_STOPPED)
        finally:
            self._take_leave()

    def _turn(self) -> None:
        try:
            ticket = self._asked.get(timeout=_PULSE)
        except Empty:
            ticket = None
        else:
            if ticket is None:
                self._read_anew()
            else:
                self._do(*ticket)
        if self._schedule.was_set_back():
            self._plan()
        if ticket is not None or not self._schedule.is_behind():
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
        until = SendingTimes.of(agent.settings.service, agent.calendar).until(agent.clock())
        run_pass(agent, held=True, full=task is Task.FULL_SCAN, until=until, progress=_Shown(self._manager))

    def _plan(self) -> None:
        with self._agent.ledger.read() as connection:
            scanned = source_state(connection, self._agent.ledger.source_id).full_scan_at
        self._schedule.plan(self._agent.settings, scanned=scanned)

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
        self._opened.close()
        self._agent, self._opened = agent, wired
        self._plan()
        self._manager.say(tr(_IDLE))
        log(LogEvent.CONFIGURATION_READ)

    def _refuse(self, error: SyncAgentError) -> None:
        """Say so where an operator and an auditor look: by digests, and by what kind of error."""
        agent, kind = self._agent, type(error).__name__
        set_level(agent.settings.logs.level or "info")
        with agent.ledger.write() as tx:
            tx.record(
                Event.CONFIGURATION_REFUSED,
                old_state=agent.configuration,
                reason=kind,
                set_digest=_digest_of_settings(agent),
            )
        log(LogEvent.CONFIGURATION_REFUSED, "error", error=kind)
        self._manager.say(self._words(error))

    def _take_leave(self) -> None:
        """Let go of what still waits for its turn."""
        self._ending = True
        while not self._asked.empty():
            ticket = self._asked.get()
            if ticket is not None:
                ticket[1].cancel()
        self._schedule.stop()


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


def _digest_of_settings(agent: Agent) -> str | None:
    """Return the digest, by the key of the installation, of the file as it is now; None when it cannot be read."""
    try:
        content = (agent.settings.folder / "agent.toml").read_bytes()
    except OSError:
        return None
    return keyed_digest(agent.installation_key, "configuration", content)
