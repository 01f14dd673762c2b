"""What people are told of by mail while nobody looks at the agent: states that last, and things that happened."""

from enum import StrEnum
from typing import Final

__all__ = ["HAPPENINGS", "WORK", "NoticeKind"]


class NoticeKind(StrEnum):
    """A state of things; the gravest first, which is the order in which a mail tells them."""

    RECLASSIFIED = "reclassified"  # protected now, and already at the national side
    PLAN_STOPPED = "plan_stopped"  # more would go up than a pass may send
    CREATIONS_STOPPED = "creations_stopped"  # no head of the log reaches another machine
    PASS_FAILING = "pass_failing"  # noqa: S105 - no password
    SILENCE = "silence"  # no pass came to its end for hours
    SOURCE_DOWN = "source_down"
    NATIONAL_DOWN = "national_down"
    DISK = "disk"
    CONFIGURATION_REFUSED = "configuration_refused"
    ANCHOR_FAILING = "anchor_failing"
    EXPIRING = "expiring"  # a certificate or a token
    JOB_FAILED = "job_failed"
    QUIET = "quiet"  # passes are made, and nothing was acknowledged for days
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    LATE = "late"
    HELD = "held"
    MAIL_FAILING = "mail_failing"


WORK: Final = frozenset(
    {NoticeKind.RECLASSIFIED, NoticeKind.UNCERTAIN, NoticeKind.REFUSED, NoticeKind.LATE, NoticeKind.HELD}
)
"""What waits for a person case by case: said again only when more has come; the digest tells what stands."""

HAPPENINGS: Final = frozenset({NoticeKind.JOB_FAILED})
"""What has no end that could be told."""
