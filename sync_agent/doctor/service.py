"""What `check` looks at for a service that nobody looks at: room, its log, its address, who is told when it fails."""

import http.client
import os
import shutil
import socket
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sync_agent.doctor.verdict import Check, Look, Verdict
from sync_agent.i18n import mark
from sync_agent.settings import Mode
from sync_agent.sync import Agent

__all__ = ["looks"]

_LEAST_FREE_BYTES: Final = 500_000_000
_ASKED_SECONDS: Final = 5.0


def looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what to look at, by subject."""
    wanted: list[tuple[str, Look]] = [(mark("disk"), _disk), (mark("notifications"), _notifications)]
    if agent.settings.service.health_address:
        wanted += [(mark("health of the service"), _health)]
    return wanted + ([(mark("log"), _log)] if agent.settings.logs.file is not None else [])


def _health(agent: Agent) -> Check:
    """See that the service can listen there, or that one of ours does."""
    subject, address = "health of the service", agent.settings.service.health_address
    parts = urlsplit(f"//{address}")
    host, port = str(parts.hostname), parts.port or 0
    facts = (("address", address),)
    if _is_free(host, port):
        return Check(subject, Verdict.OK, mark("{address} is free"), facts=facts)
    if _is_ours(host, port):
        return Check(subject, Verdict.OK, mark("a service answers at {address}"), facts=facts)
    todo = mark("name another address under service.health_address, or end what listens there")
    return Check(subject, Verdict.WARN, mark("another program listens at {address}"), todo, facts=facts)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6  # noqa: PLR2004 - of the protocol
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the service does
        try:
            tried.bind((host, port))
            tried.listen()  # a name that only was taken by another can be bound as well
        except OSError:
            return False
    return True


def _is_ours(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_ASKED_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    else:
        return status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
    finally:
        connection.close()


def _notifications(agent: Agent) -> Check:
    """Say who is told. Only production is warned: a service that fails in silence harms nobody else."""
    notifications = agent.settings.notifications
    facts = (("count", str(len(notifications.recipients))), ("host", notifications.host))
    if notifications.host:
        return Check("notifications", Verdict.OK, mark("{count} recipients are told through {host}"), facts=facts)
    if agent.settings.agent.mode is not Mode.PRODUCTION:
        return Check("notifications", Verdict.OK, mark("nobody is told by mail, as only production needs"))
    todo = mark("set [notifications], then: sync-agent notify test")
    return Check("notifications", Verdict.WARN, mark("nobody is told by mail when something goes wrong"), todo)


def _log(agent: Agent) -> Check:
    """See that the service can write its log."""
    path = agent.settings.path(agent.settings.logs.file or Path())
    place = path if path.exists() else path.parent
    if os.access(place, os.W_OK):
        return Check("log", Verdict.OK, mark("can be written"), where=str(path))
    todo = mark("name a file in a folder this account may write to")
    return Check("log", Verdict.FAIL, mark("cannot be written"), todo, str(path))


def _disk(agent: Agent) -> Check:
    free = shutil.disk_usage(agent.settings.folder).free
    facts = (("megabytes", str(free // 1_000_000)),)
    if free < _LEAST_FREE_BYTES:
        return Check("disk", Verdict.WARN, mark("only {megabytes} MB free"), mark("make room"), facts=facts)
    return Check("disk", Verdict.OK, mark("{megabytes} MB free"), facts=facts)
