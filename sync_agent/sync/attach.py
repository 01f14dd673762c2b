"""Which files of a cleared case go up: each is described by size and hash; one that cannot be read is a finding."""

from typing import TypeVar

from sync_agent.domain.casefile import CaseFile, Document
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.source import FileMissingError, FileStore

__all__ = ["with_files"]

AnyDocument = TypeVar("AnyDocument", bound=Document)
Holder = TypeVar("Holder")


class _Describer:
    """Describes the documents of one case and collects what could not be read."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self.findings: list[Finding] = []

    def document(self, document: AnyDocument | None, path: str, step: Step, key: str = "") -> AnyDocument | None:
        """Return the document with size and hash; None, with a finding, when its bytes cannot be read."""
        if document is None or document.location is None:
            return document
        try:
            size, sha256 = self._files.describe(document.location)
        except FileMissingError:
            self.findings.append(Finding("file_missing", Level.HOLD, path, step, key))
            return None
        return document.model_copy(update={"size": size, "sha256": sha256})


def with_files(cleared: ClearedCase, files: FileStore) -> tuple[ClearedCase, list[Finding]]:
    """Describe every file that may go up. A protected case has none left, so that none of its files is opened."""
    case, describer = cleared.case, _Describer(files)
    update: dict[str, object] = {}
    if case.attachments:
        described = [describer.document(one, "attachments", Step.CASE) for one in case.attachments]
        update["attachments"] = tuple(one for one in described if one is not None)
    if case.processing and case.processing.document:
        document = describer.document(case.processing.document, "processing.document", Step.PROCESSING)
        update["processing"] = case.processing.model_copy(update={"document": document})
    if case.acceptance and case.acceptance.document:
        document = describer.document(case.acceptance.document, "acceptance.document", Step.ACCEPTANCE)
        update["acceptance"] = case.acceptance.model_copy(update={"document": document})
    if any(settlement.document for settlement in case.settlements):
        update["settlements"] = tuple(
            one.model_copy(
                update={
                    "document": describer.document(one.document, "settlements.document", Step.SETTLEMENT, one.local_key)
                }
            )
            for one in case.settlements
        )
    if not update:
        return cleared, []
    changed: CaseFile = case.model_copy(update=update)
    return ClearedCase(changed, cleared.protected, cleared.policy), describer.findings
