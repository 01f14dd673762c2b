"""Whether a case that the national database lists is ours: by its petitioner and its text, never by one alone."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.spelling import same_tones
from sync_agent.national import FoundCase, PersonQuery

__all__ = ["Conclusion", "Likeness", "Petition", "conclude", "likeness", "petition_of", "plain"]


class Likeness(StrEnum):
    """How much a listed case looks like ours."""

    EXACT = "exact"  # the petitioner and the text
    LIKE = "like"  # the petitioner, or the text: a person must look
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Petition:
    """Who hands in (name, ID number) and what, normalised; `queries` asks for them as they are written here."""

    people: tuple[tuple[str, str], ...] = field(repr=False)
    content: str = field(repr=False)
    queries: tuple[PersonQuery, ...] = field(repr=False)

    def marks(self) -> frozenset[tuple[str, str]]:
        """Return what another local case must not share with this one, or nobody could tell which of them is meant."""
        return frozenset((name, self.content) for name, _ in self.people)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the lists of a look-up mean for one case: found under `national_id`, surely not there, or in doubt."""

    national_id: str | None = field(default=None, repr=False)
    missing: bool = False


def petition_of(case: CaseFile, without_token: Callable[[str], str]) -> Petition | None:
    """Return what a case can be looked up by; None where there is nobody to ask for or nothing to compare."""
    petitioners, petition = case.petitioners, case.petition
    content = plain(without_token(petition.content)) if petition and petition.content else ""
    if petitioners is None or not content:
        return None
    named = [(person.full_name or "", person.id_number or "") for person in petitioners.people]
    if petitioners.organisation is not None:
        named.append((petitioners.organisation.name or "", ""))
    if not named or not all(name.strip() for name, _ in named):
        return None
    queries = [PersonQuery(id_number=number.strip()) for _, number in named if number.strip()]
    queries += [PersonQuery(name=" ".join(unicodedata.normalize("NFC", name).split())) for name, _ in named]
    people = tuple((plain(name), plain(number)) for name, number in named)
    return Petition(people, content, tuple(dict.fromkeys(queries)))


def likeness(ours: Petition, found: FoundCase, without_token: Callable[[str], str]) -> Likeness:
    """Return how much a listed case looks like ours. An ID number that differs makes another person of one name."""
    name, number = plain(found.name), plain(found.id_number)
    same_person = any(name == mine and (number == its or not number or not its) for mine, its in ours.people)
    same_number = bool(number) and any(number == its for _, its in ours.people)
    same_text = plain(without_token(found.content)) == ours.content
    if same_person and same_text:
        return Likeness.EXACT
    return Likeness.LIKE if same_person or same_number or same_text else Likeness.OTHER


def conclude(
    ours: Petition,
    found: Iterable[FoundCase],
    *,
    complete: bool,
    claimed: Callable[[str], bool],
    without_token: Callable[[str], str],
) -> Conclusion:
    """Conclude from what is listed of the petitioners, without what is ours already.

    `complete`: no list may have been cut; `claimed` tells whether an id stands at another local case.
    """
    exact, like = set[str](), set[str]()
    for each in found:
        found_as = likeness(ours, each, without_token)
        if found_as is Likeness.EXACT and not claimed(each.id):
            exact.add(each.id)
        elif found_as is not Likeness.OTHER:
            like.add(each.id)
    if not complete:
        return Conclusion()
    if len(exact) == 1:
        return Conclusion(national_id=exact.pop())
    return Conclusion(missing=not exact and not like)


def plain(text: str) -> str:
    """Return a text as it is compared: one case, one space, composed, the tone of a word wherever it was written."""
    return same_tones(unicodedata.normalize("NFC", text).casefold())
