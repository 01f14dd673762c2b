"""Who gives a command: the login of the operating system, behind sudo the real one. Never a name somebody claims."""

import getpass
import os

__all__ = ["login_actor"]


def login_actor() -> str:
    """Return the actor as the audit log writes it, such as `os:lan`."""
    from sync_agent.audit import actor_code

    return actor_code("os", os.environ.get("SUDO_USER") or getpass.getuser())
