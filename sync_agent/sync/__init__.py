"""Decides what happens to a case from the source to the national side. The only room that knows all the others."""

from sync_agent.sync.adopt import OUTCOMES, AdoptionReport, adopt, rehearse_adoption
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
from sync_agent.sync.context import Agent
from sync_agent.sync.creations import require_witness
from sync_agent.sync.disclose import Disclosure, disclose
from sync_agent.sync.erase import LEAST_MONTHS, erasable_since, erase, erase_old
from sync_agent.sync.holds import reject, release
from sync_agent.sync.lift import lift
from sync_agent.sync.persons import decline_adoption, local_keys, resolve
from sync_agent.sync.plan import Plan
from sync_agent.sync.preview import Preview, PreviewLine, Said, preview
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.rekey import Obstacle, RekeyPlan, apply_rekey, load_key_map, plan_rekey
from sync_agent.sync.restore import RestoreReport, declare_restored
from sync_agent.sync.retry import Answer, RetryReport, retry
from sync_agent.sync.run import PassReport, claim, environment_of, rehearse, run_pass
from sync_agent.sync.signing import Standing, policy_standing, sign_policy
from sync_agent.sync.survey import Survey, SurveyLine, survey
from sync_agent.sync.uncertain import remote_wait
from sync_agent.sync.unmapped import UnmappedCode, UnmappedCodes, unmapped_codes

__all__ = [
    "LEAST_MONTHS",
    "OUTCOMES",
    "AdoptionReport",
    "Agent",
    "Answer",
    "Disclosure",
    "NoProgress",
    "Obstacle",
    "PassReport",
    "Plan",
    "Preview",
    "PreviewLine",
    "Progress",
    "PulledList",
    "RekeyPlan",
    "RestoreReport",
    "RetryReport",
    "Said",
    "StaleCode",
    "Standing",
    "Survey",
    "SurveyLine",
    "UnmappedCode",
    "UnmappedCodes",
    "adopt",
    "apply_rekey",
    "claim",
    "code_lists",
    "declare_restored",
    "decline_adoption",
    "disclose",
    "environment_of",
    "erasable_since",
    "erase",
    "erase_old",
    "hand_over",
    "import_codes",
    "lift",
    "load_key_map",
    "local_keys",
    "plan_import",
    "plan_rekey",
    "policy_standing",
    "preview",
    "pull_lists",
    "rehearse",
    "rehearse_adoption",
    "reject",
    "release",
    "remote_wait",
    "require_witness",
    "resolve",
    "retry",
    "run_pass",
    "sign_policy",
    "stale_codes",
    "survey",
    "unmapped_codes",
]
