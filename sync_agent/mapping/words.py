"""Which known word a mistyped one was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

from sync_agent.errors import ConfigError

__all__ = ["nearest", "unknown_word"]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word closest to `word`, or ''."""
    choices = sorted(known)
    folded = {choice.casefold(): choice for choice in choices}
    if word.casefold() in folded:
        return folded[word.casefold()]
    found = get_close_matches(word, choices, n=1, cutoff=0.6)
    if found:
        return found[0]
    # a bare field name where a dotted path is expected
    tails = [choice for choice in choices if choice.rpartition(".")[2] == word.rpartition(".")[2]]
    return tails[0] if tails else ""


def unknown_word(what: str, word: str, known: Iterable[str], where: str) -> ConfigError:
    """Return the error for a word that is not known; `what` has `{word}`, the nearest right one is proposed."""
    close = nearest(word, known)
    todo = "did you mean {near}?" if close else "see docs/profile.md for the words that are known"
    return ConfigError(what, where=where, todo=todo, facts=(("word", word), ("near", close)))
