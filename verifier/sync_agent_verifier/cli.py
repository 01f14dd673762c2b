"""Decides how the verifier is called, what of a log is to be checked; the exit code is the result."""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sync_agent_verifier import __version__
from sync_agent_verifier.checks import (
    check_bundle,
    check_content,
    check_heads,
    check_proof,
    check_timestamp,
    read_given_keys,
    read_head,
    read_saved,
)
from sync_agent_verifier.remarks import Remarks, Unreadable, shown
from sync_agent_verifier.report import Report
from sync_agent_verifier.words import LANGUAGES

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no public name

__all__ = ["main"]

_MOST_MINUTES = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 sound, 1 sound but a person must look, 2 not checked, 4 tampered with."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    _make_printable()
    remarks = Remarks()
    try:
        _check(options, remarks)
    except Unreadable as problem:
        remarks.add(problem.code, **problem.facts)
    except OSError as problem:  # a disk that went away, a name that no file can have
        remarks.add("file_unreadable", path=problem.filename, why=problem.strerror)
    report = Report([shown(word) for word in words], remarks, options.lang)
    if options.report and not _written(options.report, report.text(), remarks):
        report = Report(report.command, remarks, options.lang)
    sys.stdout.write(report.json() if options.json else report.text())
    return report.severity.value


def _check(options: argparse.Namespace, remarks: Remarks) -> None:
    keys = read_given_keys(options.key)
    every = timedelta(minutes=options.interval) if "interval" in options else timedelta(hours=1)
    if options.command == "bundle":
        check_bundle(options.path, keys, read_saved(options.head), every, remarks)
    elif options.command == "proof":
        check_proof(options.path, keys, remarks)
    elif options.command == "content":
        check_content(options.path, keys, options.bundle, every, remarks)
    elif options.command == "timestamp":
        check_timestamp(read_head(options.note), options.receipt, remarks)
    elif options.bundle:
        check_bundle(options.bundle, keys, [read_head(options.old), read_head(options.new)], every, remarks)
    else:
        check_heads(read_head(options.old), read_head(options.new), options.proof, keys, remarks)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--key", action="append", default=[], metavar="LINE|FILE", help="khóa trên giấy / key on paper")
    shared.add_argument("--lang", choices=LANGUAGES, default="vi", help="ngôn ngữ / language")
    shared.add_argument("--json", action="store_true", help="JSON")
    shared.add_argument("--report", type=Path, metavar="FILE", help="ghi báo cáo vào tệp / write the report to a file")
    parser = argparse.ArgumentParser(
        prog="sync-agent-verifier",
        description="Kiểm tra nhật ký kiểm toán mà không cần tác tử. / Checks an audit log without the agent.",
        epilog="0: toàn vẹn / sound. 1: cần xem / look. 2: không kiểm tra được / not checked. 4: can thiệp / tampered.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_commands(commands, shared)
    return parser


def _add_commands(commands: "_Commands", shared: argparse.ArgumentParser) -> None:
    bundle = commands.add_parser("bundle", parents=[shared], help="gói zip hoặc thư mục / a zip or a folder")
    bundle.add_argument("path", type=Path, metavar="PATH")
    bundle.add_argument("--head", action="append", default=[], metavar="NOTE", help="đỉnh đã giữ / a head you kept")
    _add_interval(bundle)
    proof = commands.add_parser("proof", parents=[shared], help="bằng chứng của một mục / the proof of one entry")
    proof.add_argument("path", type=Path, metavar="FILE")
    content = commands.add_parser("content", parents=[shared], help="nội dung đã gửi / what was sent of one case")
    content.add_argument("path", type=Path, metavar="FILE")
    content.add_argument("--bundle", type=Path, metavar="PATH", help="đối chiếu với cả gói / against a whole bundle")
    _add_interval(content)
    heads = commands.add_parser("heads", parents=[shared], help="hai đỉnh / two heads")
    heads.add_argument("old", type=Path, metavar="OLD")
    heads.add_argument("new", type=Path, metavar="NEW")
    by = heads.add_mutually_exclusive_group()
    by.add_argument("--proof", type=Path, metavar="FILE", help="bằng chứng nhất quán / a proof of consistency")
    by.add_argument("--bundle", type=Path, metavar="PATH", help="gói chứa cả hai / a bundle that holds both")
    stamp = commands.add_parser("timestamp", parents=[shared], help="dấu thời gian / a timestamp (RFC 3161)")
    stamp.add_argument("note", type=Path, metavar="NOTE")
    stamp.add_argument("receipt", type=Path, metavar="RECEIPT")
    _add_interval(heads)


def _add_interval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interval",
        type=_minutes,
        default=60,
        metavar="MINUTES",
        help="audit.checkpoint_seconds, phút / in minutes (60)",
    )


def _minutes(text: str) -> int:
    value = int(text)
    if not 1 <= value <= _MOST_MINUTES:
        raise ValueError(text)
    return value


def _written(path: Path, text: str, remarks: Remarks) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        remarks.add("report_exists", path=path, why=error.strerror)
        return False
    return True


def _make_printable() -> None:
    """Let no letter that a screen does not have stop the check half way."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")
