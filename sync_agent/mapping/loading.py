"""Whether a profile can be used, and where it cannot: file, line and the nearest right word."""

import re
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping.checks import check_profile
from sync_agent.mapping.document import Document, Place, read_document
from sync_agent.mapping.profile import Profile
from sync_agent.mapping.words import unknown_word

__all__ = ["load_profile", "parse_profile"]


def load_profile(path: Path) -> Profile:
    """Read and check a profile; raises ConfigError naming file, line and the nearest right word."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        facts = (("reason", reason),)
        raise ConfigError("the mapping profile cannot be read ({reason})", where=str(path), facts=facts) from None
    return parse_profile(content, str(path))


def parse_profile(content: str, name: str) -> Profile:
    """Check the text of a profile; `name` stands for the file in errors."""
    document = read_document(content, name)
    try:
        profile = Profile.model_validate(document.data)
    except ValidationError as error:
        raise _explained(error, document) from None
    profile._document = document  # noqa: SLF001 (pydantic offers no other way to hand over a private attribute)
    check_profile(profile)
    return profile


def _explained(error: ValidationError, document: Document) -> ConfigError:
    problems = error.errors(include_input=False, include_url=False)
    # an unknown word is usually why another one is missing
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    place: Place = tuple(each for each in first["loc"] if each != "[key]")
    where = document.at(place)
    word = str(place[-1]) if place else ""
    if first["type"] == "extra_forbidden":
        return unknown_word("unknown word '{word}'", word, _words(place[:-1]), where)
    if first["loc"] and first["loc"][-1] == "[key]":
        known = (
            {step.value for step in Step}
            if place[0] in {"ready_when", "national_ids", "write_back"}
            else {"petition", "person", "link"}
        )
        return unknown_word("unknown word '{word}'", word, known, where)
    if first["type"] == "missing":
        return ConfigError("the word '{word}' is missing", where=where, facts=(("word", word),))
    facts = (("word", word), ("reason", re.sub(r"^Value error, ", "", first["msg"])))
    if not word:
        return ConfigError("the profile is wrong: {reason}", where=where, facts=facts)
    return ConfigError("the value of '{word}' is wrong: {reason}", where=where, facts=facts)


def _words(place: Place) -> set[str]:
    """Return the words a profile knows at a place."""
    current: Any = Profile
    for each in place:
        current = _inner(current, each)
    return {field.alias or name for name, field in current.model_fields.items()}


def _inner(annotation: Any, step: str | int) -> Any:
    if typing.get_origin(annotation) in {dict, tuple}:
        return _plain(typing.get_args(annotation)[1 if typing.get_origin(annotation) is dict else 0])
    name = next(name for name, field in annotation.model_fields.items() if step in {name, field.alias})
    return _plain(typing.get_type_hints(annotation)[name])


def _plain(annotation: Any) -> Any:
    """Return what an optional setting holds when it is given."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return next(choice for choice in typing.get_args(annotation) if choice is not types.NoneType)
    return annotation
