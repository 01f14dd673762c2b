"""`audit verify`: whether the audit log, the ledger and what is kept outside tell one story, in plain sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.audit import NoteVerifier, Reach
    from sync_agent.cli.output import Output
    from sync_agent.ledger import Verification

__all__ = ["add"]


def add(audit: typer.Typer) -> None:
    """Register the command."""
    audit.command("verify")(verify)


def verify(
    context: typer.Context,
    *,
    key: Annotated[
        list[str] | None, typer.Option("--key", metavar="LINE|FILE", help="The public key as it stands on paper.")
    ] = None,
    head: Annotated[
        list[Path] | None, typer.Option("--head", metavar="FILE", help="A signed head that was kept elsewhere.")
    ] = None,
) -> int:
    """Check every entry, head, key and place outside, and that the ledger holds what the log says."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import Outside
    from sync_agent.ledger import verify as verify_all

    options = options_of(context)
    desk = open_desk(options.config)
    outside = Outside(desk.settings.audit.anchors, desk.settings.folder, tuple(head or ()), _keys(key or []))
    try:
        result = verify_all(desk.ledger, outside)
    except OSError as error:
        facts = (("reason", error.strerror or "error"),)
        raise ConfigError(
            "this file cannot be read ({reason})", where=f"--head {error.filename}", facts=facts
        ) from None
    options.output.document(_document(result))
    _tell(options.output, result)
    if result.tampered:
        return ExitCode.AUDIT
    return ExitCode.DONE if result.sound else ExitCode.NEEDS_PERSON


def _keys(texts: list[str]) -> "tuple[NoteVerifier, ...]":
    """Return the keys that were given, each as its line or as a file of such lines. Raises AuditError, ConfigError."""
    from sync_agent.audit import NoteVerifier
    from sync_agent.errors import ConfigError

    lines: list[str] = []
    for text in texts:
        try:
            path = Path(text)
            lines += path.read_text(encoding="ascii").split() if "+" not in text or path.is_file() else [text]
        except (OSError, UnicodeDecodeError):
            raise ConfigError(
                "this is neither a public key nor a file of such keys", where="--key", todo="give its line as printed"
            ) from None
    return tuple(NoteVerifier.parse(line) for line in lines)


def _document(result: "Verification") -> dict[str, Any]:
    log, last = result.log, result.series.last
    return {
        "result": _result(result),
        "entries": log.size,
        "root": log.root.hex(),
        "since": log.first_time,
        "until": log.last_time,
        "heads": result.series.count,
        "newest_head": {"number": last.number, "size": last.size, "time": last.time} if last else None,
        "unsigned": result.unsigned,
        "gaps_declared": [{"since": since, "until": until} for since, until in log.gaps],
        "incarnations": [{"idx": each.idx, "time": each.time, "lost_size": each.size} for each in log.incarnations],
        "keys": [str(each) for each in result.keys],
        "keys_given": result.given,
        "anchors": [_reach(each) for each in result.reaches],
        "anchored": result.anchored,
        "recorded": result.recorded,
        "rows": result.rows,
        "erased": result.erased,
        "counts": {kind.value: number for kind, number in sorted(result.findings.counts.items())},
        "findings": [
            {"code": each.code, "kind": each.kind.value, "sentence": tr(each.sentence, **each.facts), **each.facts}
            for each in result.findings.listed
        ],
    }


def _result(result: "Verification") -> str:
    if result.tampered:
        return "tampered"
    return "sound" if result.sound else "look"


def _reach(reach: "Reach") -> dict[str, Any]:
    return {
        "place": reach.place,
        "remote": reach.remote,
        "how": reach.how.value,
        "size": reach.size,
        "time": reach.time,
    }


def _tell(output: "Output", result: "Verification") -> None:
    from sync_agent.reports import verdict

    for line in verdict(result):
        output.text(line)
