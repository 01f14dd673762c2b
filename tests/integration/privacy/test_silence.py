"""What could speak by accident does not: reprs, errors of libraries, logs at the lowest level, files of others."""

import ast
import importlib
import io
import logging
import pkgutil
import stat
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine, text

import sync_agent
from sync_agent.audit import CaseSecret
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.steps import Step
from sync_agent.errors import LedgerError
from sync_agent.ledger import CaseRow, Due, KnownCase, MessageRow, PlannedRow, copy_in_memory
from sync_agent.mapping import Mapped
from sync_agent.mapping.values import UnreadableError
from sync_agent.national import FileSlot, Message, Refused, Unknown, WireFile, WireOptions, WireRequest, load_contract
from sync_agent.national.answers import AnswerError
from sync_agent.national.content import Content
from sync_agent.national.exchange import LostError, NotSentError, Reply
from sync_agent.national.messages import Shape
from sync_agent.privacy import Gate, KeyNames, load_policy
from sync_agent.resources import packaged_configuration, packaged_schemas
from sync_agent.source import CaseRows, Change
from sync_agent.sync.judge import Judgement
from sync_agent.sync.observe import Observed
from sync_agent.sync.plan import Plan
from tests.support.casefiles import Inventor, leaves
from tests.support.houses import START, House, Houses

PACKAGE = Path(sync_agent.__file__).parent
MARK = "Zệtmốcỗq"
NOW = START


def _modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages([str(PACKAGE)], "sync_agent."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def _models(model: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _models(child)


def test_no_model_quotes_its_input_in_an_error() -> None:
    """A table class validates nothing, and the simulator holds only what tests invented."""
    assert list(_modules())
    ours = {model for model in _models() if model.__module__.startswith("sync_agent.")}
    checked = {
        m for m in ours if not m.model_config.get("table") and not m.__module__.startswith("sync_agent.simulator")
    }
    talkative = [model.__qualname__ for model in checked if not model.model_config.get("hide_input_in_errors")]
    assert (len(checked) > 40, talkative) == (True, [])


def test_an_error_of_the_case_file_says_nothing_of_it() -> None:
    """Neither as text nor as repr."""
    with pytest.raises(ValidationError) as caught:
        CaseFile.model_validate({"case_key": "V1", "kind": MARK, "petition": {"eligible": MARK, MARK: "x"}})
    said = str(caught.value).replace(f"petition.{MARK}", "")  # an unknown word of a profile is no value
    assert MARK not in said


def test_every_engine_hides_its_parameters() -> None:
    """Wherever one is made; what the simulator holds is invented."""
    made = [
        (path.name, call)
        for path in PACKAGE.rglob("*.py")
        if "simulator" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "create_engine"
    ]
    quiet = [any(word.arg == "hide_parameters" for word in call.keywords) for _, call in made]
    assert (len(made) >= 2, all(quiet)) == (True, True)


def _engines(house: House) -> list[Engine]:
    ledger = house.agent.ledger.engine
    return [ledger, copy_in_memory(ledger), house.source._source._engine]  # type: ignore[attr-defined] # the source below the steered one


def test_no_engine_quotes_a_value_or_logs_a_row(house: House) -> None:
    """Not in its errors, and not at the lowest level that a configuration may ask of it."""
    engines = _engines(house)
    assert [engine.hide_parameters for engine in engines] == [True] * 3
    assert [engine.logger.isEnabledFor(logging.INFO) for engine in engines] == [False] * 3


def test_a_broken_rule_of_the_ledger_names_no_value(house: House) -> None:
    """The same key twice: the driver's error has the statement only."""
    row = {"source_id": "nho", "case_key": MARK, "kind": "secret", "commitment": "x", "value": b"1"}
    insert = "INSERT INTO audit_erasable VALUES (:source_id, :case_key, :kind, :commitment, :value)"
    with pytest.raises(LedgerError) as caught, house.agent.ledger.write() as tx:
        tx.connection.execute(text(insert), [row, row])
    assert MARK not in f"{caught.value} {caught.value!r} {caught.value.args}"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Ask every library for all it can say, before anything is opened."""
    names = (
        "",
        "sqlalchemy",
        "sqlalchemy.engine",
        "sqlalchemy.engine.Engine",
        "httpx",
        "httpcore",
        "alembic",
        "pydantic",
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_nothing_is_logged_of_what_is_read_kept_or_sent(log: io.StringIO, make_house: Houses) -> None:
    """Neither rows of the source nor keys and secrets of the ledger nor addresses that were called."""
    house = make_house()
    house.local.case(1, name=MARK, noi_dung=MARK)
    house.sync()
    said = log.getvalue()
    assert house.gateway.sent
    assert [word for word in (MARK, "V1", "vu_viec", "INSERT INTO", "https://") if word in said] == []


# ---- reprs ----


def _case() -> CaseFile:
    return Inventor(Random(7), 1.0).case()  # noqa: S311 - the same case at every run


def _spoken(case: CaseFile) -> set[str]:
    return {value for _, value in leaves(case) if isinstance(value, str) and len(value) > 3 and not value.isascii()} | {
        value for _, value in leaves(case) if isinstance(value, str) and value.startswith("mk")
    }


def _things() -> Iterator[object]:
    """Yield one of everything that may hold a case, made of one whole case."""
    case = _case()
    key = case.settlements[0].local_key
    gate = Gate(load_policy(packaged_configuration() / "privacy.toml"))
    contract = load_contract(packaged_schemas() / "kntc", {})
    options = WireOptions(money_unit="dong", respondents="first")
    for protected in (True, False):
        bare = case if protected else case.model_copy(update={"kind": None})
        result = gate.clear(bare, protected=protected)
        projection = contract.project(ClearedCase(case, protected, "p"), token="T" * 26, options=options)
        yield from (result, result.cleared, result.withheld, *projection.messages)
    mapped = Mapped(case, frozenset({(Step.SETTLEMENT, key)}), (), ("person:" + key,))
    row = CaseRow(
        source_id="nho",
        case_key=key,
        pseudonym="P-AAAAAAAAAA",
        rev=0,
        dirty=True,
        agency=key,
        kind_seen_at=NOW,
        first_seen=NOW,
        last_digest=key,
        digest_seen_at=NOW,
    )
    message = Message(Step.CASE, key, key, key, {"x": key}, Shape((), {}, "", {}), (FileSlot((), key, 1, key),))
    known = KnownCase(row, CaseSecret.new())
    stored = MessageRow(case_id=1, step="case", local_key=key, parent_key=key, state="held", ack_id=key)
    yield from (case, mapped, row, stored, known, message, Observed(known, mapped, changed=True, payloads={}))
    yield from (CaseRows(key, {key: [{key: key}]}), Change(key, None), Due("", 1, key), FileSlot((), key, 1, key))
    yield Plan("d", {"case.create": 1}, (), (PlannedRow(key, "case", key, update=False, mark="m"),))
    yield Judgement((), {(Step.CASE, ""): message}, {}, {}, frozenset(), {(Step.CASE, ""): "update_not_expressible"})
    yield from (WireRequest(Step.CASE, "a", update=False, body={"x": key}), Reply(200, key, key, key.encode()))
    yield from (WireFile((), key, 1, partial(io.BytesIO, key.encode())), Content([key.encode()]))
    yield from (Refused("refused_unknown", "▢", 200, key, key.encode()), Unknown("malformed", 200, key.encode()))
    yield from (KeyNames("x", key.encode(), "nho"), CaseSecret(b"k" * 32), gate)


@pytest.mark.parametrize("thing", list(_things()), ids=lambda thing: type(thing).__name__)
def test_no_repr_tells_what_is_in_a_case(thing: object) -> None:
    """It may stand in a traceback, a log line or a debugger's notes."""
    shown = f"{thing!r} {thing}" if not isinstance(thing, bytes) else repr(thing)
    assert [word for word in _spoken(_case()) if word in shown] == []


def _generated_repr(found: object) -> bool:
    own = vars(found).get("__repr__") if isinstance(found, type) and is_dataclass(found) else None
    return hasattr(own, "__wrapped__")  # what a dataclass makes guards itself against recursion


def test_no_dataclass_of_the_pipeline_shows_a_case() -> None:
    """A new class that holds a case, a body, rows or bytes is noticed here."""
    holds = ("CaseFile", "Body", "Row]", "bytes", "Mapped", "CaseSecret")
    away = ("simulator", "audit", "example", "demo")
    talkative = [
        f"{found.__qualname__}.{each.name}"
        for module in _modules()
        if module.__name__.split(".")[1] not in away
        for found in vars(module).values()
        if _generated_repr(found) and found.__module__ == module.__name__
        for each in fields(found)
        if each.repr and any(word in str(each.type) for word in holds)
    ]
    assert talkative == []


@pytest.mark.parametrize(
    "error",
    [UnreadableError("bad_date", "a.b"), AnswerError("malformed"), LostError("read_timeout"), NotSentError("connect")],
)
def test_errors_of_ours_carry_codes_only(error: Exception) -> None:
    """What they are made of is a word of a closed list or a column."""
    assert all(str(value).isascii() and " " not in str(value) for value in error.args)


# ---- keys and files ----


def test_the_ledger_is_for_the_agent_alone(house: House) -> None:
    """The secrets of the cases are in it and in what SQLite writes beside it."""
    house.local.case(1)
    house.sync()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (house.folder / "state").glob("ledger.db*")}
    assert modes.keys() >= {"ledger.db", "ledger.db-wal"}
    assert set(modes.values()) == {0o600}


def test_the_source_sorts_in_memory(house: House) -> None:
    """A sort that is too large would write rows of people into a file for all to find."""
    engine = _engines(house)[2]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA temp_store").scalar() == 2


def test_keys_are_printed_nowhere(house: House) -> None:
    """Neither the installation's nor those of the cases nor the accounts' secrets."""
    agent = house.agent
    shown = f"{agent!r} {agent.names!r} {agent.accounts!r} {agent.gateway!r} {agent.settings!r}"
    secrets = (
        agent.installation_key.hex(),
        repr(agent.installation_key),
        agent.accounts.authorization("tinh"),
        "bí-mật",
    )
    assert [secret for secret in secrets if secret in shown] == []
