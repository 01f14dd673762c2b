"""Who looks at a page, and which cases they may see. The one place that turns an account's agencies into a filter."""

from dataclasses import dataclass

from sync_agent.i18n import Language
from sync_agent.ledger import Role

__all__ = ["Viewer", "visible"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who is signed in. `agencies` are those whose cases they see; none: all."""

    name: str
    role: Role
    agencies: frozenset[str] = frozenset()
    lang: Language = Language.VI

    @property
    def operates(self) -> bool:
        """Tell whether they may ask the service for something."""
        return self.role is Role.OPERATOR


def visible(viewer: Viewer) -> frozenset[str] | None:
    """Return the agencies to which every query of a page is narrowed, None where nothing is to be narrowed.

    A case of another agency, or of none, is to the viewer what an unknown one is: 404.
    """
    return viewer.agencies or None
