"""What an Id of the national database can look like, wherever one is read: in an answer or in the local system."""

import re

__all__ = ["is_national_id"]

_NATIONAL_ID = re.compile(r"[A-Za-z0-9{][A-Za-z0-9._{}-]{0,63}")


def is_national_id(text: str) -> bool:
    """Tell whether a text has the form of a national Id; nothing longer, spaced or accented is one."""
    return _NATIONAL_ID.fullmatch(text) is not None
