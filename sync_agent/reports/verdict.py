"""Decides in which sentences the result of a verification is told, wherever it is read; the last is the conclusion."""

from collections.abc import Iterator
from typing import Final

from sync_agent.i18n import mark, number_text, tr
from sync_agent.ledger import Verification

__all__ = ["verdict"]

_HOW: Final = {
    "compared": mark("compared there"),
    "stamped": mark("by its time stamp"),
    "recorded": mark("by the agent's own record: compare a saved head with --head"),
}
_KINDS: Final = {
    "tampered": mark("tampered with"),
    "gap": mark("gap"),
    "unanchored": mark("not outside"),
    "guard": mark("guard"),
    "unproven": mark("not checked"),
}


def verdict(result: Verification) -> list[str]:
    """Return what was checked, what stands outside and what was found, sentence by sentence."""
    return [*_told(result), *_of_keys(result), *_of_anchors(result), *_of_rows(result), *_of_findings(result)]


def _told(result: Verification) -> Iterator[str]:
    log, last = result.log, result.series.last
    count = number_text(log.size)
    yield tr(
        "{count} audit entries, from {since} to {until} (UTC).",
        count=count,
        since=log.first_time,
        until=log.last_time,
    )
    yield tr("Root: {root}", root=log.root.hex())
    if last is not None:
        yield tr(
            "{heads} signed heads; the newest, number {number}, is of {time} and stands over {size} entries.",
            heads=number_text(result.series.count),
            number=last.number,
            time=last.time,
            size=number_text(last.size),
        )
    if result.unsigned:
        yield tr("Entries that are under no signed head yet: {count}", count=number_text(result.unsigned))
    for since, until in log.gaps:
        yield tr("Declared: no head was signed from {since} to {until}.", since=since, until=until)
    for each in log.incarnations:
        yield tr(
            "Declared: an older copy of the ledger was put back at {time}; what came after entry {idx} was lost.",
            time=each.time,
            idx=each.idx - 1,
        )


def _of_rows(result: Verification) -> Iterator[str]:
    if result.rows is None:
        yield tr("The ledger was not compared with the log here: that needs secrets. Run: sync-agent audit verify")
        return
    yield tr("Rows of the ledger that were compared with the log: {count}", count=number_text(result.rows))
    if result.erased:
        yield tr("Erased cases, closed in the log: {count}", count=number_text(result.erased))


def _of_keys(result: Verification) -> Iterator[str]:
    for key in result.keys:
        yield tr("Signed by the key {key}", key=str(key))
    if not result.given:
        yield tr("This key was found on this machine: who does not trust it gives the one on paper with --key.")


def _of_anchors(result: Verification) -> Iterator[str]:
    for reach in result.reaches:
        size, how = number_text(reach.size), tr(_HOW[reach.how.value])
        yield tr(
            "Outside: {place} has the first {size} entries ({time}), {how}",
            place=reach.place,
            size=size,
            time=reach.time,
            how=how,
        )
    left = number_text(result.log.size - result.recorded)
    if result.recorded == 0:
        yield tr("No head is known to have reached another machine: the log is proved by this machine alone.")
    elif result.recorded < result.log.size:
        yield tr("The newest entries, which no head on another machine covers yet: {count}", count=left)


def _of_findings(result: Verification) -> Iterator[str]:
    findings = result.findings
    for each in findings.listed:
        yield f"{tr(_KINDS[each.kind.value])}: {tr(each.sentence, **each.facts)}"
    if findings.total > len(findings.listed):
        yield tr("… and {count} more", count=number_text(findings.total - len(findings.listed)))
    if result.tampered:
        yield tr("Something was changed past the agent. Stop it, keep everything as it is and call the inspector.")
    elif result.sound and result.rows is None:
        yield tr("Nothing was changed: the log and what is outside tell one story.")
    elif result.sound:
        yield tr("Nothing was changed: log, ledger and what is outside tell one story.")
    else:
        yield tr("No change was found, but a person must look at the lines above.")
