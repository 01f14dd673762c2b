"""Checks an audit log of sync-agent offline, by a public key handed over on paper, without anything of the agent."""

__all__ = ["__version__"]

__version__ = "0.1.0"
