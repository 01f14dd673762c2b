"""Which passwords an account may have, and how they are kept: as argon2id makes them, never as they are."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sync_agent.errors import ConfigError

__all__ = ["hashed", "matches", "require_strong"]

_SHORTEST: Final = 12
_LONGEST: Final = 256
_DIFFERENT: Final = 5
_HASHER: Final = PasswordHasher()  # RFC 9106, the profile for little memory


def require_strong(name: str, password: str) -> None:
    """Raise ConfigError for a password that is too short, too plain or made of the account's name."""
    todo = "choose {least} characters or more, not the account's name and not one sign over and over"
    plain = password.casefold().strip()
    weak = name.casefold() in plain or len(set(plain)) < _DIFFERENT
    if weak or not _SHORTEST <= len(plain) <= _LONGEST or not password.isprintable():
        raise ConfigError(
            "this password cannot be used", where="accounts", todo=todo, facts=(("least", str(_SHORTEST)),)
        )


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that is kept. None, of no account, takes as long as a wrong one."""
    if len(password) > _LONGEST:
        return False
    try:
        return _HASHER.verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this one")
