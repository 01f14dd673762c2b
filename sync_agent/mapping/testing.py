"""Plug-ins without a package, so that a profile that names some is tested as one that names none."""

import hashlib
from collections.abc import Callable
from typing import Any

from sync_agent.mapping.plugins import Finder, Plugin
from sync_agent.mapping.words import unknown_word

__all__ = ["fake_plugins"]


def fake_plugins(*, version: str = "1", **functions: Callable[[Any], Any]) -> Finder:
    """Return a finder that knows these functions by their names, `_` standing for `-`, all of one `version`."""
    known = {name.replace("_", "-"): function for name, function in functions.items()}

    def find(name: str, where: str) -> Plugin:
        if name not in known:
            raise unknown_word("no installed package offers the mapping function '{word}'", name, known, where)
        return Plugin(name, hashlib.sha256(version.encode()).hexdigest(), known[name])

    return find
