"""From the gate to the wire: no string of a protected case that goes up says what must stay, however it was hidden.

What is identifying and what is protected is decided here once more, from the rules and not by the code under test.
"""

import csv
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from random import Random
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_agent.domain.casefile import CaseFile, Petition
from sync_agent.domain.findings import stops
from sync_agent.national import Ids, KntcContract, WireOptions, load_contract
from sync_agent.national.encoding import encode
from sync_agent.national.testing import whole
from sync_agent.privacy import Gate, load_policy
from sync_agent.resources import packaged_configuration, packaged_schemas
from tests.support.casefiles import Inventor, leaves

TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IDS = Ids(case="00000000-0000-0000-0000-000000000001", parent="00000000-0000-0000-0000-000000000002")
COMMON = {"nguyen", "tran", "lo", "do", "vuong", "thi", "van"}

OPEN_TEXTS = {
    "agency",
    "kind",
    "classifications",
    "petition.source",
    "petition.redacted_summary",
    "processing.agency",
    "processing.next_agency",
    "processing.direction",
    "processing.officer_role",
    "processing.approver_role",
    "acceptance.agency",
    "acceptance.approver_role",
    "settlements.agency",
    "settlements.outcome",
    "settlements.form",
    "enforcements.agency",
}
"""All that a protected case may say in words or codes (page 4 of the design); numbers and dates apart."""


@pytest.fixture(scope="module")
def gate() -> Gate:
    """Return the gate of the shipped policy."""
    return Gate(load_policy(packaged_configuration() / "privacy.toml"))


@pytest.fixture(scope="module")
def contract() -> KntcContract:
    """Return the contract that says the most: every capability that lets more go up."""
    wider = {"settlement.update": "by_number", "lists_on_update": "replace", "empty_string": "clears"}
    return load_contract(packaged_schemas() / "kntc", wider)


# ---- the oracle ----


def plain(text: str) -> str:
    """Return a text without accents, case, marks and invisible characters."""
    text = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(each for each in text if unicodedata.category(each) not in {"Mn", "Cf"})


def tight(text: str) -> str:
    """Return only its letters and digits."""
    return "".join(each for each in plain(text) if each.isalnum())


def corruption() -> set[str]:
    """Return the codes of corruption as the file has them."""
    lines = (packaged_configuration() / "codes" / "corruption.csv").read_text(encoding="utf-8").splitlines()
    return {row["national"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))}


def must_be_protected(case: CaseFile) -> bool:
    """Say by the rules whether the writer of a case is protected."""
    codes = [plain(code).upper() for code in case.classifications]
    outcomes = {str(settlement.outcome) for settlement in case.settlements if settlement.outcome}
    kind = str(case.kind) if case.kind else None
    families = {"KN": "complaint", "TC": "denunciation", "PA": "feedback"}
    told = {families.get(code[:2], "unknown") for code in codes} | {kind}
    told |= {
        "denunciation" if each.startswith("denunciation") else "complaint" for each in outcomes - {"to_investigation"}
    }
    processed = case.processing or case.acceptance or case.settlements or case.enforcements
    return (
        bool(told & {"denunciation", "mixed", "unknown"})
        or len(told - {None}) > 1
        or (bool(processed) and (kind is None or not codes))
        or (kind == "feedback" and not codes)
        or any(code == each or code.startswith(each + ".") for code in codes for each in corruption())
        or case.protection_requested is True
        or (case.petitioners is not None and case.petitioners.protected is True)
    )


def identities(case: CaseFile) -> Iterator[tuple[str, str]]:
    """Yield (how to compare, value) of all that tells who somebody in the case is."""
    for path, value in leaves(case):
        match path.rpartition(".")[2]:
            case "full_name" | "officer" | "leader" | "delegated_leader" | "approver":
                yield "name", value
            case "id_number" | "phone":
                yield "number", value
            case "email" | "detail":
                yield "text", value
            case "name" if "organisation" in path:
                yield "text", value


def tells(text: str, known: Iterable[tuple[str, str]]) -> str:
    """Return the first identity that a text gives away, "" if none."""
    folded, letters = plain(text), tight(text)
    runs = [re.sub(r"\D", "", piece) for piece in re.split(r"[^\W\d_]+", folded)]
    spoken = set(re.findall(r"[^\W\d_]+", folded))
    for how, value in known:
        number = re.sub(r"\D", "", plain(value))[-9:].lstrip("0")
        if how == "number" and any(number in run for run in runs):
            return value
        if how != "number" and tight(value) in letters:
            return value
        if how == "name" and {w for w in re.findall(r"[^\W\d_]+", plain(value)) if len(w) > 2} - COMMON & spoken:
            return value
    return ""


def strings(node: Any) -> Iterator[str]:
    """Yield every string of a body, keys included."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield key
            yield from strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from strings(child)
    elif isinstance(node, str):
        yield node


# ---- hiding ----


def _spread(text: str) -> str:
    return "\n".join(text.split())


def _invisible(text: str) -> str:
    return "\u200b".join(text)


def _wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


Way = Callable[[str], str]

HIDDEN: dict[str, Way] = {
    "as it is": lambda text: text,
    "without accents": plain,
    "capitals": str.upper,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "over lines": _spread,
    "invisible characters": _invisible,
    "full width": _wide,
    "soft hyphens": lambda text: text[:2] + "\u00ad" + text[2:],
    "as one word": lambda text: text.replace(" ", ""),
    "with underscores": lambda text: text.replace(" ", "_"),
    "beside a number": lambda text: f"{text}1987",
    "in brackets": lambda text: f"({text})",
}
NUMBERS_HIDDEN: dict[str, Way] = {
    "as it is": lambda text: text,
    "with blanks": lambda text: " ".join(re.findall(".{1,3}", text)),
    "with dots": lambda text: ".".join(re.findall(".{1,3}", text)),
    "with slashes": lambda text: "/".join(re.findall(".{1,3}", text)),
    "with colons": lambda text: ":".join(re.findall(".{1,4}", text)),
    "with bullets": lambda text: "•".join(re.findall(".{1,4}", text)),
    "over lines": lambda text: "\n".join(re.findall(".{1,4}", text)),
    "full width": _wide,
    "invisible characters": _invisible,
    "beside letters": lambda text: f"CCCD{text}cấp",
}


def hidden(how: str, value: str, random: Random) -> str:
    """Return an identity as somebody might write it in a text."""
    ways = NUMBERS_HIDDEN if how == "number" else HIDDEN
    return ways[random.choice(list(ways))](value)


def planted(case: CaseFile, random: Random) -> CaseFile:
    """Return the case with one of its identities in a field that is open."""
    known = list(identities(case))
    if not known or random.random() < 0.3:
        return case
    secret = hidden(*random.choice(known), random)
    where = random.choice(["summary", "summary", "role", "form", "agency", "source", "code"])
    petition = case.petition or Petition()
    update: dict[str, Any] = {}
    if where == "summary":
        update["petition"] = petition.model_copy(update={"redacted_summary": f"Tố cáo của {secret} về đất"})
    elif where == "role" and case.processing:
        update["processing"] = case.processing.model_copy(update={"officer_role": f"Chuyên viên {secret}"})
    elif where == "form":
        update["settlements"] = tuple(each.model_copy(update={"form": secret}) for each in case.settlements)
    elif where == "agency" and case.processing:
        update["processing"] = case.processing.model_copy(update={"next_agency": secret})
    elif where == "source":
        update["petition"] = petition.model_copy(update={"source": secret})
    else:
        update["classifications"] = (*case.classifications, f"TC.{secret}")
    return case.model_copy(update=update)


def sent(case: CaseFile, gate: Gate, contract: KntcContract, *, protected: bool) -> Iterator[dict[str, Any]]:
    """Yield the body of every message that nothing stops, as the pipeline would send it."""
    result = gate.clear(case, protected=protected)
    options = WireOptions(money_unit="dong", respondents="first")
    projection = contract.project(result.cleared, token=TOKEN, options=options)
    for message in projection.messages:
        if stops((*result.findings, *projection.findings), message.step, message.local_key):
            continue
        if result.withheld.found_in(message.strings()):
            continue
        for own in ("", IDS.case):
            yield whole(contract.request(message, Ids(IDS.case, IDS.parent, own), _open)).body


def _open(location: str) -> BinaryIO:
    assert location.startswith("mk"), "only the bytes of an open case are read"
    return BytesIO()


def said(body: dict[str, Any]) -> list[str]:
    """Return the strings of a body, also as a form would write them, without the marker and the token."""
    as_form = (text for pair in parse_qsl(encode(body, "form")[0].decode("ascii")) for text in pair)
    ours = "|".join(map(re.escape, ("thông tin được bảo vệ", f"Mã liên thông: {TOKEN}", IDS.case, IDS.parent)))
    return [re.sub(ours, "", text) for text in {*strings(body), *as_form}]


SLOW = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(random=st.randoms(use_true_random=False), filled=st.sampled_from([0.3, 0.6, 0.95]), sticky=st.booleans())
def test_no_identity_of_a_protected_case_is_in_a_body(
    gate: Gate, contract: KntcContract, *, random: Random, filled: float, sticky: bool
) -> None:
    """Neither from where it belongs nor from where somebody put it, and no text but those page 4 opens."""
    case = planted(Inventor(random, filled).case(), random)
    if not (sticky or must_be_protected(case)):
        return
    known = list(identities(case))
    closed = {value for path, value in leaves(case) if isinstance(value, str) and path not in OPEN_TEXTS}
    closed = {value for value in closed if value.startswith("mk")}
    for body in sent(case, gate, contract, protected=sticky):
        for text in said(body):
            assert tells(text, known) == ""
            assert not any(word in closed for word in re.findall(r"mk\d+q", plain(text)))


@SLOW
@given(random=st.randoms(use_true_random=False), filled=st.sampled_from([0.3, 0.6, 0.95]))
def test_no_text_of_another_case_is_in_a_body_unless_the_policy_names_its_field(
    gate: Gate, contract: KntcContract, *, random: Random, filled: float
) -> None:
    """Telephones, e-mails and places of work go up for nobody, nor does anything about a confidential attachment."""
    case = Inventor(random, filled).case()
    if must_be_protected(case):
        return
    policy = tomllib.loads((packaged_configuration() / "privacy.toml").read_text(encoding="utf-8"))
    known = {value: path for path, value in leaves(case) if isinstance(value, str) and len(value) > 3}
    secret = {
        word for each in case.attachments if each.confidential for _, word in leaves(each) if isinstance(word, str)
    }
    shown = case.model_copy(update={"attachments": tuple(each for each in case.attachments if not each.confidential)})
    secret -= {word for _, word in leaves(shown) if isinstance(word, str)}  # a code is shared with what may go up
    for body in sent(case, gate, contract, protected=False):
        for text in said(body):
            assert text not in secret
            assert known.get(text, "agency") in policy["unprotected"]["open"]
