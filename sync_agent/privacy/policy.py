"""Decides what the privacy policy is: its triggers, its two allow-lists, and the digest a named person signs."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.casefile import Kind
from sync_agent.errors import ConfigError
from sync_agent.privacy.names import CommonNames, fold, load_common_names
from sync_agent.privacy.paths import leaf_paths
from sync_agent.privacy.policyfile import PolicyFile, near, read_corruption, read_policy_file
from sync_agent.privacy.protection import Triggers
from sync_agent.privacy.sentences import Section, sections

__all__ = ["NEVER_OPEN", "Policy", "load_policy"]

NEVER_OPEN: Final = (
    "linked_case",
    "petition.content",
    "petition.number",
    "petition.forwarded_by",
    "petition.place",
    "petition.anonymous",
    "petition.duplicate_of",
    "petition.previous_instance",
    "petitioners",
    "respondents",
    "representative",
    "prior_settlements",
    "attachments",
    "reception.officer",
    "reception.leader",
    "reception.delegated_leader",
    "reception.content",
    "reception.request",
    "reception.result",
    "processing.officer",
    "processing.approver",
    "processing.summary",
    "processing.reason",
    "processing.document",
    "acceptance.document_no",
    "acceptance.document",
    "acceptance.approver",
    "acceptance.extensions.reason",
    "acceptance.extensions.document_no",
    "acceptance.suspension.reason",
    "settlements.decision_no",
    "settlements.document",
    "settlements.summary",
    "settlements.people_handled",
    "settlements.organisations_handled",
    "withdrawal.reason",
    "withdrawal.document",
)
"""Parts and fields no policy can open for a protected case: not a matter of opinion (Luật Tố cáo 2018, Art. 56)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy whose every path exists. `digest` covers everything that changes what passes, and nothing else."""

    triggers: Triggers
    protected: frozenset[str]
    unprotected: frozenset[str]
    names: CommonNames
    digest: str

    def open_paths(self, *, protected: bool) -> frozenset[str]:
        """Return the leaf paths that pass."""
        return self.protected if protected else self.unprotected

    @property
    def content(self) -> dict[str, Any]:
        """What is signed, as JSON-ready values: paths, codes and word lists, sorted; nothing about anyone."""
        content: dict[str, Any] = json.loads(canonical_bytes(_content(self)))
        return content

    def sections(self, lang: str) -> list[Section]:
        """Return what the policy says, for the person who signs it; `lang` is `vi` or `en`."""
        return sections(self.triggers, self.protected, self.unprotected, lang)


def load_policy(path: Path) -> Policy:
    """Read `privacy.toml` and the list of corruption codes it names. Raises ConfigError with file and line."""
    file = read_policy_file(path)
    _check_paths(file)
    corruption = read_corruption(path.parent / file.settings.corruption)
    protect = file.settings.protect
    families = {fold(letters): kind for letters, kind in protect.families.items()}
    triggers = Triggers(
        kinds=frozenset(protect.kinds),
        outcomes=frozenset(protect.outcomes),
        families=families,
        corruption=tuple(sorted(map(fold, corruption))),
        denunciation=tuple(sorted(letters for letters, kind in families.items() if kind is Kind.DENUNCIATION)),
    )
    names = load_common_names()
    protected, unprotected = frozenset(file.settings.protected.open), frozenset(file.settings.unprotected.open)
    unsigned = Policy(triggers, protected, unprotected, names, "")
    return replace(unsigned, digest=hashlib.sha256(canonical_bytes(unsigned.content)).hexdigest())


def _content(policy: Policy) -> dict[str, Any]:
    triggers = policy.triggers
    return {
        "corruption": triggers.corruption,
        "families": dict(triggers.families),
        "kinds": sorted(triggers.kinds),
        "names": policy.names.as_data(),
        "outcomes": sorted(triggers.outcomes),
        "protected": sorted(policy.protected),
        "unprotected": sorted(policy.unprotected),
    }


def _check_paths(file: PolicyFile) -> None:
    known = leaf_paths()
    for section, paths in file.open_paths.items():
        for path in paths:
            if path not in known:
                raise _unknown_path(file, section, path)
            if paths.count(path) > 1:
                raise _path_error(file, section, path, "the privacy policy names the field {name} twice", "remove one")
    for path in file.settings.protected.open:
        if any(path == closed or path.startswith(closed + ".") for closed in NEVER_OPEN):
            raise _path_error(
                file,
                "protected",
                path,
                "the field {name} can never go up for a protected case",
                "remove it; the law keeps it secret and no policy can open it",
            )
        if path not in file.settings.unprotected.open:
            raise _path_error(
                file,
                "protected",
                path,
                "the field {name} is open for protected cases but closed for the others",
                "name it under [unprotected] as well, or remove it here",
            )


def _path_error(file: PolicyFile, section: str, path: str, what: str, todo: str) -> ConfigError:
    return ConfigError(what, where=file.where(f'"{path}"', section), todo=todo, facts=(("name", path),))


def _unknown_path(file: PolicyFile, section: str, path: str) -> ConfigError:
    where = file.where(f'"{path}"', section)
    if any(known.startswith(path + ".") for known in leaf_paths()):
        return ConfigError(
            "the privacy policy opens the whole part {name}",
            where=where,
            todo="name each of its fields",
            facts=(("name", path),),
        )
    return near(
        "the privacy policy names an unknown field {name}",
        where=where,
        todo="see schemas/casefile for the fields",
        name=path,
        known=leaf_paths(),
    )
