"""Decides how the simulator lives: when it listens, when it is ready, how it stops and what it leaves behind."""

import signal
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from sync_agent.errors import ConfigError
from sync_agent.simulator.capabilities import parse_capabilities
from sync_agent.simulator.credentials import Credentials
from sync_agent.simulator.exchange import Shared
from sync_agent.simulator.faults import FaultPlan
from sync_agent.simulator.front import Front
from sync_agent.simulator.listener import Listener
from sync_agent.simulator.options import SimulatorOptions
from sync_agent.simulator.service import NationalService
from sync_agent.simulator.state import SimulatorState
from sync_agent.simulator.store import Store

__all__ = ["SimulatorServer", "announce", "serve"]

_FINISH_SECONDS = 5.0
_POLL_SECONDS = 0.02
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class SimulatorServer:
    """A national service on its own threads.

    Raises ConfigError for options that cannot be: in the constructor for faults and capabilities, in `start` for the
    database and the address.
    """

    def __init__(self, options: SimulatorOptions) -> None:
        if options.lgsp and (options.accounts or options.tokens):
            raise ConfigError("who comes through an LGSP comes by its tokens alone", where="--lgsp")
        self.options = options
        self._capabilities = parse_capabilities(options.capabilities)
        self._plan = FaultPlan.parse(options.faults, options.seed)
        self._running: tuple[Listener, Shared, threading.Thread] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failures = self._end()
        if error is None and failures:
            raise failures[0]

    def start(self) -> None:
        """Open the database, listen, and answer from now on."""
        if self._running is not None:
            raise RuntimeError("the simulator is already running")
        options = self.options
        service = NationalService(Store(options.db), self._capabilities, options.keep_bodies, options.clock)
        credentials = Credentials(options.accounts, options.tokens)
        front = Front(options.lgsp, options.token_seconds, options.clock) if options.lgsp else None
        shared = Shared(service, credentials, self._plan, threading.Event(), options.keepalive, front)
        listener = _listening(options, shared)
        thread = threading.Thread(target=listener.serve_forever, args=(_POLL_SECONDS,), name="simulator", daemon=True)
        thread.start()
        self._running = listener, shared, thread

    def stop(self) -> None:
        """Answer what is under way, close everything, and raise the first failure of the simulator itself."""
        failures = self._end()
        if failures:
            raise failures[0]

    def _end(self) -> list[BaseException]:
        if self._running is None:
            return []
        listener, shared, thread = self._running
        self._running = None
        shared.stopping.set()
        listener.shutdown()
        thread.join()
        listener.finish(_FINISH_SECONDS)
        listener.server_close()
        shared.service.store.close()
        return listener.failures

    @property
    def url(self) -> str:
        """The base address, without a slash at its end; actions are below `/KNTC/`."""
        listener, _, _ = self._live()
        return f"http://{listener.server_name}:{listener.server_port}"

    @property
    def state(self) -> SimulatorState:
        """What the service holds and has counted; readable after `stop` too."""
        return SimulatorState(self.options.db)

    def set_faults(self, specs: Iterable[str] = (), seed: int | None = None) -> None:
        """Replace the faults in force, counts included; raises ConfigError and leaves them when one cannot be read."""
        _, shared, _ = self._live()
        shared.plan = FaultPlan.parse(specs, self.options.seed if seed is None else seed)

    def revoke_tokens(self) -> None:
        """End every token the LGSP has given."""
        _, shared, _ = self._live()
        if shared.front is not None:
            shared.front.revoke()

    def faults_acted(self) -> list[tuple[str, int]]:
        """Return how often each fault in force has acted."""
        _, shared, _ = self._live()
        return shared.plan.acted()

    def _live(self) -> tuple[Listener, Shared, threading.Thread]:
        if self._running is None:
            raise RuntimeError("the simulator is not running")
        return self._running


def _listening(options: SimulatorOptions, shared: Shared) -> Listener:
    try:
        return Listener(options.host, options.port, shared)
    except (OSError, OverflowError) as error:
        shared.service.store.close()
        raise ConfigError(
            "the simulator cannot listen on {host}:{port}: {reason}",
            where="--port",
            todo="choose another port, or 0 for any free one",
            facts=(("host", options.host), ("port", str(options.port)), ("reason", str(error))),
        ) from error


def announce(url: str) -> None:
    """Print the one line for which a parent process waits: `ready URL`."""
    sys.stdout.write(f"ready {url}\n")
    sys.stdout.flush()


def serve(options: SimulatorOptions, ready: Callable[[str], None] = announce) -> None:
    """Run a simulator until SIGTERM or SIGINT; `ready` is called with its address once it answers.

    For the main thread of a process. Raises ConfigError as SimulatorServer does.
    """
    server = SimulatorServer(options)
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.default_int_handler)
        server.start()
        ready(server.url)
        threading.Event().wait()
    except KeyboardInterrupt:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    finally:
        server.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
