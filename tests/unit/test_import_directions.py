"""The rooms know each other only in the direction in which a case flows."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sync_agent"
FOUNDATION = {"interrupt", "durable", "errors", "i18n", "logs", "mail", "resources", "secretfile", "words"}
"""Single modules that know no room; every room but the domain may use them."""

ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "source": {"domain"},
    "mapping": {"domain", "source"},
    "privacy": {"domain", "source", "mapping"},
    "national": {"domain", "source", "mapping", "privacy"},
    "audit": {"domain"},
    "ledger": {"domain", "audit"},
    "example": {"domain"},
    "reports": {"domain", "privacy", "ledger"},
    "simulator": {"domain", "national"},
    "sync": {"domain", "source", "mapping", "privacy", "national", "audit", "ledger", "settings"},
    "service": {"domain", "audit", "ledger", "sync", "settings", "reports"},
    "web": {"domain", "privacy", "audit", "ledger", "reports", "settings"},
    "settings": {"domain", "source", "mapping", "privacy", "national", "audit"},
    "durable": set(),
    "errors": set(),
    "interrupt": set(),
    "i18n": set(),
    "resources": set(),
    "secretfile": {"errors"},
    "mail": {"secretfile"},
    "logs": {"domain"},
    "words": {"domain"},
}
"""What a room may know; `bootstrap`, which wires, and what calls it (`cli`, `doctor`, `demo`) may know all."""

KNOWS_ALL = {"bootstrap", "doctor", "demo", "cli", "__main__"}


@dataclass(frozen=True)
class Import:
    """One imported module or name."""

    path: str
    line: int
    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}{' ' + self.name if self.name else ''}"

    @property
    def room(self) -> str:
        """The room (or single module) of the file that imports."""
        return _room(self.path)

    @property
    def target(self) -> str:
        """The room (or single module) that is imported, "" when it is not ours."""
        parts = self.module.split(".")
        if parts[0] != "sync_agent":
            return ""
        return parts[1] if len(parts) > 1 else self.name


def _room(path: str) -> str:
    return Path(path).parts[1].removesuffix(".py")


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE.parent).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _imports() -> Iterator[Import]:
    for path, module in _modules():
        for node in ast.walk(module):
            match node:
                case ast.Import(names=names):
                    yield from (Import(path, node.lineno, alias.name) for alias in names)
                case ast.ImportFrom(module=str(name), names=names, level=0):
                    yield from (Import(path, node.lineno, name, alias.name) for alias in names)
                case ast.ImportFrom():
                    yield Import(path, node.lineno, ".relative")


@cache
def _ours() -> list[Import]:
    """Return the imports of our own, read when a test first asks: every worker imports this."""
    return [found for found in _imports() if found.target and found.target != "__version__"]


def test_every_room_is_known_here() -> None:
    """A new room says here what it may know."""
    rooms = {_room(path) for path, _ in _modules()} - {"__init__"}
    assert rooms - set(ALLOWED) - KNOWS_ALL == set()


def test_rooms_know_only_what_comes_before_them() -> None:
    """Data flows one way; no stage reaches forward or into the pipeline."""
    wrong = [
        str(found)
        for found in _ours()
        if found.room in ALLOWED
        and found.target not in ALLOWED[found.room] | {found.room}
        and not (found.target in FOUNDATION and found.room not in {"domain", "errors", "i18n"})
        and not (found.room == "resources" and found.target == "errors")
    ]
    assert wrong == []


def test_rooms_use_only_the_public_names_of_each_other() -> None:
    """From another room only what its `__init__.py` offers; the domain's modules are all public."""
    wrong = [
        str(found)
        for found in _ours()
        if found.room not in {found.target, "__main__"}
        and found.target != "domain"
        and (PACKAGE / found.target).is_dir()
        and found.module != f"sync_agent.{found.target}"
        and not (found.room == "cli" and found.module == "sync_agent.sync.progress")
    ]
    assert wrong == []


def test_no_private_name_crosses_a_module() -> None:
    """What begins with an underscore stays in its module."""
    wrong = [str(found) for found in _ours() if found.name.startswith("_") and found.name != "__version__"]
    assert wrong == []


def test_no_relative_import() -> None:
    """Every import names its room, so that these tests can see it."""
    assert [str(found) for found in _imports() if found.module == ".relative"] == []


def test_only_the_transport_imports_httpx() -> None:
    """Exchanging the HTTP library is a change of one file."""
    users = {found.path for found in _imports() if found.module.split(".")[0] == "httpx"}
    assert users <= {"sync_agent/national/transport.py"}


def test_only_ledger_and_audit_define_tables() -> None:
    """Who writes evidence is in two rooms."""
    tables = {path for path, module in _modules() if any(_defines_table(node) for node in ast.walk(module))}
    assert {path for path in tables if _room(path) not in {"ledger", "audit"}} == set()


def _defines_table(node: ast.AST) -> bool:
    match node:
        case ast.ClassDef(keywords=keywords):
            return any(keyword.arg == "table" for keyword in keywords)
        case ast.ImportFrom(module=str(module), names=names):
            return module.startswith(("sqlalchemy", "sqlmodel")) and any(alias.name == "Table" for alias in names)
        case _:
            return False


@pytest.mark.parametrize("library", ["sqlmodel", "sqlalchemy", "alembic", "sqlite3"])
def test_commands_and_the_service_never_touch_a_database(library: str) -> None:
    """They call; only ledger, audit and source speak SQL."""
    users = [str(f) for f in _imports() if f.room in {"cli", "service", "web"} and f.module.split(".")[0] == library]
    assert users == []


def test_commands_and_the_service_never_touch_a_table() -> None:
    """No table class is among what they import."""
    names = [
        found
        for found in _ours()
        if found.room in {"cli", "service", "web"}
        and found.target in {"ledger", "audit"}
        and _is_table(found.module, found.name)
    ]
    assert [str(found) for found in names] == []


def _is_table(module: str, name: str) -> bool:
    return hasattr(getattr(importlib.import_module(module), name, None), "__table__")
