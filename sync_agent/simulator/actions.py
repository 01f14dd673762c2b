"""The seven actions of the service: which create or update, and which only read."""

from typing import Final

__all__ = ["ACTIONS", "READS", "STEP_OF_ACTION", "TOKEN", "WRITES"]

STEP_OF_ACTION: Final = {
    "CapNhatVuViec": "case",
    "CapNhatKQXuLy": "processing",
    "CapNhatGiaiQuyet": "acceptance",
    "CapNhatKQGiaiQuyet": "settlement",
    "CapNhatThiHanh": "enforcement",
}
WRITES: Final = frozenset(STEP_OF_ACTION)
READS: Final = frozenset({"TraThongTinDon", "TraDanhMuc"})
ACTIONS: Final = WRITES | READS
TOKEN: Final = "token"  # noqa: S105 - a name
"""No action of the service: the request for a token at the LGSP before it."""
