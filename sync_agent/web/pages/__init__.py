"""The pages an inspector reads: each is a function from a request to a response, and here is where each is found."""

from typing import Final

from starlette.routing import Route

from sync_agent.web.pages.audit import audit, entry, heads, proof
from sync_agent.web.pages.cases import case, cases, find_case
from sync_agent.web.pages.configuration import configuration
from sync_agent.web.pages.downloads import bundle, log_csv, log_xlsx
from sync_agent.web.pages.overview import overview
from sync_agent.web.pages.running import requests, runs
from sync_agent.web.pages.shown import GLOBALS
from sync_agent.web.pages.verification import begin, verification
from sync_agent.web.rendering import TEMPLATES

__all__ = ["ROUTES"]

TEMPLATES.globals.update(GLOBALS)

ROUTES: Final = [
    Route("/", overview, name="overview"),
    Route("/cases", cases, name="cases"),
    Route("/cases/find", find_case, methods=["POST"], name="case_find"),
    Route("/cases/{case_id:int}", case, name="case"),
    Route("/audit", audit, name="audit"),
    Route("/audit/heads", heads, name="heads"),
    Route("/audit/verify", begin, methods=["POST"], name="verify"),
    Route("/audit/verification", verification, name="verification"),
    Route("/audit/bundle.zip", bundle, name="bundle"),
    Route("/audit/log.xlsx", log_xlsx, name="log_xlsx"),
    Route("/audit/log.csv", log_csv, name="log_csv"),
    Route("/audit/{idx:int}", entry, name="entry"),
    Route("/audit/{idx:int}/proof", proof, name="proof"),
    Route("/runs", runs, name="runs"),
    Route("/requests", requests, name="requests"),
    Route("/configuration", configuration, name="configuration"),
]
