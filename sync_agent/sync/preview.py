"""One case side by side: local columns, CaseFile, messages; what is personal is masked until a person may see it.

Which message field a value goes to is found by leaving the value out, or changing a day, and projecting again. Values
are shown of no case that is or may be protected, and the log has that somebody saw them before anybody does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel

from sync_agent.audit import Event
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.findings import Finding, Level
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import cases, exclusive, known_by_name
from sync_agent.mapping import Mapped, Origin
from sync_agent.privacy import MASK, Masking
from sync_agent.source import CaseRows
from sync_agent.sync.anew import seen_anew
from sync_agent.sync.context import Agent
from sync_agent.sync.run import claim

__all__ = ["Preview", "PreviewLine", "Said", "concealed", "looked_at_anew", "preview", "read_case"]

_NO_TOKEN = "A" * 26  # stands in for the line that would end the text
_OWN = frozenset({"schema_version", "case_key"})
_Place = tuple[str, str, str]
"""A field of a message: step, local key, path."""
_Way = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A value at its place as it may be shown, masked or not."""

    place: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One path of the CaseFile ("": only in a message) between where it is read and where it goes."""

    path: str
    value: str = field(repr=False)
    local: tuple[Said, ...] = field(repr=False)
    sent: tuple[Said, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """A case under the name by which it may be shown."""

    name: str
    protected: bool
    lines: tuple[PreviewLine, ...]
    findings: tuple[Finding, ...]


def preview(agent: Agent, key: str, *, show: bool = False, actor: str = "") -> Preview:
    """Return the case called `key` side by side. Writes nothing, unless `show`: then that it was shown.

    `show` gives the values themselves, to `actor` at a terminal. Raises SyncAgentError when the source has no such
    case, and for `show` when the ledger does not know it or it is, or may be, protected.
    """
    if show:
        with exclusive(agent.settings.state, agent.ledger.engine):
            claim(agent)
            return _shown(agent, key, actor)
    rows, mapped = read_case(agent, key)
    return _Sides(agent, rows, mapped, protected=_protected(agent, mapped), show=False).preview()


def _shown(agent: Agent, key: str, actor: str) -> Preview:
    rows, mapped = looked_at_anew(agent, key)
    with agent.ledger.write(actor=actor) as tx:
        case = known_by_name(tx.connection, agent.ledger.source_id, mapped.case.case_key)
        if concealed(agent, mapped):
            raise SyncAgentError(
                "the values of a case that is or may be protected are shown to nobody",
                where=agent.names.shown(case.row.case_key, protected=True),
                todo="look at it without --show-values",
            )
        case.record(tx, Event.VALUES_SHOWN, wanted=case.row.last_digest)
    return _Sides(agent, rows, mapped, protected=False, show=True).preview()


def concealed(agent: Agent, mapped: Mapped) -> bool:
    """Tell whether a case is or may be protected: nothing of it is shown or given to anybody."""
    return _protected(agent, mapped) or _may_be_protected(mapped)


def looked_at_anew(agent: Agent, key: str) -> tuple[CaseRows, Mapped]:
    """Return the case called `key` as the source has it now, once the ledger knows what follows from that.

    It may become protected by this very look. Raises SyncAgentError when ledger or source has no such case.
    """
    with agent.ledger.read() as connection:
        case_key = known_by_name(connection, agent.ledger.source_id, key).row.case_key
    seen_anew(agent, [case_key])
    return read_case(agent, case_key)


def read_case(agent: Agent, key: str) -> tuple[CaseRows, Mapped]:
    """Return the case called `key` as the source has it now. Raises SyncAgentError when it has none."""
    with agent.ledger.read() as connection:
        row = cases.find_case(connection, agent.ledger.source_id, key)
    case_key = row.case_key if row is not None else key
    rows = agent.source.read([case_key]).get(case_key)
    if rows is None:
        # what was typed is not repeated: it may be a name
        raise SyncAgentError("the local system has no such case", todo="name its key as the profile makes it")
    return rows, agent.names.stored(agent.mapper.map(rows))


def _protected(agent: Agent, mapped: Mapped) -> bool:
    with agent.ledger.read() as connection:
        known = cases.load_cases(connection, agent.ledger.source_id, [mapped.case.case_key])
    sticky = any(row.protected_since is not None for row in known.values())
    return sticky or bool(agent.gate.protection(mapped.case))


def _may_be_protected(mapped: Mapped) -> bool:
    """Tell whether what decides on protection could not be read: the kind, or what else concerns the whole case."""
    hidden = any(finding.step is None and finding.level is not Level.WARN for finding in mapped.findings)
    return mapped.case.kind is None or hidden


class _Sides:
    """What of one case stands where."""

    def __init__(self, agent: Agent, rows: CaseRows, mapped: Mapped, *, protected: bool, show: bool) -> None:
        self._agent = agent
        self._mapped = mapped
        self._protected = protected
        self._show = show
        self._masking = Masking(agent.policy)
        self._gated = agent.gate.clear(mapped.case, protected=protected)
        self._origins = {origin.path: origin for origin in agent.mapper.trace(rows)}
        self._messages = self._projected(self._gated.cleared.case)

    def preview(self) -> Preview:
        """Return the case side by side."""
        leaves = dict(_leaves(self._mapped.case))
        goes = self._destinations()
        lines = [self._line(path, way, goes.get(_listed(path), ())) for path, way in leaves.items()]
        lines += [self._unread(origin) for path, origin in self._origins.items() if path not in leaves]
        said = {place for places in goes.values() for place in places}
        lines += [self._own(place) for place, value in self._messages.items() if place not in said and value != ""]
        findings = {*self._mapped.findings, *self._gated.findings}
        name = self._agent.names.shown(self._mapped.case.case_key, protected=self._protected)
        return Preview(name, self._protected, tuple(lines), tuple(sorted(findings, key=repr)))

    def _line(self, path: str, way: _Way, sent: tuple[_Place, ...]) -> PreviewLine:
        value = _at(self._mapped.case, way)
        origin = self._origins.get(path)
        local = self._local(origin) if origin is not None and self._aligned(way) else ()
        opens = self._masking.opens(path)
        goes = tuple(Said(_named(place), self._text(self._messages[place], opens=opens)) for place in sent)
        return PreviewLine(path, self._text(value, opens=opens), local, goes)

    def _unread(self, origin: Origin) -> PreviewLine:
        """Return what was looked at and gave nothing; what it holds is not known and stays masked."""
        return PreviewLine(origin.path, "", self._local(origin), ())

    def _own(self, place: _Place) -> PreviewLine:
        """Return what a message says by itself."""
        return PreviewLine("", "", (), (Said(_named(place), self._text(self._messages[place], opens=False)),))

    def _local(self, origin: Origin) -> tuple[Said, ...]:
        opens = origin.read and self._masking.opens(origin.path)
        return tuple(Said(cell.where, self._text(cell.value, opens=opens and cell.named)) for cell in origin.cells)

    def _text(self, value: object, *, opens: bool) -> str:
        if value is None or value == "":
            return ""
        if self._show or (opens and self._masking.tells_nobody(value)):
            return str(value)
        return MASK

    def _aligned(self, way: _Way) -> bool:
        """Tell whether the entries of the list around are as many as its rows: one that was left out shifts them."""
        for depth, step in enumerate(way):
            if isinstance(step, int):
                path = _path(way[:depth])
                rows = {p[len(path) + 1 :].partition("]")[0] for p in self._origins if p.startswith(f"{path}[")}
                if len(rows) != len(_at(self._mapped.case, way[:depth])):
                    return False
        return True

    def _destinations(self) -> dict[str, tuple[_Place, ...]]:
        """Return the message fields that change or vanish without each value."""
        found: dict[str, tuple[_Place, ...]] = {}
        case = self._gated.cleared.case
        for path, way in _leaves(case):
            if (name := _listed(path)) not in found:
                changed = {place for other in _otherwise(case, _listed_way(way)) for place in self._changed(other)}
                found[name] = tuple(place for place in self._messages if place in changed)
        return found

    def _changed(self, case: CaseFile) -> Iterator[_Place]:
        """Yield where another case says something else, in the messages that both have."""
        other = self._projected(case)
        both = {place[:2] for place in other}
        for place, value in self._messages.items():
            if value != "" and place[:2] in both and other.get(place) != value:
                yield place

    def _projected(self, case: CaseFile) -> dict[_Place, Any]:
        cleared = ClearedCase(case, self._gated.cleared.protected, self._gated.cleared.policy)
        projection = self._agent.contract.project(cleared, token=_NO_TOKEN, options=self._agent.wire)
        return {
            (message.step.value, message.local_key, path): value
            for message in projection.messages
            for path, value in _flat(message.body, "")
        }


def _leaves(part: BaseModel, way: _Way = ()) -> Iterator[tuple[str, _Way]]:
    """Yield (path, way) of every value of a case but its own key, which may be its name."""
    for name in type(part).model_fields:
        if name in _OWN:
            continue
        value = getattr(part, name)
        if isinstance(value, tuple):
            for position, entry in enumerate(value):
                here = (*way, name, position)
                yield from _leaves(entry, here) if isinstance(entry, BaseModel) else [(_path(here), here)]
        elif isinstance(value, BaseModel):
            yield from _leaves(value, (*way, name))
        elif value is not None:
            yield _path((*way, name)), (*way, name)


def _path(way: _Way) -> str:
    path = ""
    for step in way:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _listed(path: str) -> str:
    """Return the path of a value, that of the whole list for one of a list of texts: without one the others move up."""
    return path.rpartition("[")[0] if path.endswith("]") else path


def _listed_way(way: _Way) -> _Way:
    return way[:-1] if isinstance(way[-1], int) else way


def _at(value: Any, way: _Way) -> Any:
    for step in way:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def _otherwise(case: CaseFile, way: _Way) -> Iterator[CaseFile]:
    """Yield the case without one value, and with another day: where one is missing, another may stand in for it."""
    name, part = str(way[-1]), _at(case, way[:-1])
    field = type(part).model_fields[name]
    if not field.is_required():  # a key by which records are told apart
        yield _with(case, way, field.get_default())
    day = getattr(part, name)
    if type(day) is date:
        yield _with(case, way, day - timedelta(days=1))


def _with(part: Any, way: _Way, value: object) -> Any:
    """Return a copy of a case with another value in one place."""
    if not way:
        return value
    step, rest = way[0], way[1:]
    if isinstance(step, int):
        return (*part[:step], _with(part[step], rest, value), *part[step + 1 :])
    return part.model_copy(update={step: _with(getattr(part, step), rest, value)})


def _flat(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of every leaf of a body."""
    children: Mapping[Any, Any]
    if isinstance(node, dict | list):
        children = node if isinstance(node, dict) else dict(enumerate(node))
        for name, child in children.items():
            yield from _flat(child, f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else name)
    else:
        yield path, node


def _named(place: _Place) -> str:
    step, local_key, path = place
    return f"{step}[{local_key}] {path}" if local_key else f"{step} {path}"
