"""What one pass works with: the rooms, already opened and wired by `bootstrap`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from sync_agent import __version__
from sync_agent.audit import Versions
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.deadlines import Calendar
from sync_agent.ledger import CaseRow, Ledger, is_signed
from sync_agent.mapping import Mapper
from sync_agent.national import Accounts, Gateway, KntcContract, WireOptions
from sync_agent.privacy import Gate, KeyNames, Policy
from sync_agent.settings import Settings
from sync_agent.source import FileStore, LocalWriter, Source

__all__ = ["Agent"]


@dataclass(frozen=True)
class Agent:
    """One wired agent. `installation_key` is kept outside the ledger; it never appears in a repr."""

    settings: Settings
    ledger: Ledger
    source: Source
    files: FileStore
    mapper: Mapper
    policy: Policy
    gate: Gate
    contract: KntcContract
    wire: WireOptions
    accounts: Accounts
    gateway: Gateway
    names: KeyNames
    calendar: Calendar
    installation_key: bytes
    clock: Callable[[], datetime]
    writer: LocalWriter | None = None  # tells the local system what was acknowledged, where that is wanted

    def __repr__(self) -> str:
        """Say nothing of what it holds."""
        return f"Agent({self.settings.agent.mode})"

    def shown(self, case: CaseRow) -> str:
        """Return the name of a case in errors, which end in logs: what was typed may be the key of a protected one."""
        return self.names.shown(case.case_key, protected=case.protected_since is not None)

    def signed(self, connection: Connection) -> bool:
        """Tell whether the policy was signed by as many people as it needs; nothing goes up before."""
        return is_signed(connection, self.policy.digest, four_eyes=self.settings.privacy.four_eyes)

    @cached_property  # as the next two: asked for with every message
    def versions(self) -> Versions:
        """The versions in force, as the audit log names them."""
        return Versions(
            agent=__version__,
            mapping=self.mapper.digest,
            contract=self.contract.digest,
            policy=self.policy.digest,
        )

    @cached_property
    def configuration(self) -> str:
        """Digest of the settings that decide what goes up, and until when: by a new one every case is judged anew."""
        settings = self.settings
        deciding = [
            settings.agent.mode,
            settings.scope.model_dump(mode="json"),
            settings.national.wire.model_dump(mode="json"),
            settings.privacy.model_dump(mode="json"),
            settings.timeliness.model_dump(mode="json", include={"entry_working_days", "holidays", "worked"}),
            settings.national.transport.base_url,
            settings.delivery.most_bytes,
            [(account.alias, account.agencies) for account in settings.national.accounts],
        ]
        return hashlib.sha256(canonical_bytes(deciding)).hexdigest()

    @cached_property
    def version_mark(self) -> str:
        """All versions that decide what goes up, as one word: agent, mapping, contract, policy, configuration."""
        digests = (self.mapper.digest, self.contract.digest, self.policy.digest, self.configuration)
        return ":".join((__version__, *(digest[:16] for digest in digests)))
