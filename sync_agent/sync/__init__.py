"""Decides what happens to a case from the source to the national side. The only room that knows all the others."""

from sync_agent.sync.context import Agent
from sync_agent.sync.persons import decline_adoption, local_keys, release, resolve, sign_policy
from sync_agent.sync.plan import Plan
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.run import PassReport, environment_of, rehearse, run_pass
from sync_agent.sync.uncertain import remote_wait

__all__ = [
    "Agent",
    "NoProgress",
    "PassReport",
    "Plan",
    "Progress",
    "decline_adoption",
    "environment_of",
    "local_keys",
    "rehearse",
    "release",
    "remote_wait",
    "resolve",
    "run_pass",
    "sign_policy",
]
