"""What the running service tells of itself to whoever watches it: in memory only, and gone with the process."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["ServiceState"]


@dataclass(slots=True)
class ServiceState:
    """Filled by the service alone, each field at once; read from any thread. Times are UTC."""

    started_at: datetime | None = None  # None: it stands by, or has not come so far
    standby: bool = False  # another instance holds the ledger
    last_pass_at: datetime | None = None  # when the last one ended, whatever came of it
    last_pass_result: str | None = None  # `done`, `interrupted`, or the name of the error's type
    last_pass_seconds: float | None = None
    last_success_at: datetime | None = None  # when one last ended as it should
    passes: Counter[str] = field(default_factory=Counter)  # by result
    last_progress: float = field(default_factory=time.monotonic)  # of the steady clock: when anything was done
    configuration_refused: bool = False  # the old one is still in force
    jobs_failed: Counter[str] = field(default_factory=Counter)  # `pass.missed`, `full_scan.failed`, `pass.still_busy`
