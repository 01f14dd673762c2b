"""Looks cases up by their petitioners: whom it may ask for, whether "not found" can be trusted, what an answer means.

Only for a case that was read the same for long enough and that neither its witnesses nor its group protect: asking
names a person.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sync_agent.audit import Event
from sync_agent.domain.findings import stops
from sync_agent.domain.steps import Step
from sync_agent.ledger import Doubt, KnownCase, MessageKey, Transaction, cases, id_is_taken
from sync_agent.national import FoundCase
from sync_agent.sync.context import Agent
from sync_agent.sync.judge import Look
from sync_agent.sync.likeness import Conclusion, Petition, conclude, petition_of
from sync_agent.sync.observe import Observed, observe
from sync_agent.sync.record import standing
from sync_agent.sync.scan import read_page
from sync_agent.sync.takeover import LocalIds, Present, cast_doubt, take_over_found

__all__ = ["LookUp", "Trust"]

CASE: Final[MessageKey] = (Step.CASE, "")
_PROBES = 5

Trust = str
"""Why "not found" is trusted: "configured", "proven" (by looking up what is surely there), or "" when it is not."""


@dataclass(slots=True)
class LookUp:
    """The look-ups of one adoption. `twins` counts local cases that no answer could tell apart."""

    agent: Agent
    ids: LocalIds
    actor: str
    push: bool = False
    trust: Trust = ""
    found: int = 0
    twins: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)

    def note(self, observed: Observed) -> None:
        """Remember what a case that will be looked up can be found by."""
        petition = petition_of(observed.mapped.case, self.agent.contract.without_token)
        self.twins.update(petition.marks() if petition else ())

    def prove(self, keys: Sequence[str]) -> None:
        """Find out whether "not found" can be trusted, if need be by cases (`keys`) that are surely there.

        Raises NationalUnreachableError.
        """
        if self.agent.contract.not_found_is_trusted:
            self.trust = "configured"
            return
        asked = 0
        for observed in self._askable(keys):
            petition = petition_of(observed.mapped.case, self.agent.contract.without_token)
            if petition is None or asked == _PROBES:
                continue
            asked += 1
            rows, _ = self._search(observed, petition)
            if observed.case.messages[CASE].ack_id not in {row.id for row in rows}:
                return
        if asked:
            self.trust = "proven"
            with self.agent.ledger.write(actor=self.actor) as tx:
                tx.record(Event.CAPABILITY_PROVEN, reason="lookup", counts={"cases": asked})

    def settle(self, keys: Sequence[str]) -> list[Observed]:
        """Look some cases up and write down what came of each; return them as they are then.

        Raises NationalUnreachableError; what was settled before stays.
        """
        # What an unproven look-up did not find is asked for once more when there is one that can be trusted.
        doubts = (Doubt.LOOK_UP, Doubt.UNPROVEN) if self.trust else (Doubt.LOOK_UP,)
        for observed in self._askable(keys, *doubts):
            conclusion = self._conclusion(observed)
            with self.agent.ledger.write(actor=self.actor) as tx:
                self._observe(tx, observed, conclusion)
        seen = read_page(self.agent, keys)
        with self.agent.ledger.write(actor=self.actor) as tx:
            return observe(self.agent, tx, seen, plan=())

    def _askable(self, keys: Sequence[str], *doubts: Doubt) -> list[Observed]:
        """Read some cases again and return those that may be asked for: acknowledged, or with one of these doubts.

        What became protected meanwhile is for a person.
        """
        agent, seen = self.agent, read_page(self.agent, keys)
        with agent.ledger.write(actor=self.actor) as tx:
            found = observe(agent, tx, seen, plan=())
            if not agent.signed(tx.connection):
                return []  # a look-up names people: nothing goes up under an unsigned policy
            settled_by = tx.now - agent.settings.settle
            ids = [observed.row.id for observed in found]
            restless = cases.unsettled_beside(tx.connection, ids, settled_by) if agent.settings.settle else set()
            left = standing(tx.connection, [observed.row for observed in found])
            askable = []
            for observed in found:
                message = observed.case.messages.get(CASE)
                if message is None or (message.ack_digest is None and message.doubt not in doubts):
                    continue
                if self._is_protected(observed):
                    if message.ack_digest is None:
                        cast_doubt(tx, observed.case, CASE, Doubt.ADOPTION)
                    continue
                others = [each for each in stops(left[observed.row.id], *CASE) if each.rule != "maybe_present"]
                unready = message.ack_digest is None and (others or CASE not in observed.mapped.ready)
                if not unready and observed.row.id not in restless and self._is_settled(observed, tx.now, settled_by):
                    askable.append(observed)
        return askable

    def _is_protected(self, observed: Observed) -> bool:
        return observed.row.protected_since is not None or bool(self.agent.gate.protection(observed.mapped.case))

    def _is_settled(self, observed: Observed, now: datetime, settled_by: datetime) -> bool:
        """Tell whether case and kind were read the same for long enough; one without a kind never was."""
        row, mapped = observed.row, observed.mapped
        kind_settle = timedelta(seconds=self.agent.settings.delivery.kind_settle_seconds)
        account = self.agent.accounts.for_agency(mapped.case.agency or "")
        known = mapped.case.kind is not None and account is not None
        return known and row.digest_seen_at <= settled_by and row.kind_seen_at + kind_settle <= now

    def _conclusion(self, observed: Observed) -> Conclusion:
        """Ask for the petitioners of a case, unless no answer could say anything of it."""
        contract = self.agent.contract
        petition = petition_of(observed.mapped.case, contract.without_token)
        if petition is None or any(self.twins[mark] > 1 for mark in petition.marks()):
            return Conclusion()
        rows, complete = self._search(observed, petition)
        with self.agent.ledger.read() as connection:
            foreign = [row for row in rows if not id_is_taken(connection, Step.CASE, row.id, 0)]
        return conclude(
            petition,
            foreign,
            complete=complete,
            claimed=lambda national_id: self.ids.times(Step.CASE, national_id) > 0,
            without_token=contract.without_token,
        )

    def _search(self, observed: Observed, petition: Petition) -> tuple[list[FoundCase], bool]:
        """Return what is listed of the petitioners, and whether no list may have been cut."""
        account = self.agent.accounts.for_agency(observed.mapped.case.agency or "") or ""
        lists = [self.agent.gateway.search(query, account) for query in petition.queries]
        complete = not any(self.agent.contract.may_be_cut(len(each)) for each in lists)
        return list({row.id: row for each in lists for row in each}.values()), complete

    def _observe(self, tx: Transaction, observed: Observed, conclusion: Conclusion) -> None:
        def take_over(case: KnownCase, look: Look) -> None:
            self._note_conclusion(tx, case, look, conclusion)

        observe(self.agent, tx, [observed.mapped], plan=[observed.row.case_key], take_over=take_over)

    def _note_conclusion(self, tx: Transaction, case: KnownCase, look: Look, conclusion: Conclusion) -> None:
        national_id = conclusion.national_id
        if conclusion.missing:
            cast_doubt(tx, case, CASE, Doubt.NOT_FOUND if self.trust else Doubt.UNPROVEN)
        elif national_id is None or CASE not in look.contents or id_is_taken(tx.connection, Step.CASE, national_id, 0):
            cast_doubt(tx, case, CASE, Doubt.ADOPTION)
        else:
            present = Present(CASE, national_id, "pushed" if self.push else "looked_up")
            take_over_found(self.agent, tx, case, look, present)
            self.found += 1
