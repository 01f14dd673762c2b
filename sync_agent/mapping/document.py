"""Reads a YAML text so that every key keeps its line, and so that values mean what they look like.

Stricter than YAML 1.1: only `true` and `false` are flags (`NO` stays a country), `01` stays text, dates stay text, and
a key given twice is an error.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from sync_agent.errors import ConfigError

__all__ = ["Document", "Place", "read_document"]

Place = tuple[str | int, ...]
"""The way from the root of a document to one value: keys and positions."""


_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it: it reads a profile twelve times as fast, and every command reads one."""


class _Loader(_Parser):  # type: ignore[misc] # which of the two is known at run time
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own class attribute)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one YAML file and the line (from 1) of each of its keys and list entries."""

    name: str
    data: Any
    lines: dict[Place, int]

    def at(self, place: Place) -> str:
        """Return `file:line` of a place, or of the nearest place around it."""
        while place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines[place]}"

    def naming(self, word: str, otherwise: Place) -> str:
        """Return `file:line` of the first rule that says `word` and nothing else, or of the place `otherwise`."""
        rules = (place for place in self.lines if place and place[0] != "source")
        return self.at(next((place for place in rules if word in {place[-1], self._said(place)}), otherwise))

    def _said(self, place: Place) -> object:
        value = self.data
        for step in place:
            value = value[step]
        return value if isinstance(value, str) else None


def read_document(content: str, name: str) -> Document:
    """Parse one YAML document; raises ConfigError with `name:line`."""
    lines: dict[Place, int] = {(): 1}
    try:
        loader = _Loader(content)
        root = loader.get_single_node()
        if root is None:
            return Document(name, None, lines)
        _walk(root, (), lines, name)
        return Document(name, loader.construct_document(root), lines)
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        problem = str(error.problem) if isinstance(error, yaml.MarkedYAMLError) else type(error).__name__
        where = f"{name}:{mark.line + 1 if mark else 1}"
    raise ConfigError("the file is not valid YAML: {reason}", where=where, facts=(("reason", problem),))


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for position, entry in enumerate(node.value):
            lines[*place, position] = entry.start_mark.line + 1
            _walk(entry, (*place, position), lines, name)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, _key(key))
            if inner in lines:
                raise ConfigError(
                    "the word '{word}' is given twice",
                    where=f"{name}:{key.start_mark.line + 1}",
                    facts=(("word", str(key.value)),),
                )
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, name)


def _key(node: yaml.Node) -> str | int:
    return int(node.value) if node.tag == "tag:yaml.org,2002:int" else str(node.value)
