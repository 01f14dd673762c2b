"""Which examples stand under the help of the commands people use most, and in the man page."""

from typing import Final

from sync_agent.i18n import mark, tr

__all__ = ["EXAMPLES", "epilog"]

EXAMPLES: Final = {
    "demo": (("demo --cases 2000 --faults", mark("A larger one, with a national side that fails now and then.")),),
    "init": (("init /etc/sync-agent", mark("Begin here; then fill in agent.toml and run: sync-agent check")),),
    "check": (
        ("check --offline", mark("Ask nobody outside.")),
        ("check --probe", mark("Also ask the national side by every account.")),
    ),
    "sync": (
        ("sync --dry-run", mark("What would go up, and why; sends and writes nothing.")),
        ("sync --case D17-1005", mark("One case now.")),
        ("sync --full", mark("Read every case, also those whose change time has not moved.")),
    ),
    "resync": (
        (
            "resync --step settlement --since 2026-10-01 --reason list_updated --dry-run",
            mark("How much it would be; without --dry-run it asks, then sends."),
        ),
    ),
    "reconcile": (
        ("reconcile --sample 500", mark("How sure it is that all is the same, after 500 cases drawn at random.")),
        (
            "reconcile --repair --reason monthly_check",
            mark("Show what would mend the differences, ask, and mend them."),
        ),
    ),
    "status": (("status --json", mark("The same for a program.")),),
    "cases list": (
        ("cases list --late --sort due", mark("What is late by the law, the longest first.")),
        ("cases list --held-by not_classified --agency H217.05", mark("What one rule holds at one agency.")),
        ("cases list --since 2026-01-01 --until 2026-06-14 --json", mark("A period, one case on each line, as JSON.")),
    ),
    "cases show": (("cases show D17-1005", mark("One case: its messages, what holds it, where to mend it.")),),
    "cases resolve": (
        (
            "cases resolve D17-1005 --step case --not-arrived",
            mark("It was looked up and is not there: it is sent again."),
        ),
    ),
    "holds list": (
        ("holds list --by agency --format xlsx --output holds.xlsx", mark("A work list, a sheet for each agency.")),
    ),
    "holds release": (
        (
            "holds release D17-1005 --rule file_missing --reason file_lost",
            mark("Show what holds the case, ask, and let it go up without the file."),
        ),
    ),
    "report completeness": (
        (
            "report completeness --period 2026-H1 --format docx --out report.docx",
            mark("The six-month report, laid out like an official annex."),
        ),
    ),
    "mapping preview": (
        ("mapping preview D17-1005", mark("Local columns, the case made of them, and what would go up.")),
    ),
    "audit verify": (("audit verify", mark("Nothing was changed, removed or put back; else exit code 4.")),),
    "audit export": (
        (
            "audit export --format bundle --output log.zip",
            mark("For an inspector, who checks it without this program."),
        ),
    ),
    "db backup": (("db backup /backup/ledger.db", mark("While passes go on.")),),
}
"""By the words of a command: what is typed behind `sync-agent`, and what it is for."""


def epilog(words: str) -> str | None:
    """Return what stands under the help of a command, in the reader's language; None for one without examples."""
    examples = EXAMPLES.get(words)
    if examples is None:
        return None
    lines = [line for typed, why in examples for line in (f"  sync-agent {typed}", f"      {tr(why)}")]
    return "\n".join(["\b", tr("Examples:"), *lines])
