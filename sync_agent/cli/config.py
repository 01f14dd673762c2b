"""`config show`: the settings in force and where each comes from; of a secret only where it is kept."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column
from sync_agent.i18n import mark, tr

if TYPE_CHECKING:
    from pydantic import BaseModel

    from sync_agent.settings import Settings

__all__ = ["add"]

Place = tuple[str | int, ...]

_FILES = ("secret_file", "client_key", "tls_key")
_VARIABLES = ("secret_env",)
_SOUND = ("private", "set")
_KEPT = {
    "private": mark("file {name}, readable by owner only"),
    "open": mark("file {name}, OTHERS CAN READ IT"),
    "unreadable": mark("file {name}, cannot be read"),
    "set": mark("environment variable {name} set"),
    "not_set": mark("environment variable {name} NOT SET"),
}


def add(app: typer.Typer) -> None:
    """Register the commands."""
    config = typer.Typer(help="The settings in force.")
    config.command("show")(show)
    app.add_typer(config, name="config")


def show(context: typer.Context) -> int:
    """Show each setting in force, whether it comes from the file or the environment, and how secrets are kept."""
    from sync_agent.settings import load_settings

    options = options_of(context)
    settings = load_settings(options.config)
    rows, secrets = list(_rows(settings)), list(_secrets(settings))
    options.output.document({"folder": str(settings.folder), "settings": rows, "secrets": secrets})
    columns = (
        Column("setting", tr("setting"), whole=True),
        Column("value", tr("value")),
        Column("origin", tr("origin"), whole=True),
    )
    readable = [{**row, "value": _text(row["value"]), "origin": tr(row["origin"])} for row in rows]
    options.output.table(columns, readable, title=tr("settings of {folder}", folder=settings.folder))
    options.output.text()
    facts = [(each["setting"], tr(_KEPT[each["kept"]], name=each["name"])) for each in secrets]
    options.output.facts(facts, title=tr("secrets, never shown"))
    return ExitCode.DONE if all(each["kept"] in _SOUND for each in secrets) else ExitCode.NEEDS_PERSON


def _rows(settings: "Settings") -> Iterator[dict[str, Any]]:
    """Yield name, value and origin of every setting but the secrets."""
    from pydantic_settings import EnvSettingsSource

    told = tomllib.loads((settings.folder / "agent.toml").read_text(encoding="utf-8"))
    overridden = EnvSettingsSource(type(settings))()
    for place, name, value in _leaves(settings):
        if place == ("folder",) or name.endswith((*_FILES, *_VARIABLES)):
            continue
        origin = "agent.toml" if _holds(told, place) else mark("default")
        origin = _variable(place) if _holds(overridden, place) else origin
        yield {"setting": name, "value": _harmless(str(place[-1]), value), "origin": origin}


def _leaves(model: "BaseModel", place: Place = (), name: str = "") -> Iterator[tuple[Place, str, Any]]:
    """Yield (place, dotted name, value as JSON has it) of every setting; of several each by its name or number."""
    from pydantic import BaseModel

    plain = model.model_dump(mode="json", include=set(type(model).model_fields))
    for field in type(model).model_fields:
        value, here, called = getattr(model, field), (*place, field), f"{name}.{field}".lstrip(".")
        if isinstance(value, BaseModel):
            yield from _leaves(value, here, called)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, each in enumerate(value):
                own = getattr(each, "alias", None) or getattr(each, "name", number)
                yield from _leaves(each, (*here, number), f"{called}.{own}")
        else:
            yield here, called, plain[field]


def _holds(values: Any, place: Place) -> bool:
    try:
        reduce(getitem, place, values)
    except (IndexError, KeyError, TypeError):
        return False
    return True


def _variable(place: Place) -> str:
    """Return the variable that overrides a setting: its own, or one that holds a whole section as JSON."""
    present = {name.upper() for name in os.environ}
    names = ["SYNC_AGENT_" + "__".join(map(str, place[:end])).upper() for end in range(len(place), 0, -1)]
    return next(name for name in names if name in present)


def _harmless(name: str, value: Any) -> Any:
    """Return a value without what an address could hide: a password, or options that may be one."""
    if name not in {"url", "ledger_url", "base_url", "proxy"}:
        return value
    address, _, options = str(value).partition("?")
    scheme, separator, rest = address.partition("://")
    user, at, host = rest.rpartition("@")
    shown = scheme + separator + user.partition(":")[0] + at + host
    return shown + ("?" + "&".join(f"{each.partition('=')[0]}=…" for each in options.split("&")) if options else "")


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {each}" for name, each in value.items())
    return value


def _secrets(settings: "Settings") -> Iterator[dict[str, str]]:
    """Yield where each secret is kept and in which state that is: private, open, unreadable, set or not_set."""
    from sync_agent.resources import INSTALLATION_KEY

    key = settings.state / INSTALLATION_KEY.name
    yield {"setting": "installation key", "name": str(key), "kept": _of_file(key)}
    for _, name, value in _leaves(settings):
        if value and name.endswith(_FILES):
            path = settings.path(Path(value))
            yield {"setting": name, "name": str(path), "kept": _of_file(path)}
        elif value and name.endswith(_VARIABLES):
            yield {"setting": name, "name": value, "kept": "set" if os.environ.get(value) else "not_set"}


def _of_file(path: Path) -> str:
    from sync_agent.secretfile import is_private, secret_path

    try:
        found = secret_path(path).stat()
    except OSError:
        return "unreadable"
    return "private" if is_private(path, found) else "open"
