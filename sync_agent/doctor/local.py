"""What `check` looks at in the local system and in what says how it is read: never a case."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sync_agent.doctor.verdict import Check, Look, Verdict
from sync_agent.i18n import mark
from sync_agent.settings import Mode
from sync_agent.source import SqlSource
from sync_agent.sync import Agent, code_lists, stale_codes

__all__ = ["looks"]

_MOST_CLOCK_OFFSET: Final = timedelta(minutes=2)
_MOST_TABLES: Final = 5  # shown by name


def looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what to look at, by subject."""
    wanted: list[tuple[str, Look]] = [
        (mark("scope"), _scope),
        (mark("code tables"), _codes),
        (mark("source queries"), _source),
        (mark("tables beside the profile"), _beside),
        (mark("clock of the source"), _clock),
        (mark("file of the source"), _source_files),
    ]
    return wanted + ([(mark("write-back"), _write_back)] if agent.writer is not None else [])


def _scope(agent: Agent) -> Check:
    """Say whether the person in charge has said what goes up."""
    if agent.settings.agent.mode is Mode.DEMO or agent.settings.scope.complete:
        return Check("scope", Verdict.OK, mark("it is said what goes up"))
    todo = mark("set agencies, kinds and start_from under [scope]")
    return Check("scope", Verdict.WARN, mark("not said what goes up: nothing new does"), todo)


def _codes(agent: Agent) -> Check:
    """Compare the code tables with the national lists that were pulled, as far as any were."""
    tables = [(agent.mapper.code_tables[name], paths) for name, paths in agent.mapper.table_uses.items()]
    stale = stale_codes(code_lists(agent.settings, agent.contract), tables)
    facts = (("tables", str(len(tables))), ("count", str(len(stale))))
    if not stale:
        return Check(
            "code tables", Verdict.OK, mark("{tables} tables, no line that a national list lacks"), facts=facts
        )
    todo = mark("see: sync-agent codes list")
    return Check(
        "code tables", Verdict.WARN, mark("{count} lines with a code that the national list lacks"), todo, "", facts
    )


def _source(agent: Agent) -> Check:
    queries_tried = agent.source.probe()
    if agent.source.may_write():
        todo = mark("give it the right to read and no other: the agent needs none, and mistakes cannot use it")
        return Check("source queries", Verdict.WARN, mark("the account may write to the source"), todo)
    return Check(
        "source queries", Verdict.OK, mark("{count} queries answer"), facts=(("count", str(len(queries_tried))),)
    )


def _source_files(agent: Agent) -> Iterator[Check]:
    """Say how each file of the source was read, as its encoding and delimiter may have been told by the file alone."""
    subject = "file of the source"
    for file in agent.source.files():
        what = mark("table {table}: {rows} rows")
        facts = {"table": file.table, "rows": str(file.rows)}
        if file.delimiter:
            what = mark("table {table}: {rows} rows, encoding {encoding}, delimiter {delimiter}")
            facts |= {"encoding": file.encoding, "delimiter": "TAB" if file.delimiter == "\t" else file.delimiter}
        yield Check(subject, Verdict.OK, what, where=file.file, facts=tuple(facts.items()))


def _beside(agent: Agent) -> Check:
    """Tell what else the account may read: systems keep passwords in tables beside those of the records."""
    subject = "tables beside the profile"
    tables = agent.source.beside() if isinstance(agent.source, SqlSource) else None
    if tables is None:
        return Check(subject, Verdict.OK, mark("a file: no account decides what can be read"))
    if not tables:
        return Check(subject, Verdict.OK, mark("the account may read none"))
    shown = ", ".join(tables[:_MOST_TABLES]) + (", …" if len(tables) > _MOST_TABLES else "")
    facts = (("count", str(len(tables))), ("tables", shown))
    todo = mark("grant it SELECT on the tables of the profile only: a table beside them may hold passwords")
    return Check(
        subject, Verdict.WARN, mark("the account may read {count} that no query names: {tables}"), todo, "", facts
    )


def _clock(agent: Agent) -> Check:
    offset = abs(agent.source.now() - agent.clock())
    facts = (("seconds", str(round(offset.total_seconds()))),)
    if offset > _MOST_CLOCK_OFFSET:
        todo = mark("set the clocks by NTP, or check the time zone of the profile")
        return Check("clock of the source", Verdict.WARN, mark("{seconds} seconds from ours"), todo, facts=facts)
    return Check("clock of the source", Verdict.OK, mark("{seconds} seconds from ours"), facts=facts)


def _write_back(agent: Agent) -> Check:
    reason = agent.writer.obstacle() if agent.writer is not None else None
    if reason is None:
        return Check("write-back", Verdict.OK, mark("its account can be used"))
    what = mark("its account cannot be used ({reason}): what was acknowledged waits to be written")
    todo = mark("check write_back.url, its password and the rights of the account")
    return Check("write-back", Verdict.WARN, what, todo, facts=(("reason", reason),))
