"""Which sentences of libraries and of the operating system we pass on, so that the catalogues can hold them."""

import re
from collections.abc import Iterable
from typing import Final

from sync_agent.i18n import mark, tr

__all__ = ["HELP_PHRASES", "PHRASES", "WORDS", "spoken", "told"]

PHRASES: Final = (
    # Typer, about the command line
    mark("No such command"),
    mark("No such option:"),
    mark("Possible options:"),
    mark("Did you mean"),
    mark("Missing command"),
    mark("Missing argument"),
    mark("Missing option"),
    mark("Choose from:"),
    mark("Invalid value for"),
    mark("Got unexpected extra argument(s)"),
    mark("Option '"),
    mark("requires an argument"),
    mark("does not take a value"),
    mark("is not one of"),
    mark("env var:"),
    # pydantic, about a setting or an option
    mark("Field required"),
    mark("Extra inputs are not permitted"),
    mark("Tuple should have at least 1 item after validation, not 0"),
    mark("Input should be a valid string"),
    mark("Input should be a valid integer"),
    mark("Input should be a valid number"),
    mark("Input should be a valid boolean"),
    mark("Input should be a valid date"),
    mark("Input should be a valid list"),
    mark("Input should be a valid dictionary"),
    mark("Input should be greater than or equal to"),
    mark("Input should be less than or equal to"),
    mark("Input should be"),
    mark("String should match pattern"),
    mark("' or '"),
    # our own rules for settings, which pydantic hands on
    mark("delivery.settle_seconds may be 0 only in the demo and in tests"),
    mark("exactly one of secret_file and secret_env is needed"),
    mark("basic needs a username without a colon"),
    mark("must be an http or https address"),
    mark("must not hold a user name or password"),
    mark("must not hold a query or fragment"),
    mark("base_url is needed"),
    mark("plain http is refused: use https, or name the host in plain_http_host and say why in plain_http_reason"),
    mark("client_key needs client_certificate"),
    mark("tls_certificate and tls_key are given together"),
    mark("an address other than this machine's own needs TLS, or a trusted_proxy that has it"),
    mark("proxy_header needs trusted_proxy, and proxy_secret_file or proxy_secret_env"),
    # the reader of TOML files
    mark("Invalid value (at line"),
    mark("(at line"),
    mark(", column"),
    mark("(at end of document)"),
    # the operating system, about a file or a connection
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Operation not permitted"),
    mark("File exists"),
    mark("Not a directory"),
    mark("Is a directory"),
    mark("File too large"),
    mark("Read-only file system"),
    mark("No space left on device"),
    mark("File name too long"),
    mark("Connection refused"),
    mark("Address already in use"),
)
"""Longer phrases stand before the shorter ones they begin with."""

WORDS: Final = (mark("table"), mark("column"), mark("function"))
"""What a fact may be as a whole: what a database lacks."""

HELP_PHRASES: Final = (
    mark("Usage:"),
    mark("[OPTIONS]"),
    mark("COMMAND [ARGS]..."),
    mark("Options"),
    mark("Arguments"),
    mark("Commands"),
    mark("required"),
    mark("default: {default}"),
    mark("env var: {var}"),
    mark("Missing command."),
    mark("No such command {name!r}."),
    mark("Show this message and exit."),
)
"""What Typer itself looks up in the catalogue, or what we look up for it."""


_EMPTY: Final = re.compile(r"Value error, |, unable to parse string as an? \w+")
"""What pydantic begins or ends with, it says nothing."""


def spoken(sentence: str) -> str:
    """Return a library's sentence with the phrases we know in the reader's language."""
    sentence = _EMPTY.sub("", sentence)
    for phrase in PHRASES:
        sentence = sentence.replace(phrase, tr(phrase))
    return sentence


def told(message: str, facts: Iterable[tuple[str, str]] = ()) -> str:
    """Return the message of an error in the reader's language, phrases of libraries among its facts included."""
    return tr(message, **{name: tr(value) if value in WORDS else spoken(value) for name, value in facts})
