"""Writes the man pages from the command line itself, one in each language: `python tools/manpage.py`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer
from typer.core import TyperCommand, TyperGroup

from sync_agent import __version__
from sync_agent.cli.app import build_command
from sync_agent.cli.examples import EXAMPLES
from sync_agent.i18n import Language, language, set_language, tr

__all__ = ["PAGES", "main", "page"]

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = {Language.EN: "sync-agent.1", Language.VI: "vi/sync-agent.1"}
"""Below docs/man, as below a folder of `MANPATH`."""

_READMES: Final = {Language.EN: "README.md", Language.VI: "README.vi.md"}
_HEADINGS: Final = {
    Language.EN: ("NAME", "SYNOPSIS", "SHARED OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"),
    Language.VI: ("TÊN", "CÚ PHÁP", "TÙY CHỌN CHUNG", "CÁC LỆNH", "MÃ THOÁT", "BIẾN MÔI TRƯỜNG", "XEM THÊM"),
}
_SAID: Final = {
    Language.EN: {
        "title": "sync-agent manual",
        "behind": "The shared options may also stand behind the command.",
        "SYNC_AGENT_CONFIG": "The folder that holds agent.toml, where --config does not say it.",
        "SYNC_AGENT_LANG": "The language, vi or en, where --lang does not say it.",
        "NO_COLOR": "No colours, whatever its value.",
        "see": "The documentation of this version: docs/reference.md (all settings, rules, events, metrics),"
        " docs/operations.md (for operators), docs/audit.md (for auditors).",
    },
    Language.VI: {
        "title": "Hướng dẫn sync-agent",
        "behind": "Các tùy chọn chung cũng có thể đặt sau lệnh.",
        "SYNC_AGENT_CONFIG": "Thư mục có agent.toml, khi không dùng --config.",
        "SYNC_AGENT_LANG": "Ngôn ngữ, vi hoặc en, khi không dùng --lang.",
        "NO_COLOR": "Không dùng màu, với bất kỳ giá trị nào.",
        "see": "Tài liệu của phiên bản này: docs/reference.md (mọi thiết lập, quy tắc, sự kiện, chỉ số),"
        " docs/vi/van-hanh.md (cho người vận hành), docs/vi/kiem-toan.md (cho người kiểm tra).",
    },
}
_CODE: Final = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
_TYPE: Final = re.compile(r" <[a-z]+>$")
"""What Typer puts behind the name of an argument."""

_VARIABLES: Final = ("SYNC_AGENT_CONFIG", "SYNC_AGENT_LANG", "NO_COLOR")


def page(chosen: Language) -> str:
    """Return the man page in a language."""
    before = language()
    set_language(chosen)
    try:
        return "\n".join(_lines(chosen)) + "\n"
    finally:
        set_language(before)


def _lines(chosen: Language) -> Iterator[str]:
    name, synopsis, shared, commands, exits, environment, see = _HEADINGS[chosen]
    said, root = _SAID[chosen], build_command()
    context = typer.Context(root, info_name="sync-agent")
    yield f'.TH SYNC\\-AGENT 1 "" "sync\\-agent {__version__}" "{said["title"]}"'
    yield from (f".SH {name}", rf"sync\-agent \- {_roff(root.help or '')}")
    yield from (f".SH {synopsis}", r".B sync\-agent", _roff(f"{tr('[OPTIONS]')} {tr('COMMAND [ARGS]...')}"))
    yield from (f".SH {shared}", _roff(said["behind"]))
    yield from _parameters(root, context)
    yield f".SH {commands}"
    for words, command in _commands(root):
        yield from _command(words, command)
    yield f".SH {exits}"
    readme = (ROOT / _READMES[chosen]).read_text(encoding="utf-8")
    for code, meaning in _CODE.findall(readme):
        yield from _entry(code, meaning)
    yield f".SH {environment}"
    for variable in _VARIABLES:
        yield from _entry(variable, said[variable])
    yield from (f".SH {see}", _roff(said["see"]))


def _commands(root: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {verb}", each) for verb, each in command.commands.items())  # type: ignore[misc]
        else:
            yield name, command  # type: ignore[misc]


def _command(words: str, command: TyperCommand) -> Iterator[str]:
    context = typer.Context(command, info_name=f"sync-agent {words}")
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    yield from (f".SS {_roff(_TYPE.sub('', usage))}", _roff(command.help or ""))
    yield from _parameters(command, context)
    for typed, why in EXAMPLES.get(words, ()):
        yield from (".PP", _roff(tr(why)), ".PP", ".RS", ".nf", _roff(f"sync-agent {typed}"), ".fi", ".RE")


def _parameters(command: TyperCommand | TyperGroup, context: typer.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "--help" not in record[0]:
            yield from _entry(_TYPE.sub("", record[0]), record[1])


def _entry(term: str, meaning: str) -> Iterator[str]:
    yield from (".TP", f".B {_roff(term)}", _roff(meaning))


def _roff(text: str) -> str:
    """Return text as roff prints it: no line of it is a request, and a hyphen can be copied."""
    plain = " ".join(text.replace("`", "").split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def main(folder: Path = ROOT / "docs" / "man") -> None:
    """Write every man page."""
    for chosen, name in PAGES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(chosen), encoding="utf-8")


if __name__ == "__main__":
    main()
