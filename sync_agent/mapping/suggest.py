"""Which national codes a local value was probably meant to be: by likeness of names, for a person to confirm or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sync_agent.mapping.naming import body_name, unaccented

__all__ = ["Suggester", "Suggestion"]

_LEAST: Final = 75.0
"""Of 100. Below it two names share little more than a common word."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code of the national list; `score` is from 0 to 100, without accents, capitals and the order of words."""

    code: str
    name: str
    score: int


class Suggester:
    """Suggests from one list of names by code. Accents, capitals, abbreviations and word order do not count."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._folded = {code: _folded(name) for code, name in self._names.items()}

    def best(self, texts: Sequence[str], *, limit: int = 3) -> tuple[Suggestion, ...]:
        """Return the likest codes to any of `texts`, best first; a code with letters stands for itself.

        A bare number does not: lists that number other things from 1 on are the rule.
        """
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - slow to import, and few commands need it

        scores: dict[str, float] = {text: 100.0 for text in texts if text in self._names and not text.isdecimal()}
        for text in filter(None, map(_folded, texts)):
            found = process.extract(text, self._folded, scorer=fuzz.token_set_ratio, limit=limit, score_cutoff=_LEAST)
            for name, score, code in found:
                # of names that hold the text equally well, the one with the least beside it
                scores[code] = max(scores.get(code, 0.0), (4 * score + fuzz.ratio(text, name)) / 5)
        best = sorted(scores, key=lambda code: (-scores[code], code))[:limit]
        return tuple(Suggestion(code, self._names[code], round(scores[code])) for code in best)


def _folded(text: str) -> str:
    return unaccented(body_name(text))
