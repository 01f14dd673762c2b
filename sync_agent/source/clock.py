"""How a local system's times become instants: naive local text or values, to aware UTC."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

__all__ = ["local_text", "to_utc"]


def to_utc(value: object, zone: ZoneInfo) -> datetime | None:
    """Return a local time as aware UTC, or None when it cannot be read as one.

    Takes `datetime`, `date` and ISO text. A value without a zone is in `zone`; a date alone means the end of that day.
    """
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:  # the smallest date of some programs, 0001-01-01, has no UTC here
        return None


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """Return an aware instant as `YYYY-MM-DD HH:MM:SS` of the zone, fractions cut."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _parsed(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value)
    except ValueError:
        return None
