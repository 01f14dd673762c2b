"""Which sentences of the code people get to read: the literals that reach a translation, an error or a help text.

A sentence may go through a variable, a constant of the module or the parameter of a helper that makes the error; one
put together at run time cannot be translated and is a problem.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, nodes

__all__ = ["Found", "find_messages"]

_TRANSLATES = {"tr": 1, "mark": 1, "trn": 2}
"""How many leading arguments are messages."""
_HELP = frozenset({"help", "epilog", "short_help"})
_ERROR = {"what": 0, "todo": 2}
"""Where an error takes its messages: as a keyword, or at this position."""

Parameters = dict[str, int]
"""The parameters of a function that are messages, with their positions."""


@dataclass
class Found:
    """The messages with the files that use them, and the places where a message is no literal."""

    messages: dict[str | tuple[str, str], set[str]] = field(default_factory=dict)
    problems: set[str] = field(default_factory=set)


def find_messages(package: Path) -> Found:
    """Read every module of the package and return what it says to people."""
    modules = [_Module(path, package) for path in sorted(package.rglob("*.py"))]
    carriers = _Carriers(modules)
    found = Found()
    for module in modules:
        for scope in module.scopes:
            for call in scope.calls:
                _read_call(call, scope, carriers, found)
        for help_text in module.help_texts():
            _add(found, help_text, module)
    for path in sorted(package.rglob("*.html")):
        _read_template(path, package, found)
    return found


def _read_template(path: Path, package: Path, found: Found) -> None:
    """Add what a template of the pages has translated, which must stand there as a literal."""
    name = path.relative_to(package.parent).as_posix()
    for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
        wanted = _TRANSLATES.get(getattr(call.node, "name", ""), 0)
        match [each.value for each in call.args[:wanted] if isinstance(each, nodes.Const)]:
            case [str(message)] if wanted == 1:
                found.messages.setdefault(message, set()).add(name)
            case [str(singular), str(plural)]:
                found.messages.setdefault((singular, plural), set()).add(name)
            case [] if wanted and not isinstance(call.args[0], nodes.Getattr):
                found.problems.add(f"{name}:{call.lineno}")


class _Module:
    """One file: its constants and its scopes."""

    def __init__(self, path: Path, package: Path) -> None:
        self.path = path.relative_to(package.parent).as_posix()
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.scopes = list(_scopes(self, self.tree, None))
        self.functions = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef)]

    def help_texts(self) -> Iterator[str]:
        """Yield the docstrings of the commands that the module registers."""
        registered = {
            call.args[0].id
            for call in ast.walk(self.tree)
            if isinstance(call, ast.Call) and _registers(call.func) and call.args and isinstance(call.args[0], ast.Name)
        }
        for function in self.functions:
            if function.name.startswith("_"):
                continue  # a group needs a function, but its help is given with its name
            if function.name in registered or any(_registers(each) for each in function.decorator_list):
                yield ast.get_docstring(function) or ""


@dataclass
class _Scope:
    """A function, or a module outside its functions: what is called in it and what its names may be."""

    module: _Module
    outer: "_Scope | None"
    name: str = ""
    parameters: list[str] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)

    def values_of(self, name: str) -> list[ast.expr] | None:
        """Return what `name` may be; None when that is not known, nothing when the caller of a function decides."""
        if name in self.parameters:
            return []
        if name in self.values:
            return self.values[name]
        return self.outer.values_of(name) if self.outer else None


def _scopes(module: _Module, node: ast.AST, outer: _Scope | None) -> Iterator[_Scope]:
    scope = _Scope(module, outer)
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        scope.name, scope.parameters = node.name, names[1:] if names[:1] in (["self"], ["cls"]) else names
    waiting = list(ast.iter_child_nodes(node))
    inner = []
    while waiting:
        child = waiting.pop(0)
        if isinstance(child, ast.FunctionDef):
            inner.append(child)
            continue
        if isinstance(child, ast.Call):
            scope.calls.append(child)
        for name, value in _bindings(child):
            scope.values.setdefault(name, []).append(value)
        waiting += ast.iter_child_nodes(child)
    yield scope
    for function in inner:
        yield from _scopes(module, function, scope)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement binds, each with an expression for its value."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case (
            ast.For(target=ast.Tuple(elts=names), iter=rows)
            | ast.comprehension(target=ast.Tuple(elts=names), iter=rows)
        ):
            for position, each in enumerate(names):
                if isinstance(each, ast.Name):
                    yield each.id, ast.Subscript(rows, ast.Constant(position), lineno=rows.lineno)


class _Carriers:
    """Which functions take messages: the errors, and every helper that hands a parameter of its own on to one."""

    def __init__(self, modules: list[_Module]) -> None:
        self._errors = _error_classes(modules)
        self._helpers: dict[tuple[str, str], Parameters] = {}
        scopes = [scope for module in modules for scope in module.scopes]
        grown = True
        while grown:
            grown = any(self._learn(scope) for scope in scopes)

    def parameters(self, call: ast.Call, module: _Module) -> Parameters:
        """Return the parameters of the called function that are messages."""
        name = _name(call.func)
        if name in self._errors:
            return _ERROR
        return self._helpers.get((module.path if name.startswith("_") else "", name), {})

    def _learn(self, scope: _Scope) -> bool:
        """Tell whether the scope turned out to take a message that was not known before."""
        if not scope.name:
            return False
        known = self._helpers.setdefault((scope.module.path if scope.name.startswith("_") else "", scope.name), {})
        before = len(known)
        for call in scope.calls:
            for value in _given(call, self.parameters(call, scope.module)):
                for name in _names(value):
                    if name in scope.parameters and not isinstance(value, ast.Call):
                        known[name] = scope.parameters.index(name)
        return len(known) > before


def _error_classes(modules: Iterable[_Module]) -> set[str]:
    classes = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    names = {"SyncAgentError"}
    grown = True
    while grown:
        derived = {node.name for node in classes if names & {_name(base) for base in node.bases}}
        grown = not derived <= names
        names |= derived
    return names


def _read_call(call: ast.Call, scope: _Scope, carriers: _Carriers, found: Found) -> None:
    name = _name(call.func)
    if name in _TRANSLATES and isinstance(call.func, ast.Name):
        match call.args[: _TRANSLATES[name]]:
            case [ast.Constant(value=str(singular)), ast.Constant(value=str(plural))]:
                _add(found, (singular, plural), scope.module)
            case [ast.Constant() | ast.IfExp() as text, *_]:
                _read_text(text, scope, found)
    elif name == "stage" and call.args:
        _read_text(call.args[0], scope, found)
    for given in _given(call, carriers.parameters(call, scope.module)):
        _read_text(given, scope, found)
    if "/cli/" in scope.module.path:
        for keyword in call.keywords:
            if keyword.arg in _HELP:
                _read_text(keyword.value, scope, found)


def _given(call: ast.Call, parameters: Mapping[str, int]) -> Iterator[ast.expr]:
    """Yield what a call gives for the parameters, by name or by position."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    for name, position in parameters.items():
        if name in named:
            yield named[name]
        elif position < len(call.args) and not any(isinstance(each, ast.Starred) for each in call.args):
            yield call.args[position]


def _read_text(node: ast.expr, scope: _Scope, found: Found, depth: int = 0) -> None:
    """Add each literal the expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            _add(found, text, scope.module)
            return
        case ast.IfExp(body=first, orelse=second):
            parts: list[ast.expr] | None = [first, second]
        case ast.Name(id=name):
            parts = scope.values_of(name)
        case ast.Subscript(value=rows, slice=ast.Constant(value=int(column))):
            parts = _column(_literal(rows, scope), column)
        case ast.Subscript(value=table):
            literal = _literal(table, scope)
            parts = literal.values if isinstance(literal, ast.Dict) else getattr(literal, "elts", None)
        case ast.Attribute(attr="what" | "todo"):
            parts = []  # of an error that was made elsewhere
        case ast.Call() if _name(node.func) in _TRANSLATES:
            parts = []
        case _:
            parts = None
    if parts is None or depth > len(_ERROR) + 2:
        found.problems.add(f"{scope.module.path}:{node.lineno}")
        return
    for part in parts:
        _read_text(part, scope, found, depth + 1)


def _literal(node: ast.expr, scope: _Scope) -> ast.expr:
    """Return the constant a name stands for, or the node itself."""
    values = scope.values_of(node.id) if isinstance(node, ast.Name) else None
    return values[0] if values else node


def _column(rows: ast.expr, column: int) -> list[ast.expr] | None:
    if not isinstance(rows, ast.Tuple | ast.List):
        return None
    return [row.elts[column] for row in rows.elts if isinstance(row, ast.Tuple | ast.List)]


def _add(found: Found, message: str | tuple[str, str], module: _Module) -> None:
    if message:
        text = inspect.cleandoc(message) if isinstance(message, str) else message
        found.messages.setdefault(text, set()).add(module.path)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _names(node: ast.expr) -> Iterator[str]:
    """Yield the names that a message may come from; what only chooses among the entries of a table is none."""
    table = node.value if isinstance(node, ast.Subscript) else node
    for each in ast.walk(table):
        if isinstance(each, ast.Name):
            yield each.id


def _registers(node: ast.expr) -> bool:
    """Tell whether `node` is `app.command(...)` or `app.callback(...)`."""
    return isinstance(node, ast.Call) and _name(node.func) in {"command", "callback"}
