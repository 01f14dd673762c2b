"""Whatever is sent to a route, by whoever: a page, a refusal or the way to the sign-in, never a failure."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.routing import Route

from sync_agent.web.app import routes
from tests.support.sites import AUDITOR, OPERATOR, Site, csrf_of

ROUTES = [route for route in routes() if isinstance(route, Route)]
ASKED = ("state", "kind", "step", "agency", "key", "late", "since", "until", "before", "after", "event", "next", "page")
FIELDS = ("csrf", "name", "password", "next", "language", "rule", "reason", "digest", "step", "outcome", "note", "key")
TRIES = 6  # of each operation: the gate's time is short, and the corpus of hypothesis grows with each run of it


def document() -> dict[str, Any]:
    """Return the routes in the words of OpenAPI."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = route.path.replace(":int}", "}")
        for method in {"get", "post"} & {each.lower() for each in route.methods or ()}:
            paths.setdefault(path, {})[method] = _operation(route, method)
    return {"openapi": "3.1.0", "info": {"title": "pages", "version": "1"}, "paths": paths}


def _operation(route: Route, method: str) -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    parts = [{"name": name, "in": "path", "required": True, "schema": number} for name in route.param_convertors]
    query = [{"name": name, "in": "query", "schema": text} for name in (ASKED if method == "get" else ())]
    found: dict[str, Any] = {"parameters": parts + query, "responses": {"200": {"description": "a page"}}}
    if method == "post":
        form = {"type": "object", "properties": dict.fromkeys(FIELDS, text)}
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return found


FOUND: list[Any] = list(schemathesis.openapi.from_dict(document()).get_all_operations())
OPERATIONS = [each.ok() for each in FOUND]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_no_route_fails(opened: Site, operation: Any) -> None:
    """As an operator with the right token, and as nobody."""
    site = opened.restarted()
    somebody, nobody = site.signed_in(OPERATOR), site.browser()
    csrf = csrf_of(somebody.get("/").text)

    @settings(
        max_examples=TRIES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(operation.as_strategy())
    def tried(case: Any) -> None:
        path, query = case.formatted_path, case.query or {}
        body = case.body if isinstance(case.body, dict) else {}
        for browser in (somebody, nobody):
            fields = {name: str(value) for name, value in body.items()} | {"csrf": csrf}
            data = {"data": fields} if operation.method == "post" else {"params": query}
            answer = browser.request(operation.method.upper(), path, **data)
            assert answer.status_code < 500
            assert "content-security-policy" in answer.headers

    tried()
    assert site.told == []
    assert site.sign_in(site.restarted().browser(), AUDITOR).status_code == 303
