"""How a day of work changes an example database: each statement by itself and in the order of the application.

An edit writes the petition, deletes and re-inserts its fields and people, then leaves a journal line. A step begins
with its line.
"""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from sync_agent.example.expect import expectations, identifying_values, read_cases
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK
from sync_agent.example.stock import Changes
from sync_agent.example.tables import connect, local
from sync_agent.example.workday import Workday

__all__ = ["mutate"]

_NEW_KINDS: Final = (COMPLAINT, FEEDBACK, DENUNCIATION)


def mutate(
    path: Path,
    files_root: Path,
    *,
    seed: int,
    now: datetime,
    edits: int = 5,
    steps: int = 3,
    corrections: int = 3,
    new: int = 3,
) -> Changes:
    """Play a day of work on the database `path` at `now` (aware) and return what changed.

    `steps` counts each of the four steps. No case changes in two ways; a small database may offer fewer cases than
    asked for. Only cases are touched that can go up: no held ones, and no petitions at several agencies.
    """
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # an example may be lost in a power cut
        day = Workday(connection, files_root, seed, local(now))
        corrected = day.each(day.to_correct(), corrections, day.correct)
        enforced = day.each(day.to_enforce(), steps, day.enforce)
        settled = day.each(day.to_settle(), steps, day.settle)
        accepted = day.each(day.to_accept(), steps, day.accept)
        processed = day.each(day.to_process(), steps, day.process)
        silent = day.each(day.protected_cases(), 1, day.edit)
        edited = day.each(day.open_cases(), edits, day.edit)
        withdrawn = day.each(day.open_cases(), 1, day.withdraw)
        created = tuple(day.create(_NEW_KINDS[number % len(_NEW_KINDS)]) for number in range(new))
        cases = read_cases(connection)
        protected, _, _ = expectations(connection, files_root, cases)
        return Changes(
            edited=edited,
            processed=processed,
            accepted=accepted,
            settled=settled,
            enforced=enforced,
            corrected=corrected,
            created=created,
            withdrawn=withdrawn,
            silent=silent,
            identifying=identifying_values(connection, protected),
        )
