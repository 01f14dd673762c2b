"""What a look-up by person data asks and what it finds. Both are about people: neither shows itself."""

from dataclasses import dataclass, field

__all__ = ["FoundCase", "PersonQuery"]


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """Whom to look for: by name or by ID number; what is "" is not asked."""

    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FoundCase:
    """One case of the national database as a look-up tells of it; "" for what it does not tell."""

    id: str = field(repr=False)
    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    content: str = field(default="", repr=False)
