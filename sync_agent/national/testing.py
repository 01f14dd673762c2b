"""A national service that answers by script: for tests of what stands above the gateway, ours and a user's own."""

import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import orjson

from sync_agent.national.content import opened
from sync_agent.national.gateway import CodeEntry
from sync_agent.national.messages import WireRequest
from sync_agent.national.outcomes import OVERSLEPT, Accepted, NotProcessed, Outcome
from sync_agent.national.search import FoundCase, PersonQuery

__all__ = ["FakeGateway", "Recorded", "whole"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came, with the account that sent it and what was answered."""

    request: WireRequest
    account: str
    outcome: Outcome | Exception


@dataclass(slots=True)
class FakeGateway:
    """Answers each send with the next of `script` (an exception is raised), and accepts when the script has ended.

    `found` maps a token to the Ids a look-up returns, `people` a name or ID number to the cases a search returns;
    `sent`, `looked_up` and `searched` record what was asked.
    """

    script: deque[Outcome | Exception] = field(default_factory=deque)
    found: dict[str, list[str]] = field(default_factory=dict)
    codes: dict[int, list[CodeEntry]] = field(default_factory=dict)
    sent: list[Recorded] = field(default_factory=list)
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    people: dict[str, list[FoundCase]] = field(default_factory=dict, repr=False)
    searched: list[tuple[PersonQuery, str]] = field(default_factory=list)

    @classmethod
    def answering(cls, *outcomes: Outcome | Exception) -> "FakeGateway":
        """Return a gateway with this script."""
        return cls(script=deque(outcomes))

    def then(self, outcomes: Iterable[Outcome | Exception]) -> None:
        """Add to the script."""
        self.script.extend(outcomes)

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Record the request with its files and answer by script; an accepted update keeps its Id.

        What is overslept is neither recorded nor answered.
        Raises SourceError for a file that is not what it was.
        """
        request = whole(request)
        if request.overslept():
            return NotProcessed(OVERSLEPT)
        outcome = self.script.popleft() if self.script else Accepted(_own_id(request) or str(uuid.uuid4()), 200)
        self.sent.append(Recorded(request, account_alias, outcome))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Record the token and return the Ids prepared for it."""
        self.looked_up.append((token, account_alias))
        return list(self.found.get(token, ()))

    def search(self, query: PersonQuery, account_alias: str) -> list[FoundCase]:
        """Record the query and return the cases prepared for its name, else for its ID number."""
        self.searched.append((query, account_alias))
        return list(self.people.get(query.name or query.id_number, ()))

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Return the entries prepared for `kind`."""
        del account_alias, province, ministry, classification
        return list(self.codes.get(kind, ()))

    def token_seconds(self, account_alias: str, *, ask: bool = True) -> float | None:
        """No account needs a token."""
        del account_alias, ask
        return None

    def close(self) -> None:
        """Nothing is held."""


def whole(request: WireRequest) -> WireRequest:
    """Return a request with its files in its body, as the national side gets it. Raises SourceError."""
    if not request.files:
        return request
    with opened(request.body, request.files, "json") as (content, _):
        text = content if isinstance(content, bytes) else b"".join(content)
        return replace(request, body=orjson.loads(text), files=())


def _own_id(request: WireRequest) -> str:
    body = request.body
    own: str = body.get("ThiHanhId") or body.get("VuViec", {}).get("Id", "") if request.update else ""
    return own
