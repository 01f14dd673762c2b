from collections.abc import Iterator
from datetime import UTC, date
from decimal import Decimal
from enum import EnumType
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from sync_agent.domain.casefile import Address, Attachment, CaseFile, Document, Petition, Processing
from sync_agent.privacy import Policy
from sync_agent.privacy.allowlist import compile_allow_list
from sync_agent.privacy.paths import STRUCTURAL, branches

ANY_CASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
MARK = "⟦{}⟧"
"""Around every generated text: what is found of it in the result was let through."""


def _leaf(model: type[BaseModel], name: str, path: str) -> st.SearchStrategy[Any]:
    field = model.model_fields[name]
    if path.endswith("sha256"):
        return st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)
    if path.endswith(("written_on", "birth_date")):
        return st.none() | st.dates(date(1900, 1, 1)).map(date.isoformat)
    optional = st.just(None) if NoneType in get_args(field.annotation) else st.nothing()
    return optional | _value(field.annotation, path)


def _value(annotation: Any, path: str) -> st.SearchStrategy[Any]:
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(0, 10**15),
        str: st.integers(0, 999).map(lambda number: MARK.format(f"{path}{number}"[-40:])),
        date: st.dates(date(1900, 1, 1)),
        AwareDatetime: st.datetimes(timezones=st.just(UTC)),
        Decimal: st.decimals(0, 10**9, places=2),
    }
    if annotation in kinds:
        return kinds[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], path)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_value(arguments[0], path), max_size=2).map(tuple)
    if isinstance(annotation, EnumType):
        return st.sampled_from(list[Any](annotation))
    return _value(next(argument for argument in arguments if argument is not NoneType), path)


def _part(model: type[BaseModel], prefix: str = "") -> st.SearchStrategy[Any]:
    fields = {}
    for name, branch in branches(model).items():
        path = prefix + name
        if branch is None:
            fields[name] = _leaf(model, name, path)
        elif branch.many:
            fields[name] = st.lists(_part(branch.model, path + "."), max_size=2).map(tuple)
        else:
            fields[name] = st.none() | _part(branch.model, path + ".")
    return st.builds(model, **fields)


CASES = _part(CaseFile)


def _leaves(part: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield (path, value) of every leaf that says something."""
    for name, branch in branches(type(part)).items():
        value = getattr(part, name)
        if value is None or value in ((), False):
            continue
        if branch is None:
            yield prefix + name, value
        else:
            for item in value if branch.many else (value,):
                yield from _leaves(item, f"{prefix}{name}.")


def _open_leaves(case: CaseFile, policy: Policy, *, protected: bool) -> list[tuple[str, object]]:
    attachments = tuple(attachment for attachment in case.attachments if not attachment.confidential)
    case = case.model_copy(update={"attachments": attachments})
    open_paths = policy.open_paths(protected=protected)
    parts = {path.rpartition(".")[0] for path in open_paths}
    return [
        (path, value)
        for path, value in _leaves(case)
        if path in open_paths or (path in STRUCTURAL and path.rpartition(".")[0] in parts)
    ]


@pytest.mark.parametrize("protected", [True, False])
@ANY_CASE
@given(case=CASES)
def test_exactly_the_open_values_pass(case: CaseFile, policy: Policy, *, protected: bool) -> None:
    """For any case: no closed value is left and every open value is unchanged, in its order."""
    cleared = compile_allow_list(policy.open_paths(protected=protected))(case)
    assert list(_leaves(cleared)) == _open_leaves(case, policy, protected=protected)


@ANY_CASE
@given(case=CASES)
def test_no_closed_text_is_left_anywhere_in_the_dump(case: CaseFile, policy: Policy) -> None:
    """However a cleared case is written out, the texts in it are open ones."""
    cleared = compile_allow_list(policy.protected)(case).model_dump_json()
    closed = {
        str(value)
        for path, value in _leaves(case)
        if isinstance(value, str) and value.startswith("⟦") and path not in policy.protected | STRUCTURAL
    }
    assert [text for text in closed if text in cleared] == []


@ANY_CASE
@given(case=CASES)
def test_a_cleared_case_is_a_valid_case(case: CaseFile, policy: Policy) -> None:
    """What passes is again a CaseFile, equal to one that was read from its own dump."""
    cleared = compile_allow_list(policy.protected)(case)
    assert CaseFile.model_validate(cleared.model_dump()) == cleared


def test_the_case_that_was_handed_in_stays_as_it_was(policy: Policy, denunciation: CaseFile) -> None:
    """The gate makes a new case; the original still serves the last check."""
    before = denunciation.model_dump()
    compile_allow_list(policy.protected)(denunciation)
    assert denunciation.model_dump() == before


def test_a_part_with_nothing_open_is_absent() -> None:
    """A closed part is None, not an empty part; its local keys do not keep it."""
    passes = compile_allow_list(frozenset({"agency"}))
    case = CaseFile(case_key="1", petition=Petition(number="5"), attachments=(Attachment(local_key="1"),))
    assert passes(case) == CaseFile(case_key="1")


def test_a_subclass_does_not_smuggle_its_own_fields() -> None:
    """An attachment in the place of a document passes as a document."""
    passes = compile_allow_list(frozenset(f"processing.document.{name}" for name in Document.model_fields))
    smuggled = Attachment(local_key="1", file_name="a.pdf", summary="closed", confidential=True)
    cleared = passes(CaseFile(case_key="1", processing=Processing(document=smuggled)))
    assert cleared.processing == Processing(document=Document(file_name="a.pdf"))


def test_a_part_open_as_a_whole_passes_unchanged() -> None:
    """Nothing is rebuilt where nothing is closed."""
    passes = compile_allow_list(frozenset(f"petition.place.{name}" for name in Address.model_fields))
    place = Address(province="101")
    cleared = passes(CaseFile(case_key="1", petition=Petition(place=place, number="5")))
    assert cleared.petition is not None
    assert cleared.petition.place is place


@pytest.mark.parametrize("confidential", [True, None])
def test_an_attachment_that_is_not_surely_open_does_not_pass(policy: Policy, confidential: object) -> None:
    """A confidential attachment passes for no kind of case; neither does one of which it is not known."""
    attachment = Attachment(local_key="1", file_name="a.pdf").model_copy(update={"confidential": confidential})
    case = CaseFile(case_key="1").model_copy(update={"attachments": (attachment,)})
    assert compile_allow_list(policy.unprotected)(case).attachments == ()


@pytest.mark.parametrize("paths", [frozenset[str](), frozenset({"agency", "petition.nam"})])
def test_an_allow_list_that_says_nothing_or_something_unknown_is_refused(paths: frozenset[str]) -> None:
    """A wrong list stops the program instead of passing less or more than it says."""
    with pytest.raises(ValueError, match="allow-list"):
        compile_allow_list(paths)


def test_a_closed_field_that_speaks_by_its_default_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose closed field would still say something cannot be let through."""
    monkeypatch.setattr(Petition.model_fields["anonymous"], "default", True)
    with pytest.raises(TypeError, match="Petition says something even when closed: anonymous"):
        compile_allow_list(frozenset({"petition.source"}))
