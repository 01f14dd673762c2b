"""Decides what happens to a case from the source to the national side. The only room that knows all the others."""

from sync_agent.sync.adopt import OUTCOMES, AdoptionReport, adopt, rehearse_adoption
from sync_agent.sync.context import Agent
from sync_agent.sync.holds import reject, release
from sync_agent.sync.lift import lift
from sync_agent.sync.persons import decline_adoption, local_keys, resolve
from sync_agent.sync.plan import Plan
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.rekey import Obstacle, RekeyPlan, apply_rekey, load_key_map, plan_rekey
from sync_agent.sync.restore import RestoreReport, declare_restored
from sync_agent.sync.retry import Answer, RetryReport, retry
from sync_agent.sync.run import PassReport, environment_of, rehearse, run_pass
from sync_agent.sync.signing import Standing, policy_standing, sign_policy
from sync_agent.sync.survey import Survey, SurveyLine, survey
from sync_agent.sync.uncertain import remote_wait

__all__ = [
    "OUTCOMES",
    "AdoptionReport",
    "Agent",
    "Answer",
    "NoProgress",
    "Obstacle",
    "PassReport",
    "Plan",
    "Progress",
    "RekeyPlan",
    "RestoreReport",
    "RetryReport",
    "Standing",
    "Survey",
    "SurveyLine",
    "adopt",
    "apply_rekey",
    "declare_restored",
    "decline_adoption",
    "environment_of",
    "lift",
    "load_key_map",
    "local_keys",
    "plan_rekey",
    "policy_standing",
    "rehearse",
    "rehearse_adoption",
    "reject",
    "release",
    "remote_wait",
    "resolve",
    "retry",
    "run_pass",
    "sign_policy",
    "survey",
]
