"""How a person at the command line sees how far a pass is."""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from sync_agent.i18n import number_text, tr

__all__ = ["BarProgress", "LineProgress"]


class _Count(ProgressColumn):
    """How many of how many; of a stage whose length nobody knows, how many."""

    def render(self, task: Task) -> Text:
        """Return the count as people of the chosen language write it."""
        done: int | None = task.fields["done"]
        return Text(_counted(int(task.completed) if done is None else done, task.fields["known"]))


class _Pace(ProgressColumn):
    """How many a second, and how long the rest takes at that; nothing for what is over or too short to tell."""

    def render(self, task: Task) -> Text:
        """Return both as people of the chosen language write them."""
        if task.finished or not task.speed or task.time_remaining is None:
            return Text("")
        left = timedelta(seconds=int(task.time_remaining))
        rate = number_text(round(task.speed)) if task.speed >= 1 else "< 1"
        return Text(tr("{rate} a second, {time} left", rate=rate, time=str(left)))


class BarProgress:
    """A bar for each stage, on a terminal. What was shown once stays above and is not drawn again."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = self._new()
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        """Begin a bar."""
        self._complete()
        self._bars.start()
        self._task = self._bars.add_task(tr(name), total=total, known=total, done=None)

    def advance(self, count: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def finish(self) -> None:
        """Leave the bars as they are and give the terminal back."""
        self._complete()
        if self._bars.tasks:
            self._bars.stop()
            self._bars = self._new()

    def _new(self) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            _Count(),
            TimeElapsedColumn(),
            _Pace(),
            console=self._console,
        )

    def _complete(self) -> None:
        """End the stage; a bar whose total was not known is full then instead of pulsing on."""
        if self._task is not None:
            task = self._bars.tasks[self._task]
            if task.total is None:
                self._bars.update(self._task, total=1, completed=1, done=int(task.completed))
            self._bars.stop_task(self._task)
            self._task = None


class LineProgress:
    """One line when a stage ends, for a log or a pipe."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._name = ""
        self._done = 0
        self._total: int | None = None
        self._lock = Lock()

    def stage(self, name: str, total: int | None) -> None:
        """Begin to count."""
        self.finish()
        self._name, self._done, self._total = name, 0, total

    def advance(self, count: int = 1) -> None:
        """Count."""
        with self._lock:
            self._done += count

    def finish(self) -> None:
        """Say how far the stage came."""
        if self._name:
            self._say(f"{tr(self._name)}: {_counted(self._done, self._total)}")
            self._name = ""


def _counted(done: int, total: int | None) -> str:
    return number_text(done) if total is None else f"{number_text(done)}/{number_text(total)}"
