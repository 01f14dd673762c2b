"""Decides what may be kept of a refusal's text: a code, and the words that are known to name nobody."""

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sync_agent.errors import ConfigError

__all__ = ["REFUSED_UNKNOWN", "Refusals", "read_refusals"]

REFUSED_UNKNOWN = "refused_unknown"
HIDDEN = "▢"
_FILE_NAME = "refusals.toml"
_LONGEST_MASKED = 300
_TOKEN = re.compile(r"[^\s.,;:!?()\[\]\"'/-]+")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Refusal(_Section):
    code: str = Field(pattern=r"^[a-z][a-z_]{2,39}$")
    pattern: str = Field(min_length=1)
    evidence: str = Field(min_length=1)
    final: bool = False  # the same content would be refused for ever

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern


class Refusals(_Section):
    """The known texts and the vocabulary of `refusals.toml`."""

    refusal: tuple[_Refusal, ...] = ()
    vocabulary: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    def code(self, text: str) -> str:
        """Return the code of a known text, else `refused_unknown`. The whole text must match."""
        known = self._known_as(text)
        return REFUSED_UNKNOWN if known is None else known.code

    def is_final(self, text: str) -> bool:
        """Tell whether a text is known to refuse the same content for ever; an unknown one is not."""
        known = self._known_as(text)
        return known is not None and known.final

    def _known_as(self, text: str) -> _Refusal | None:
        normal = _normal(text)
        return next((each for each in self.refusal if re.fullmatch(each.pattern, normal)), None)

    def masked(self, text: str) -> str:
        """Return `text` with every word hidden that is not part of a phrase of the vocabulary.

        A phrase of one word is known only in lower case: capitalised it may be a name.
        """
        text = unicodedata.normalize("NFC", text)
        tokens = list(_TOKEN.finditer(text))
        known = self._known([token[0] for token in tokens])
        pieces, end = [], 0
        for token, shown in zip(tokens, known, strict=True):
            pieces += [text[end : token.start()], token[0] if shown else HIDDEN]
            end = token.end()
        return " ".join("".join([*pieces, text[end:]]).split())[:_LONGEST_MASKED]

    def _known(self, words: list[str]) -> list[bool]:
        known = [False] * len(words)
        folded = [word.casefold() for word in words]
        for phrase in (entry.split() for entry in self.vocabulary):
            own = words if len(phrase) == 1 else folded
            for start in range(len(words) - len(phrase) + 1):
                if own[start : start + len(phrase)] == phrase:
                    known[start : start + len(phrase)] = [True] * len(phrase)
        return known


def read_refusals(folder: Path) -> Refusals:
    """Read `folder/refusals.toml`. Raises ConfigError."""
    path = folder / _FILE_NAME
    try:
        return Refusals.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        reason = error.strerror or "error"
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except ValueError as error:
        reason = str(error)
    raise ConfigError("the refusals file cannot be used: {reason}", where=str(path), facts=(("reason", reason),))


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
