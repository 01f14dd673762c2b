"""`check`: the doctor. One line for each thing that must be right, and what to do where it is not."""

from typing import Annotated, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.phrases import told
from sync_agent.errors import ConfigError
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check")(check)


def check(
    context: typer.Context,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody outside: not even who is there.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Also ask the national service, with real look-ups and no invented record.")
    ] = False,
) -> int:
    """Look at all that must be right: settings, source, codes, keys, ledger, guards, disk, the national side."""
    from sync_agent.doctor import Verdict, examine

    if offline and probe:
        raise ConfigError("give only one of --offline and --probe", where="check")
    options = options_of(context)
    findings = examine(options.config, probe=probe, online=not offline)
    rows: list[dict[str, Any]] = [
        {
            "verdict": finding.verdict,
            "subject": finding.subject,
            "detail": told(finding.what, finding.facts),
            "todo": told(finding.todo, finding.facts) or None,
            "where": finding.where,
        }
        for finding in findings
    ]
    options.output.document({"checks": rows})
    for row in rows:
        options.output.text(_line(row))
    failed = [finding for finding in findings if finding.verdict is Verdict.FAIL]
    if failed:
        return max(finding.exit_code for finding in failed)
    return ExitCode.NEEDS_PERSON if any(f.verdict is Verdict.WARN for f in findings) else ExitCode.DONE


def _line(row: dict[str, Any]) -> str:
    words = {"ok": tr("ok"), "warn": tr("warn"), "fail": tr("fail")}
    verdict = words[row["verdict"]].ljust(max(map(len, words.values())))
    place = f"{row['where']}: " if row["where"] else ""
    todo = f" - {row['todo']}" if row["todo"] else ""
    return f"{verdict}  {tr(row['subject'])}: {place}{row['detail']}{todo}"
