"""How MariaDB and MySQL are read: every transaction read-only and one snapshot, zero dates as text."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from sqlalchemy.engine import URL

from sync_agent.source.dialect import Dialect, Session
from sync_agent.source.problems import Kind, Problem

__all__ = ["DIALECT"]

_CONNECT_SECONDS: Final = 10
_LOCK_SECONDS: Final = 5
_GRACE_SECONDS: Final = 30
"""How much longer than the server's own limit an answer is waited for before the server counts as gone."""

# Bytes, because the collations of text take keys for equal that differ in case or in spaces at the end.
_PAGE: Final = r"""
SELECT case_key, MAX(moment) AS changed_at
FROM (
    SELECT case_key, CASE
        WHEN said NOT REGEXP concat('^(19|[2-9][0-9])[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])',
            '([ T]([01][0-9]|2[0-3])[:][0-5][0-9]([:][0-5][0-9]([.][0-9]+)?)?)?$') THEN NULL
        WHEN said REGEXP '^[0-9-]+([ T]00[:]00([:]00([.]0+)?)?)?$' THEN concat(left(said, 10), ' 23:59:59')
        ELSE replace(left(concat(said, '\:00'), 19), 'T', ' ') END AS moment
    FROM (
        SELECT CAST(CONVERT(case_key USING utf8mb4) AS BINARY) AS case_key, CAST(changed_at AS CHAR) AS said
        FROM (
{changes}
) AS feed) AS told) AS timed
WHERE case_key > :after AND (moment IS NULL OR moment >= :floor)
GROUP BY case_key ORDER BY case_key LIMIT :limit
"""

_MAY_WRITE: Final = """
SELECT EXISTS (
    SELECT 1 FROM (
        SELECT grantee, privilege_type FROM information_schema.user_privileges
        UNION ALL
        SELECT grantee, privilege_type FROM information_schema.schema_privileges WHERE database() LIKE table_schema
        UNION ALL
        SELECT grantee, privilege_type FROM information_schema.table_privileges WHERE table_schema = database()
    ) AS granted
    WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'DROP', 'ALTER', 'CREATE')
      AND grantee = concat('''', replace(current_user(), '@', '''@'''), ''''))
"""

_CODES: Final = {
    **dict.fromkeys((1040, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2014, 2055), Kind.LOST),
    **dict.fromkeys((1044, 1045, 1129, 1130, 1251, 1524, 1698), Kind.ACCOUNT),
    **dict.fromkeys((1142, 1143, 1227, 1370), Kind.FORBIDDEN),
    **dict.fromkeys((1109, 1146), Kind.TABLE),
    **dict.fromkeys((1128, 1305, 1630), Kind.FUNCTION),
    **dict.fromkeys((1064, 1149), Kind.SYNTAX),
    **dict.fromkeys((1267, 1270, 1271), Kind.TYPES),
    **dict.fromkeys((1317, 1969, 3024), Kind.TIMEOUT),
    **dict.fromkeys((1205, 1213), Kind.LOCKED),
    **dict.fromkeys((1290, 1792), Kind.WRITES),
    1049: Kind.DATABASE,
    1054: Kind.COLUMN,
    2026: Kind.ENCRYPTION,
}

_NAMED: Final = re.compile(r"(?:Table|column|FUNCTION) '?(?P<name>[\w.$]+)")


class _Connection(pymysql.connections.Connection):
    """A connection that encrypts where the server can, without reading the machine's certificates each time (20 ms)."""

    _preferred: Any = None

    def _create_ssl_ctx(self, sslp: Any) -> Any:
        if sslp:
            return super()._create_ssl_ctx(sslp)  # type: ignore[misc] # the stubs leave it out
        if _Connection._preferred is None:
            _Connection._preferred = super()._create_ssl_ctx(sslp)  # type: ignore[misc]
        return _Connection._preferred


def _options(_url: URL, session: Session) -> dict[str, Any]:
    return {
        "connect_args": {
            "charset": "utf8mb4",
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": session.seconds + _GRACE_SECONDS,
            "write_timeout": _GRACE_SECONDS,
            "local_infile": False,
            "conv": conversions | {FIELD_TYPE.BIT: _bits},
        }
    }


def _bits(value: bytes) -> int:
    """Return a BIT column, in which many programs keep a flag, as a number."""
    return int.from_bytes(value)


def _opening(session: Session) -> tuple[str, ...]:
    # each server skips the comment that is meant for the other; the modes refuse to compare with a zero date
    limits = (
        f"/*M!100101 max_statement_time = {session.seconds}, */ /*!50708 max_execution_time = {session.seconds}000, */"
    )
    modes = "replace(replace(@@sql_mode, 'NO_ZERO_DATE', ''), 'NO_ZERO_IN_DATE', '')"
    zone = f"time_zone = '{_offset(session)}'"
    if session.writes:  # what somebody else holds is tried again later
        return (f"SET SESSION {limits} {zone}, innodb_lock_wait_timeout = {_LOCK_SECONDS}", "START TRANSACTION")
    return (
        f"SET SESSION {limits} {zone}, sql_mode = {modes}",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )


def _offset(session: Session) -> str:
    """Return the zone as `+07:00`: the tables of named zones are empty on many servers."""
    offset = datetime.now(UTC).astimezone(session.zone).strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"


def _problem(error: BaseException) -> Problem:
    if isinstance(error, RuntimeError):  # the driver asks for the package that encrypts a password
        return Problem(Kind.METHOD)
    if not isinstance(error, pymysql.Error) or not error.args or not isinstance(error.args[0], int):
        return Problem(Kind.OTHER)
    code = error.args[0]
    if code == 0 and isinstance(error, pymysql.InterfaceError):  # the driver's word for a connection that is closed
        return Problem(Kind.LOST)
    named = _NAMED.search(str(error.args[-1]))
    return Problem(_CODES.get(code, Kind.OTHER), named["name"] if named else "", str(code))


DIALECT: Final = Dialect(
    page=_PAGE,
    clock="SELECT CAST(utc_timestamp() AS CHAR)",
    may_write=_MAY_WRITE,
    readable="SELECT table_name FROM information_schema.tables WHERE table_schema = database()",  # those it may see
    earliest=("0000-00-00 00:00:00", "0000-00-00"),
    options=_options,
    opening=_opening,
    connect=_Connection,
    problem=_problem,
    key_encoding="utf-8",
)
