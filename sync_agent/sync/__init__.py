"""Decides what happens to a case from the source to the national side. The only room that knows all the others."""

from sync_agent.sync.actions import (
    ACTIONS,
    Action,
    Errand,
    RejectOrder,
    ReleaseOrder,
    RepairOrder,
    ResolveOrder,
    ResyncOrder,
    RetryOrder,
    SyncOrder,
    Tried,
)
from sync_agent.sync.adopt import OUTCOMES, AdoptionReport, adopt, rehearse_adoption
from sync_agent.sync.asking import INTERRUPTED, do
from sync_agent.sync.binding import hand_over
from sync_agent.sync.codelists import (
    PulledList,
    StaleCode,
    code_lists,
    import_codes,
    plan_import,
    pull_lists,
    stale_codes,
)
from sync_agent.sync.completeness import completeness
from sync_agent.sync.context import Agent
from sync_agent.sync.creations import require_witness
from sync_agent.sync.differences import Difference, Kind
from sync_agent.sync.disclose import Disclosure, disclose
from sync_agent.sync.empty import EmptyPasses
from sync_agent.sync.erase import LEAST_MONTHS, erasable_since, erase, erase_old
from sync_agent.sync.expiry import (
    bearer_ends,
    national_addresses,
    own_certificate,
    service_certificates,
    token_addresses,
    tokens_held,
)
from sync_agent.sync.holds import reject, release
from sync_agent.sync.lift import lift
from sync_agent.sync.persons import decline_adoption, local_keys, resolve
from sync_agent.sync.plan import Plan
from sync_agent.sync.preview import Preview, PreviewLine, Said, preview
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.reconcile import ReconcileReport, reconcile
from sync_agent.sync.rekey import Obstacle, RekeyPlan, apply_rekey, load_key_map, plan_rekey
from sync_agent.sync.repair import REMEDIES, RepairReport, repair
from sync_agent.sync.restore import RestoreReport, declare_restored
from sync_agent.sync.resync import ResyncPlan, ResyncReport, plan_resync, resync, send_again
from sync_agent.sync.retry import Answer, RetryReport, retry
from sync_agent.sync.run import PassReport, claim, environment_of, rehearse, run_pass
from sync_agent.sync.signing import Standing, policy_standing, sign_policy
from sync_agent.sync.survey import Survey, SurveyLine, survey
from sync_agent.sync.uncertain import remote_wait
from sync_agent.sync.unmapped import UnmappedCode, UnmappedCodes, unmapped_codes

__all__ = [
    "ACTIONS",
    "INTERRUPTED",
    "LEAST_MONTHS",
    "OUTCOMES",
    "REMEDIES",
    "Action",
    "AdoptionReport",
    "Agent",
    "Answer",
    "Difference",
    "Disclosure",
    "EmptyPasses",
    "Errand",
    "Kind",
    "NoProgress",
    "Obstacle",
    "PassReport",
    "Plan",
    "Preview",
    "PreviewLine",
    "Progress",
    "PulledList",
    "ReconcileReport",
    "RejectOrder",
    "RekeyPlan",
    "ReleaseOrder",
    "RepairOrder",
    "RepairReport",
    "ResolveOrder",
    "RestoreReport",
    "ResyncOrder",
    "ResyncPlan",
    "ResyncReport",
    "RetryOrder",
    "RetryReport",
    "Said",
    "StaleCode",
    "Standing",
    "Survey",
    "SurveyLine",
    "SyncOrder",
    "Tried",
    "UnmappedCode",
    "UnmappedCodes",
    "adopt",
    "apply_rekey",
    "bearer_ends",
    "claim",
    "code_lists",
    "completeness",
    "declare_restored",
    "decline_adoption",
    "disclose",
    "do",
    "environment_of",
    "erasable_since",
    "erase",
    "erase_old",
    "hand_over",
    "import_codes",
    "lift",
    "load_key_map",
    "local_keys",
    "national_addresses",
    "own_certificate",
    "plan_import",
    "plan_rekey",
    "plan_resync",
    "policy_standing",
    "preview",
    "pull_lists",
    "reconcile",
    "rehearse",
    "rehearse_adoption",
    "reject",
    "release",
    "remote_wait",
    "repair",
    "require_witness",
    "resolve",
    "resync",
    "retry",
    "run_pass",
    "send_again",
    "service_certificates",
    "sign_policy",
    "stale_codes",
    "survey",
    "token_addresses",
    "tokens_held",
    "unmapped_codes",
]
