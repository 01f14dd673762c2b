"""Decides what differs between local system, ledger and national side. What the ledger knows of is no difference.

On its way, held, gone, refused: that is counted as known. Changes nothing. The national side is asked by the token
alone, which tells nobody's name, and no faster than it disturbs delivery; what it did not find counts only where the
look-up was proven.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sync_agent.domain.canonical import correlation_token
from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.errors import NationalUnreachableError, SyncAgentError
from sync_agent.ledger import KnownCase, MessageKey, MessageRow, State, known_by_key, load_findings
from sync_agent.ledger import reconcile as sides
from sync_agent.mapping import Mapped
from sync_agent.national import AccountRefusedError
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import ABSENT, UNSETTLED
from sync_agent.sync.judge import judge
from sync_agent.sync.lanes import resting
from sync_agent.sync.rate import Pace
from sync_agent.sync.scan import read_page
from sync_agent.sync.uncertain import remote_wait

__all__ = ["Comparison", "Difference", "Kind", "National"]

_PROBES: Final = 5
_CASE: Final[MessageKey] = (Step.CASE, "")
_STILL: Final = frozenset({State.ACKNOWLEDGED, State.HELD, State.REJECTED, State.NOT_READY})
"""States in which nothing is read again before the local system says that it changed."""


class Kind(StrEnum):
    """What a difference is."""

    ONLY_LOCAL = "only_local"
    ONLY_LEDGER = "only_ledger"
    ONLY_NATIONAL = "only_national"
    DIFFERENT_CONTENT = "different_content"
    UNKNOWN_THERE = "unknown_there"  # acknowledged, and not to be found
    ID_OF_ANOTHER = "id_of_another"  # the token of the case stands in a record with another Id
    SEVERAL = "several"  # more than one record has the token: nothing can be taken back, a person must see


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference; `found` is the Id that the look-up found, where it found one."""

    kind: Kind
    case_key: str = field(repr=False)
    step: str = ""  # none: the whole case
    local_key: str = field(default="", repr=False)
    known: bool = True  # the ledger has the case
    found: str | None = field(default=None, repr=False)
    shown: str = field(default="", compare=False)  # the name by which it may be shown

    @property
    def content(self) -> dict[str, Any]:
        """What names it, in JSON values; the rest is found out again before anything is repaired."""
        named = {"kind": self.kind.value, "case": self.case_key, "step": self.step}
        return named | ({"local_key": self.local_key} if self.local_key else {})

    @property
    def name(self) -> tuple[str, str, str, str]:
        """By what it is told from others: kind, case, step, local key."""
        return self.kind.value, self.case_key, self.step, self.local_key

    @staticmethod
    def name_of(content: Mapping[str, Any]) -> tuple[str, str, str, str]:
        """Return the name of the difference that `content` was made of. Raises SyncAgentError when it is of none."""
        try:
            return Kind(content["kind"]).value, content["case"], content["step"], content.get("local_key", "")
        except (KeyError, ValueError):
            raise SyncAgentError("what was asked cannot be understood") from None


class National:
    """The national side as far as a look-up by token can tell; counts in `not_compared` why it could not."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._pace = Pace(agent.settings.delivery.look_ups_per_second, 1)
        self._resting = resting(agent)
        self._refused: set[str] = set()
        self._failures = 0  # in a row
        self._before = agent.clock() - remote_wait(agent)
        self.not_compared: Counter[str] = Counter()
        self.proven, self.tells = self._prove()

    def find(self, origin: tuple[str, str], account: str | None) -> list[str] | None:
        """Return the Ids of the records with the token of a case, None where that cannot be told; counts why not."""
        if not self.tells:
            return self._untold("look_up_unproven")
        if account is None:
            return self._untold("no_account")
        if account in self._refused or account in self._resting:
            return self._untold("account_refused" if account in self._refused else "account_resting")
        if self._failures >= self._agent.settings.delivery.unreachable_after:
            return self._untold("unreachable")
        return self._ask(origin, account)

    def is_old(self, at: datetime | None) -> bool:
        """Tell whether what was acknowledged then must be found by now."""
        return at is not None and at < self._before

    def _ask(self, origin: tuple[str, str], account: str) -> list[str] | None:
        while not self._pace.take(account):
            time.sleep(self._pace.seconds(account))
        try:
            found = self._agent.gateway.look_up(correlation_token(self._agent.installation_key, *origin), account)
        except AccountRefusedError:
            self._refused.add(account)
            return self._untold("account_refused")
        except NationalUnreachableError:
            self._failures += 1
            return self._untold("unreachable")
        self._failures = 0
        return found

    def _untold(self, why: str) -> list[str] | None:
        self.not_compared[why] += 1
        return None

    def _prove(self) -> tuple[bool, bool]:
        """Look some cases up that are surely there; return whether "not found" and whether "found" means something."""
        if self._agent.contract.not_found_is_proof:
            return True, True
        self.tells = True
        with self._agent.ledger.read() as connection:
            there = sides.surely_there(connection, self._agent.ledger.source_id, self._before, _PROBES)
        right = [own in (self._ask((source, key), account) or ()) for source, key, own, account in there]
        return bool(right) and all(right), any(right)


@dataclass(slots=True)
class Comparison:
    """Compares pages of cases. `known` counts messages by what the ledger knows of them, `cases` what was compared."""

    agent: Agent
    national: National
    cases: int = 0
    messages: Counter[str] = field(default_factory=Counter)  # by step
    known: Counter[str] = field(default_factory=Counter)

    def page(self, keys: Sequence[str]) -> list[Difference]:
        """Return what differs of some cases, by their keys in the local system or in the ledger."""
        seen = {mapped.case.case_key: mapped for mapped in read_page(self.agent, keys)}
        wanted = list(dict.fromkeys([*seen, *(key for key in keys if self.agent.names.declared(key))]))
        with self.agent.ledger.read() as connection:
            known = known_by_key(connection, self.agent.ledger.source_id, wanted)
            stored = load_findings(connection, [case.row.id for case in known.values()])
            signed = self.agent.signed(connection)
        found: list[Difference] = []
        for key in wanted:
            mapped, case = seen.get(key), known.get(key)
            if mapped is None and case is None:
                continue  # erased, or it came and went while it was looked for
            rules = {(row.rule, row.step, row.local_key) for row in stored[case.row.id].values()} if case else set()
            found += self._case(key, mapped, case, rules, signed=signed)
            self.cases += 1
        return found

    def _case(
        self,
        key: str,
        mapped: Mapped | None,
        case: KnownCase | None,
        rules: Collection[tuple[str, str, str]],
        *,
        signed: bool,
    ) -> Iterator[Difference]:
        shown = self._shown(key, mapped, case)
        there = self._there(key, mapped, case, shown)
        if there is not None:
            yield there
        if case is None:
            if there is None:
                yield Difference(Kind.ONLY_LOCAL, key, known=False, shown=shown)
        elif mapped is None:
            if case.row.gone_since is not None:
                self.known["gone"] += 1
            else:
                yield Difference(Kind.ONLY_LEDGER, key, shown=shown)
        elif case.row.gone_since is not None:
            yield Difference(Kind.ONLY_LOCAL, key, shown=shown)
        else:
            yield from self._steps(key, mapped, case, rules, shown, signed=signed)

    def _steps(
        self,
        key: str,
        mapped: Mapped,
        case: KnownCase,
        rules: Collection[tuple[str, str, str]],
        shown: str,
        *,
        signed: bool,
    ) -> Iterator[Difference]:
        """Compare each message that the case has, or had."""
        contents = judge(self.agent, mapped, case, signed=signed).contents
        for place in sorted({*contents, *case.messages}, key=lambda each: (STEP_ORDER[each[0]], each[1])):
            message, content = case.messages.get(place), contents.get(place)
            kind = self._kind(case, place, message, content.digest if content else None, rules)
            if kind is not None:
                yield Difference(kind, key, place[0].value, place[1], shown=shown)

    def _kind(
        self,
        case: KnownCase,
        place: MessageKey,
        message: MessageRow | None,
        digest: str | None,
        rules: Collection[tuple[str, str, str]],
    ) -> Kind | None:
        self.messages[place[0].value] += 1
        if message is None or (digest is not None and message.reason == ABSENT):
            return Kind.ONLY_LOCAL
        if digest is None:
            return self._left_alone(place, message, rules)
        if message.state in _STILL and message.wanted_digest != digest and not case.row.dirty:
            return Kind.DIFFERENT_CONTENT
        self.known[message.state] += 1
        return None

    def _left_alone(
        self, place: MessageKey, message: MessageRow, rules: Collection[tuple[str, str, str]]
    ) -> Kind | None:
        """Return what it is that a message is no longer part of its case: known, or a difference."""
        if message.state in UNSETTLED or message.reason == ABSENT:
            self.known[message.state if message.state in UNSETTLED else ABSENT] += 1
            return None
        if ("deleted_locally", place[0].value, place[1]) in rules:
            self.known["deleted_locally"] += 1
            return None
        return Kind.ONLY_LEDGER

    def _there(self, key: str, mapped: Mapped | None, case: KnownCase | None, shown: str) -> Difference | None:
        """Compare with the national side what a look-up can tell of a case."""
        message = case.messages.get(_CASE) if case is not None else None
        if case is not None and (message is None or self._not_asked(message)):
            return None
        origin = case.row.origin if case is not None else (self.agent.ledger.source_id, key)
        found = self.national.find(origin, self._account(mapped, case, message))
        if found is None:
            return None
        kind = self._kind_there(message, found)
        if kind is None:
            return None
        single = found[0] if len(found) == 1 else None
        return Difference(kind, key, Step.CASE.value, known=case is not None, found=single, shown=shown)

    def _not_asked(self, message: MessageRow) -> bool:
        """Tell whether a look-up could say nothing of a message, for what the ledger knows of it."""
        if message.state in UNSETTLED or message.forced is not None:
            return True  # it is settled, or sent again, anyway
        why = None
        if message.ack_digest is not None and message.intent_at is None:
            why = "taken_over"  # typed in by others: it has no token of ours
        elif message.ack_digest is not None and not self.national.is_old(message.ack_at):
            why = "too_new"
        if why is not None:
            self.national.not_compared[why] += 1
        return why is not None

    def _kind_there(self, message: MessageRow | None, found: Sequence[str]) -> Kind | None:
        if message is None or message.ack_id is None:
            return (Kind.ONLY_NATIONAL if len(found) == 1 else Kind.SEVERAL) if found else None
        if len(found) > 1:
            return Kind.SEVERAL
        if found:
            return None if found[0].casefold() == message.ack_id.casefold() else Kind.ID_OF_ANOTHER
        if not self.national.proven:
            self.national.not_compared["look_up_unproven"] += 1
            return None
        return Kind.UNKNOWN_THERE

    def _account(self, mapped: Mapped | None, case: KnownCase | None, message: MessageRow | None) -> str | None:
        minted = message.ack_account if message is not None else None
        agency = case.row.agency if case is not None else mapped.case.agency if mapped is not None else None
        return minted or (self.agent.accounts.for_agency(agency) if agency else None)

    def _shown(self, key: str, mapped: Mapped | None, case: KnownCase | None) -> str:
        sticky = case is not None and case.row.protected_since is not None
        now = mapped is not None and bool(self.agent.gate.protection(mapped.case))
        unseen = mapped is None and case is None
        return self.agent.names.shown(key, protected=sticky or now or unseen)
