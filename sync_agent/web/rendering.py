"""How a page becomes bytes: every value escaped, a name that is missing an error, in the language of who looks."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sync_agent.i18n import date_text, language, mark, number_text, speaking, time_text, tr, trn

__all__ = ["TEMPLATES", "error_page", "page"]

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals.update(
    tr=tr, trn=trn, date_text=date_text, time_text=time_text, number_text=number_text, language=language
)

_SAID: Final = {
    400: mark("The request is not understood."),
    401: mark("You are not signed in, or no longer."),
    403: mark("This is not yours to do, or the form was too old: open the page again."),
    404: mark("There is no such page."),
    405: mark("The page cannot be used in this way."),
    408: mark("The request took too long."),
    413: mark("The request is too large."),
    414: mark("The address is too long."),
    415: mark("The page does not take content of this kind."),
    429: mark("Too many tries: wait a little."),
    503: mark("The ledger cannot be read at the moment."),
}


def page(request: Request, template: str, status: int = 200, **fields: Any) -> Response:
    """Return a page. Its template finds `viewer` (None: nobody is signed in), `csrf`, `by_proxy` and `path` as well."""
    state = request.state
    shared = {"viewer": state.viewer, "csrf": state.csrf, "by_proxy": state.by_proxy, "path": request.url.path}
    with speaking(state.lang):
        text = TEMPLATES.get_template(template).render({**shared, **fields})
    return HTMLResponse(text, status)


def error_page(request: Request, status: int) -> Response:
    """Return the page that says in one sentence why there is no other, and nothing of what went wrong inside."""
    with speaking(request.state.lang):
        said = tr(_SAID.get(status, mark("Something went wrong; it is noted where the operators look.")))
    return page(request, "error.html", status, code=status, said=said)
