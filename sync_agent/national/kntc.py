"""The contract kntc: decides which messages a case becomes, which update may go up, which request may be repeated.

What is not known about the service is a capability; its default never sends what could not be taken back.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from sync_agent.domain.casefile import CaseFile, Petition
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.national.contract_file import ContractFile, choose, read_contract_file
from sync_agent.national.gaps import Gaps
from sync_agent.national.kntc_case import case_body
from sync_agent.national.kntc_steps import acceptance_body, enforcement_body, processing_body, settlement_body
from sync_agent.national.messages import (
    Body,
    Ids,
    Message,
    Projection,
    Sent,
    Shape,
    WireFile,
    WireOptions,
    WireRequest,
    put,
)
from sync_agent.national.messages import Path as BodyPath
from sync_agent.national.protected import closed
from sync_agent.national.refusals import Refusals, read_refusals
from sync_agent.national.schema import MessageSchema, read_schema
from sync_agent.national.wire import Writer

__all__ = ["KntcContract", "load_contract"]

_LISTS: Final[Mapping[Step, Mapping[str, tuple[BodyPath, ...]]]] = {
    Step.CASE: {
        "files": (("Attachment",),),
        "people": (("NguoiKNTC", "DataNguoiKNTC"),),
        "classifications": (("PhanLoaiDon",),),
    },
    Step.SETTLEMENT: {
        "people": (("CaNhanBiXuLyHanhChinh",), ("ToChucBiXuLyHanhChinh",)),
        "number": (("SoQuyetDinh",),),
    },
}
_ID_PLACEHOLDER = "00000000-0000-0000-0000-000000000000"
_SMALLEST_CAP = 10
"""No list of found cases is cut shorter, where the contract does not know how long one can be."""


class KntcContract:
    """Contract kntc with the capabilities chosen for one installation. Immutable; safe to share between threads."""

    def __init__(
        self,
        file: ContractFile,
        capabilities: Mapping[str, str],
        schemas: Mapping[str, MessageSchema],
        refusals: Refusals,
        digest: str,
    ) -> None:
        self.file = file
        self.name = file.name
        self.version = file.version
        self.digest = digest
        self.capabilities = dict(capabilities)
        self.refusals = refusals
        self._codes = file.with_codes(capabilities)
        self._gaps = Gaps(file.gaps.counted, file.gaps.folded)
        self._schemas = {step: schemas[file.actions.of(step)] for step in Step}
        self._shapes = {
            step: Shape.of(schema.leaves, _LISTS.get(step, {}), file.format.empty)
            for step, schema in self._schemas.items()
        }

    @property
    def stated_gaps(self) -> tuple[str, ...]:
        """The CaseFile paths that no message ever carries; said once, not counted case by case."""
        return self.file.gaps.stated

    @property
    def not_processed_statuses(self) -> frozenset[int]:
        """HTTP statuses, 401 apart, that surely mean that nothing was processed."""
        return frozenset(int(status) for status in self.capabilities["not_processed_statuses"].split(","))

    @property
    def not_found_is_proof(self) -> bool:
        """Tell whether finding nothing shows that the case is not there: only a proven search inside texts does."""
        return self.capabilities["lookup"] == "contains"

    @property
    def look_up_lag(self) -> int | None:
        """Seconds before a new case can be found, None if unknown."""
        return _number(self.capabilities["lookup.lag"])

    @property
    def look_up_cap(self) -> int | None:
        """Most cases one look-up returns, None if unknown."""
        return _number(self.capabilities["lookup.cap"])

    def may_be_cut(self, count: int) -> bool:
        """Tell whether a list of `count` found cases may lack some: it is as long as one can be, or nobody knows."""
        cap = self.look_up_cap
        return count >= (_SMALLEST_CAP if cap is None else cap)

    @property
    def not_found_is_trusted(self) -> bool | None:
        """Tell whether finding nobody by person data shows that a case is not there; None: it must be proven first."""
        return None if self.capabilities["lookup"] == "unproven" else True

    def without_token(self, text: str) -> str:
        """Return a text without the line by which a case can be looked up, whoever wrote it."""
        before, _, after = self.file.texts.token_line.partition("{token}")
        line = re.compile(rf"{re.escape(before)}[A-Z2-7]{{26}}{re.escape(after)}")
        kept = [each for each in unicodedata.normalize("NFC", text).splitlines() if not line.fullmatch(each.strip())]
        return "\n".join(kept)

    def token_line(self, token: str) -> str:
        """Return the line by which a case can be looked up."""
        return self.file.texts.token_line.format(token=token)

    def project(self, cleared: ClearedCase, *, token: str, options: WireOptions) -> Projection:
        """Return the messages of a case in step order, and every finding about what they say or cannot say.

        A finding that stops a step names it; the message is returned all the same, with the field left empty.
        """
        petition = cleared.case.petition
        if petition is None:
            part = "petition" if cleared.case.reception is None else "reception"
            return Projection((), (Finding("not_expressible", Level.WARN, part),))
        case = closed(cleared.case) if cleared.protected else cleared.case
        drafts = list(self._drafts(case, token=token, options=options, protected=cleared.protected))
        texts = self.file.texts
        constants = frozenset({texts.protected, texts.anonymous, self.token_line(token)})
        messages = tuple(
            Message(
                writer.step,
                writer.local_key,
                parent,
                case.agency or "",
                body,
                self._shapes[writer.step],
                tuple(writer.files),
                constants,
            )
            for writer, parent, body in drafts
        )
        findings = [finding for writer, _, _ in drafts for finding in writer.findings]
        findings += self._gaps.findings(case)
        findings += self._missing(case)
        if not cleared.protected:
            findings += _nameless(case)
        return Projection(messages, tuple(sorted(dict.fromkeys(findings), key=_finding_order)))

    def _drafts(
        self, case: CaseFile, *, token: str, options: WireOptions, protected: bool
    ) -> Iterator[tuple[Writer, str, Body]]:
        petition = case.petition or Petition()

        def writer(step: Step, local_key: str = "") -> Writer:
            return Writer(self.file, self._codes, options, step, local_key)

        of_case = writer(Step.CASE)
        yield of_case, "", case_body(case, petition, of_case, token=token, protected=protected)
        if case.processing is not None:
            of_processing = writer(Step.PROCESSING)
            yield of_processing, "", processing_body(case.processing, petition, of_processing)
        if case.acceptance is not None:
            of_acceptance = writer(Step.ACCEPTANCE)
            yield of_acceptance, "", acceptance_body(case.acceptance, of_acceptance)
        for settlement in case.settlements:
            of_settlement = writer(Step.SETTLEMENT, settlement.local_key)
            yield of_settlement, "", settlement_body(settlement, of_settlement)
        for enforcement in case.enforcements:
            of_enforcement = writer(Step.ENFORCEMENT, enforcement.local_key)
            yield of_enforcement, enforcement.settlement_key, enforcement_body(enforcement, of_enforcement)

    def _missing(self, case: CaseFile) -> Iterator[Finding]:
        for required in self.file.required:
            part, _, name = required.field.rpartition(".")
            holder = getattr(case, part) if part else case
            if holder is not None and getattr(holder, name) is None:
                yield Finding("required_missing", Level.HOLD, required.field, required.step)
        known = {settlement.local_key for settlement in case.settlements}
        for enforcement in case.enforcements:
            if enforcement.settlement_key not in known:
                field, key = "enforcements.settlement_key", enforcement.local_key
                yield Finding("required_missing", Level.HOLD, field, Step.ENFORCEMENT, key)

    def check(self, message: Message, *, most_bytes: int | None = None) -> list[Finding]:
        """Return where `message` does not match its schema, or is larger than the service is thought to take.

        `most_bytes` is the largest body where the contract's own figure does not hold.
        """
        body = message.body
        if message.step is not Step.CASE:
            body = {name: _ID_PLACEHOLDER if name in _ID_FIELDS else value for name, value in body.items()}
        findings = self._schemas[message.step].findings(body, message.step, message.local_key)
        size, most = message.encoded_files + len(message.content()), most_bytes or self.file.format.largest_body
        if size > most:
            sizes = f"{size} B > {most} B"  # there is no column to mend, and which file it is nobody needs to be told
            findings.append(Finding("too_large", Level.HOLD, "", message.step, message.local_key, sizes))
        return findings

    def request(self, message: Message, ids: Ids, open_file: Callable[[str], BinaryIO]) -> WireRequest:
        """Return the request for `message`; `ids.own` makes it an update.

        Its files are opened by `open_file` when it is sent. Raises ValueError when a needed Id is missing.
        """
        update = bool(ids.own)
        body: Body = orjson.loads(orjson.dumps(message.body))
        self._put_ids(message.step, body, ids)
        files = message.files
        if update and message.step is Step.CASE and not self._lists_replace:
            del body["Attachment"]
            files = ()
        if update and self.capabilities["lists_on_update"] == "append":
            for name in ("people", "classifications"):
                for path in message.shape.lists.get(name, ()):
                    put(body, path, [])
        opened = tuple(WireFile(each.path, each.sha256, each.size, partial(open_file, each.location)) for each in files)
        return WireRequest(message.step, self.file.actions.of(message.step), update, body, opened)

    def _put_ids(self, step: Step, body: Body, ids: Ids) -> None:
        if step is Step.CASE:
            body["VuViec"]["Id"] = ids.own
            return
        if not ids.case or (step is Step.ENFORCEMENT and not ids.parent):
            raise ValueError(f"a message of step {step} needs the Ids of what it belongs to")
        body["Id"] = ids.case
        if step is Step.ENFORCEMENT:
            body["IdKetQua"], body["ThiHanhId"] = ids.parent, ids.own
        way, _, field = self.capabilities["settlement.update"].partition(":")
        if step is Step.SETTLEMENT and ids.own and way == "decision_id":
            body[field] = ids.own

    def update_stop(self, step: Step, *, old: Sent, message: Message) -> str | None:
        """Return the rule that forbids sending the changed `message` over what was acknowledged, None if none does.

        A rule that a person may release (`update_empties_field`, and `adopted_update` for the first update of what was
        taken over) comes only when no other forbids it.
        """
        changed = old.changed(message)
        overwrites = self._overwrites(step)
        if not self._updatable(step, changed, message):
            return "update_not_expressible"
        if "files" in changed and not self._lists_replace and not overwrites:
            return "files_changed"
        if changed & {"people", "classifications"} and self.capabilities["lists_on_update"] == "append":
            return "update_not_expressible"
        empties = not overwrites and self.capabilities["empty_string"] != "clears" and self._empties(old, message)
        if empties and self._keeps_empty:
            return "update_not_expressible"
        if old.adopted:
            return "adopted_update"
        return "update_empties_field" if empties else None

    def emptied(self, message: Message) -> tuple[str, ...]:
        """Return the leaf paths that an update with `message` may empty in the national record, in their order."""
        if self._keeps_empty and not self._overwrites(message.step):
            return ()
        filled, lists = set(message.present()), message.shape.lists
        kept = [] if self._lists_replace or self._overwrites(message.step) else list(lists.get("files", ()))
        if self.capabilities["lists_on_update"] == "append":
            kept += [*lists.get("people", ()), *lists.get("classifications", ())]
        return tuple(
            leaf
            for position, leaf in enumerate(message.shape.leaves)
            if position not in filled and leaf not in _ID_LEAVES and not _below(leaf, kept)
        )

    def repeatable(self, step: Step, update: bool) -> bool:
        """Tell whether the same request may be sent again after its answer was lost."""
        if step in _OVERWRITABLE:
            return self._overwrites(step)
        return update and (step is not Step.SETTLEMENT or self.capabilities["settlement.update"] != "unknown")

    @property
    def _keeps_empty(self) -> bool:
        return self.capabilities["empty_string"] == "keeps"

    @property
    def _lists_replace(self) -> bool:
        return self.capabilities["lists_on_update"] == "replace"

    def _overwrites(self, step: Step) -> bool:
        return step in _OVERWRITABLE and self.capabilities[step.value] == "overwrites"

    def _updatable(self, step: Step, changed: frozenset[str], message: Message) -> bool:
        if step in _OVERWRITABLE:
            return self._overwrites(step)
        if step is Step.SETTLEMENT:
            way = self.capabilities["settlement.update"]
            unnamed = "number" in changed or message.body["SoQuyetDinh"] == self.file.format.empty
            return way != "unknown" and not (way == "by_number" and unnamed)
        return True

    def _empties(self, old: Sent, message: Message) -> bool:
        if old.contract != self.version:
            return True
        return not set(old.present) <= set(message.present())


_OVERWRITABLE: Final = frozenset({Step.PROCESSING, Step.ACCEPTANCE})
_ID_FIELDS: Final = frozenset({"Id", "IdKetQua"})
_ID_LEAVES: Final = _ID_FIELDS | {"VuViec.Id", "ThiHanhId"}


def load_contract(folder: Path, capabilities: Mapping[str, str]) -> KntcContract:
    """Read the contract in `folder` with the chosen `capabilities`, the rest at their cautious defaults.

    Raises ConfigError naming the file, the entry and the nearest right word.
    """
    file = read_contract_file(folder)
    chosen = choose(file, capabilities, "national.capabilities")
    schemas = {action: read_schema(folder, action) for action in (file.actions.of(step) for step in Step)}
    return KntcContract(file, chosen, schemas, read_refusals(folder), _digest(folder, chosen))


def _below(leaf: str, lists: list[BodyPath]) -> bool:
    return any(leaf.startswith(".".join(map(str, path)) + "[]") for path in lists)


def _nameless(case: CaseFile) -> Iterator[Finding]:
    """Tell that somebody has no name although the petition is not anonymous: sent like that it would be untrue."""
    petitioners, petition = case.petitioners, case.petition
    if petitioners is None or (petition is not None and petition.anonymous):
        return
    organisation = petitioners.organisation
    nobody = not petitioners.people and (organisation is None or organisation.name is None)
    if nobody or any(person.full_name is None for person in petitioners.people):
        yield Finding("required_missing", Level.HOLD, "petitioners.people.full_name", Step.CASE)


def _number(value: str) -> int | None:
    return None if value == "unknown" else int(value)


def _digest(folder: Path, capabilities: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    digest.update(orjson.dumps(dict(capabilities), option=orjson.OPT_SORT_KEYS))
    return digest.hexdigest()


def _finding_order(finding: Finding) -> tuple[int, str, str, str]:
    order = -1 if finding.step is None else STEP_ORDER[finding.step]
    return order, finding.local_key, finding.field, finding.rule
