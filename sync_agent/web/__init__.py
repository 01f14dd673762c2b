"""The auditors' pages: what happened to each case and whether the log holds, for people with a browser."""

from sync_agent.web.app import make_app
from sync_agent.web.passwords import hashed, require_strong
from sync_agent.web.server import serve
from sync_agent.web.viewer import Viewer, visible

__all__ = ["Viewer", "hashed", "make_app", "require_strong", "serve", "visible"]
