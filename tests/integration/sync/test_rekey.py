"""New keys, another name of the source, another agency map: names change in the ledger, and nothing goes up."""

from pathlib import Path

import pytest

from sync_agent.audit import entries
from sync_agent.errors import ConfigError, GuardError, SyncAgentError
from sync_agent.ledger import subject_of
from sync_agent.national import Unknown
from sync_agent.sync import RekeyPlan, apply_rekey, decline_adoption, load_key_map, plan_rekey
from tests.support.houses import House, Houses

SECOND = """
[[national.accounts]]
alias = "so"
agencies = ["H217.03"]
username = "so"
secret_env = "SYNC_AGENT_TEST_SECRET"
[delivery]"""


def split(house: House) -> House:
    """Have the profile make keys of case and agency, as when one petition becomes several cases."""
    path = house.folder / "profile.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("'V' || id", "'V' || id || '-3'").replace("'V' || vu_viec", "'V' || vu_viec || '-3'")
    text = text.replace("'V' || q.vu_viec", "'V' || q.vu_viec || '-3'").replace(
        "[V vu_viec.id]", "[V vu_viec.id, co_quan]"
    )
    path.write_text(text.replace("'V[0-9]{1,9}'", "'V[0-9]{1,9}-3'"), encoding="utf-8")
    return house.reopened()


def renamed(house: House) -> House:
    """Have the source called otherwise."""
    return house.edited("profile.yaml", "id: nho", "id: lon")


def applied(house: House, keys: dict[str, str] | None = None) -> RekeyPlan:
    """Carry the ledger over."""
    return apply_rekey(house.agent, keys or {}, reason="keys_split", actor="os:lan")


def content(house: House) -> list[tuple[object, ...]]:
    """Return all that the ledger knows of cases and messages, but names."""
    return [
        tuple(row)
        for row in house.select(
            "SELECT m.step, m.local_key, m.state, m.ack_id, m.ack_digest, m.wanted_digest, c.last_digest"
            " FROM message m JOIN case_state c ON c.id = m.case_id ORDER BY m.id"
        )
    ]


def history(house: House, source_id: str, key: str) -> list[str]:
    """Return the events that `audit list --case` shows."""
    with house.agent.ledger.read() as connection:
        subject = subject_of(connection, source_id, key)
        return [stored.entry.event.value for stored in entries(connection, subject=subject)]


@pytest.fixture
def full(house: House) -> House:
    """Return a house with two cases that went up with all their steps."""
    for number in (1, 2):
        house.local.full(number)
    house.sync()
    house.clock.move(hours=1)
    return house


def test_a_renamed_source_sends_nothing(full: House) -> None:
    """Every case is known by its old name to the national side and by its new one here."""
    before, sent = content(full), len(full.gateway.sent)
    other = renamed(full)
    with pytest.raises(ConfigError) as caught:
        other.sync()
    assert "rekey --dry-run" in caught.value.todo
    assert applied(other).counts == {"kept": 2, "moved": 0, "lost": 0, "gone": 0, "new": 0}
    other.sync()
    assert (content(other), len(other.gateway.sent)) == (before, sent)
    assert {row[0] for row in other.select("SELECT source_id FROM case_state")} == {"lon"}


def test_split_keys_send_nothing(full: House) -> None:
    """V1 becomes V1-3: same digests, same tokens, nothing sent; the next change is an update."""
    before, sent = content(full), len(full.gateway.sent)
    other = split(full)
    assert applied(other, {"V1": "V1-3", "V2": "V2-3"}).counts["moved"] == 2
    other.sync()
    assert (content(other), len(other.gateway.sent)) == (before, sent)
    other.clock.move(hours=1)
    other.local.change(1, noi_dung="Nội dung mới")
    other.sync()
    assert [step for step in other.gateway.steps[sent:] if not step[1]] == []
    assert other.token("V1") in str(full.gateway.sent[0].request.body)


def test_the_history_stays_in_one_piece(full: House) -> None:
    """What the log said before and says after is found under the new key."""
    before = history(full, "nho", "V1")
    other = renamed(full)
    applied(other)
    assert (history(other, "lon", "V1"), len(before) > 5) == (before, True)


def test_a_lost_answer_is_still_found_by_its_token(make_house: Houses) -> None:
    """The token is that of the name it was sent under."""
    house = make_house(capabilities='"lookup" = "contains"')
    house.local.case(1)
    house.answers(Unknown("read_timeout"))
    house.sync()
    house.gateway.found[house.token("V1")] = ["a3b8c1d4-0000-4000-8000-000000000001"]
    other = split(renamed(house))
    applied(other, {"V1": "V1-3"})
    other.clock.move(minutes=25)
    other.sync()
    assert other.select("SELECT state, ack_id FROM message WHERE step = 'case'") == [
        ("acknowledged", "a3b8c1d4-0000-4000-8000-000000000001")
    ]


def test_a_second_rekey_keeps_the_first_name(full: House) -> None:
    """The origin is set once."""
    other = renamed(full)
    applied(other)
    third = split(other)
    applied(third, {"V1": "V1-3", "V2": "V2-3"})
    third.sync()
    assert {tuple(row) for row in third.select("SELECT origin_source, origin_key, case_key FROM case_state")} == {
        ("nho", "V1", "V1-3"),
        ("nho", "V2", "V2-3"),
    }
    assert len(third.gateway.sent) == 12


def test_keys_may_change_places(full: House) -> None:
    """Two cases that take each other's key do not meet on the way."""
    before = dict(full.select("SELECT case_key, id FROM case_state"))
    assert applied(full, {"V1": "V2", "V2": "V1"}).counts["moved"] == 2
    after = dict(full.select("SELECT case_key, id FROM case_state"))
    assert after == {"V1": before["V2"], "V2": before["V1"]}


def test_local_keys_that_are_no_codes_stay_the_same(house: House) -> None:
    """Their stand-ins are made of the name the case was born under."""
    text = (house.folder / "profile.yaml").read_text(encoding="utf-8")
    (house.folder / "profile.yaml").write_text(
        text.replace("local_key: id\n      agency", "local_key: so\n      agency", 1)
    )
    house = house.reopened()
    house.local.case(1)
    house.local.processed(1)
    house.local.decided(1, 11, so="Quyết định của ông Nguyễn Văn A")
    house.sync()
    sent = len(house.gateway.sent)
    other = renamed(house)
    applied(other)
    other.clock.move(hours=1)
    other.sync()
    assert (len(other.gateway.sent), sent) == (sent, 3)


def test_a_release_survives(make_house: Houses) -> None:
    """The content a person looked at is the same under another name."""
    house = make_house()
    house.local.case(1)
    house.sync()
    digest = house.select("SELECT last_digest FROM case_state")
    other = split(house)
    applied(other, {"V1": "V1-3"})
    other.sync()
    assert other.select("SELECT last_digest FROM case_state") == digest


def test_it_is_recorded(full: House) -> None:
    """Who, why, how many, and the digests of what cases were known by."""
    other = renamed(full)
    applied(other)
    (entry,) = [entry for entry in other.entries() if entry.event == "rekeyed"]
    assert (entry.actor, entry.reason, entry.counts) == (
        "os:lan",
        "keys_split",
        {"kept": 2, "moved": 0, "lost": 0, "gone": 0, "new": 0},
    )
    assert (len(entry.old_state or ""), entry.old_state != entry.new_state) == (64, True)


def test_a_rehearsal_writes_nothing(full: House) -> None:
    """It counts, and names what differs and what is in the way."""
    other = split(full)
    full.local.case(3)
    before = full.events()
    plan = plan_rekey(other.agent, {"V1": "V1-3"})
    assert (plan.differs, plan.counts) == (
        ("key_definition",),
        {"kept": 0, "moved": 1, "lost": 1, "gone": 0, "new": 2},
    )
    assert [each.count for each in plan.obstacles] == [1]
    assert full.events() == before


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"V1": "V1-3"}, "no key that the source returns"),
        ({"V1": "V1-3", "V2": "V1-3"}, "more than one case"),
        ({"V1": "V1-3", "V2": "V2-3", "V9": "V9-3"}, "not in the ledger"),
        ({"V1": "V1-3", "V2": "V2"}, "no key that the source returns"),
        ({"V1": "V1-3", "V2": "X2"}, "not the form"),
        ({"V1": "V1-3", "V2": "V8-3"}, "no key that the source returns"),
        ({"V1": "V2", "V2": "V2"}, "more than one case"),
        ({}, "no key that the source returns"),
    ],
)
def test_what_would_lose_or_mix_up_a_case_is_refused(full: House, keys: dict[str, str], said: str) -> None:
    """Whole: nothing is changed."""
    other, before = split(full), full.events()
    with pytest.raises(GuardError) as caught:
        applied(other, keys)
    whats = [each.what for each in plan_rekey(other.agent, keys).obstacles]
    assert (any(said in what for what in whats), caught.value.what) == (True, whats[0])
    assert full.events() == before


def test_a_case_that_never_went_up_may_stay_behind(full: House) -> None:
    """Under its new key it is a new case."""
    full.local.case(3, co_quan="H217.09")
    full.sync()
    other = split(full)
    counts = applied(other, {"V1": "V1-3", "V2": "V2-3"}).counts
    assert (counts["lost"], counts["new"]) == (1, 1)


def test_a_case_that_was_deleted_is_declared_gone(full: House) -> None:
    """By a line of the map without a new key; a person answers for that."""
    full.local.execute("DELETE FROM vu_viec WHERE id = 2")
    other = split(full)
    counts = applied(other, {"V1": "V1-3", "V2": ""}).counts
    assert (counts["moved"], counts["lost"], counts["gone"]) == (1, 1, 1)


def test_an_account_that_acknowledged_may_not_vanish(full: House) -> None:
    """What it minted can be changed by it alone."""
    other = full.edited("agent.toml", 'alias = "tinh"', 'alias = "so"')
    with pytest.raises(GuardError) as caught:
        applied(other)
    assert "accounts" in caught.value.what


def test_another_account_for_a_new_agency_is_carried_over(full: House) -> None:
    """Accounts and agency map change; nothing goes up."""
    other = full.edited("agent.toml", "[delivery]", SECOND)
    with pytest.raises(ConfigError):
        other.sync()
    assert plan_rekey(other.agent, {}).differs == ("accounts", "agency_map")
    applied(other)
    other.sync()
    assert len(other.gateway.sent) == 12


def test_another_agency_for_an_account_must_be_declared(full: House) -> None:
    """What goes up under which account is not changed in passing."""
    other = full.edited("agent.toml", '["H217.01", "H217.02"]', '["H217.01"]')
    with pytest.raises(ConfigError) as caught:
        other.sync()
    assert "rekey" in caught.value.todo


def test_nothing_to_carry_over_is_refused(full: House) -> None:
    """An entry would say that something changed."""
    with pytest.raises(GuardError):
        applied(full)


def test_a_ledger_of_another_endpoint_is_no_matter_of_keys(full: House) -> None:
    """Mode, contract and address never change once something was sent."""
    other = full.edited("agent.toml", "national.example/", "other.example/")
    with pytest.raises(ConfigError) as caught:
        applied(other)
    assert caught.value.where == "national.transport.base_url"


def test_a_reason_must_be_a_code(full: House) -> None:
    """The log holds no free text."""
    with pytest.raises(SyncAgentError):
        apply_rekey(renamed(full).agent, {}, reason="đổi khóa", actor="os:lan")


def test_a_ledger_from_which_nothing_was_sent_follows_the_configuration(house: House) -> None:
    """A mistyped address that a stopped pass has bound needs no new state folder."""
    house.sync()
    other = renamed(house.edited("agent.toml", "national.example/", "other.example/"))
    other.local.case(1)
    other.sync()
    last = [entry for entry in other.entries() if entry.event == "environment_bound"][-1]
    assert (last.reason, other.state("V1")) == ("nothing_sent", "acknowledged")


def test_what_was_seen_of_a_source_before_anything_was_sent_is_kept_under_its_new_name(house: House) -> None:
    """No row is left behind that others would wait for."""
    house.local.case(1, san_sang=0)
    house.sync()
    other = renamed(house)
    other.sync()
    assert [tuple(row) for row in other.select("SELECT source_id, case_key FROM case_state")] == [("lon", "V1")]


def test_a_declaration_for_another_environment_is_void(make_house: Houses) -> None:
    """That nothing is to be taken over was said of another national database."""
    house = make_house(mode="test")
    decline_adoption(house.agent, reason="first_installation", actor="os:lan")
    other = house.edited("agent.toml", "national.example/", "other.example/")
    with pytest.raises(GuardError):
        other.sync()
    assert other.select("SELECT go_live FROM environment") == [(None,)]


def test_a_ledger_from_before_agency_maps_is_bound_to_the_one_it_meets(full: House) -> None:
    """With an entry; from then on it may not change unnoticed."""
    with full.agent.ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE environment SET agency_map = NULL")
    full.sync()
    assert full.select("SELECT agency_map IS NULL FROM environment") == [(0,)]
    assert [entry.reason for entry in full.entries() if entry.event == "environment_bound"] == [None, "agency_map"]


def test_a_map_is_read(tmp_path: Path) -> None:
    """With a byte order mark too, as spreadsheets write it; a case may be gone."""
    path = tmp_path / "map.csv"
    path.write_text("\ufeffold_key,new_key\r\nV1,V1-3\r\nV2,\r\n", encoding="utf-8")
    assert load_key_map(path) == {"V1": "V1-3", "V2": ""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\nV1,V1-3\n",
        "old_key,new_key\nV1,V1-3\nV1,V1-4\n",
        "old_key,new_key\n,V1-3\n",
        "old_key,new_key\nV1\n",
        'old_key,new_key\n"V1,V1-3\n',
    ],
)
def test_a_damaged_map_is_refused(tmp_path: Path, text: str) -> None:
    """By its line; keys are not repeated."""
    path = tmp_path / "map.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_key_map(path)
    assert (str(path) in caught.value.where, "V1" in str(caught.value)) == (True, False)


def test_a_missing_map_is_refused(tmp_path: Path) -> None:
    """As one that is no text."""
    with pytest.raises(ConfigError):
        load_key_map(tmp_path / "map.csv")
