"""Decides when the agent works, on a server nobody looks at: one thing after the other, for years."""

from sync_agent.service.manager import Manager
from sync_agent.service.schedule import Schedule, Task
from sync_agent.service.sending import SendingTimes
from sync_agent.service.serve import Service

__all__ = ["Manager", "Schedule", "SendingTimes", "Service", "Task"]
