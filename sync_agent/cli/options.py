"""The options every command shares: where they may stand, and what a command gets of them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import typer

from sync_agent.cli.output import Output
from sync_agent.i18n import Language

__all__ = ["LANGUAGE_VARIABLE", "Options", "hoisted", "language_in", "options_of"]

LANGUAGE_VARIABLE = "SYNC_AGENT_LANG"
_FLAGS = frozenset({"--json", "--quiet", "--debug"})
_VALUED = ("--config", "--lang")


@dataclass(frozen=True, slots=True)
class Options:
    """What stood before the noun; `config` is the folder that holds `agent.toml`."""

    config: Path
    language: Language
    debug: bool
    output: Output


def options_of(context: typer.Context) -> Options:
    """Return the options of the running command."""
    options = context.find_object(Options)
    if options is None:
        raise RuntimeError("a command was called outside the application")
    return options


def hoisted(words: Iterable[str]) -> list[str]:
    """Return the words with the shared options moved to the front, so that they may also stand after the verb."""
    front: list[str] = []
    rest: list[str] = []
    following = iter(words)
    for word in following:
        if word == "--":
            rest += [word, *following]
        elif word in _FLAGS or word.startswith(tuple(option + "=" for option in _VALUED)):
            front.append(word)
        elif word in _VALUED:
            value = next(following, None)
            if value is None:
                rest.append(word)
            else:
                front += [word, value]
        else:
            rest.append(word)
    return front + rest


def language_in(words: list[str]) -> Language:
    """Return the language asked for in hoisted words or the environment; help and errors need it before parsing."""
    asked = os.environ.get(LANGUAGE_VARIABLE, "")
    for position, word in enumerate(words):
        if word == "--":
            break
        if word == "--lang":
            asked = words[position + 1] if position + 1 < len(words) else asked
        elif word.startswith("--lang="):
            asked = word.partition("=")[2]
    return Language(asked) if asked in set(Language) else Language.VI
