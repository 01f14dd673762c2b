"""Nothing goes up without the word of those who answer for it; what opens is said and needs a reason."""

import pytest

from sync_agent.errors import SyncAgentError
from sync_agent.sync import policy_standing, sign_policy
from sync_agent.sync.signing import Standing
from tests.support.houses import House, Houses

FOUR_EYES = "[privacy]\nfour_eyes = true"
KEPT = '    "petition.eligible",\n    "petition.redacted_summary",\n'
CLOSES = (f'    "petition.source",\n{KEPT}', KEPT)
"""The source of the petition, for protected cases."""


def _standing(house: House) -> Standing:
    four_eyes = house.agent.settings.privacy.four_eyes
    with house.agent.ledger.read() as connection:
        return policy_standing(connection, house.agent.policy, four_eyes=four_eyes)


def _tightened(house: House) -> House:
    return house.edited("privacy.toml", *CLOSES)


def _shortened(house: House) -> House:
    line = next(
        line for line in (house.folder / "codes/corruption.csv").read_text("utf-8").splitlines() if "PA.02.01" in line
    )
    return house.edited("codes/corruption.csv", f"{line}\n", "")


def test_a_shortened_list_of_corruption_lets_nothing_up_until_it_is_signed(house: House) -> None:
    """The case it unprotects is held by the missing signature, whoever edited the file."""
    key = house.local.case(1, loai="PA", linh_vuc="PA.02.01")
    shorter = _shortened(house)
    shorter.sync()
    assert (shorter.protected(key), shorter.message(key).reason) == (False, "policy_not_signed")
    assert shorter.gateway.sent == []


def test_a_looser_policy_needs_a_reason(house: House) -> None:
    """And the reason is in the log with the digest and the person."""
    shorter = _shortened(house)
    with pytest.raises(SyncAgentError, match="looser"):
        sign_policy(shorter.agent, actor="os:lan")
    assert not _standing(shorter).signed
    assert sign_policy(shorter.agent, actor="os:lan", reason="list_corrected").signed
    entry = shorter.entries()[-1]
    assert (entry.event, entry.actor, entry.reason) == ("policy_signed", "os:lan", "list_corrected")
    assert (entry.set_digest, entry.new_state) == (shorter.agent.policy.digest, "in_force")


def test_a_stricter_policy_needs_none(house: House) -> None:
    """Nobody is asked why he is careful."""
    assert sign_policy(_tightened(house).agent, actor="os:lan").signed


def test_what_changed_is_known_until_it_is_signed(house: House) -> None:
    """Compared with what was signed, not with a file of that day."""
    shorter = _shortened(_tightened(house))
    assert [change.loosens for change in _standing(shorter).changes] == [True, False]
    sign_policy(shorter.agent, actor="os:lan", reason="both")
    assert _standing(shorter).changes == ()


def test_going_back_to_a_looser_policy_is_signed_anew(house: House) -> None:
    """An old signature does not let an old policy in again by itself."""
    _tightened(house).sign()
    back = house.edited("privacy.toml", CLOSES[1], CLOSES[0])
    key = back.local.case(1)
    back.sync()
    assert back.message(key).reason == "policy_not_signed"
    with pytest.raises(SyncAgentError, match="looser"):
        sign_policy(back.agent, actor="os:lan")


def test_signing_what_is_in_force_changes_nothing(house: House) -> None:
    """Neither the person nor the time."""
    before = house.select("SELECT * FROM policy_signature")
    sign_policy(house.agent, actor="os:lan")
    assert house.select("SELECT * FROM policy_signature") == before


def test_a_signature_from_before_contents_were_kept_cannot_be_compared(house: House) -> None:
    """Then even a stricter policy needs the word of somebody who compared it."""
    with house.agent.ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE policy_signature SET content = NULL")
    with pytest.raises(SyncAgentError, match="looser"):
        sign_policy(_tightened(house).agent, actor="os:lan")


def test_what_is_stored_of_a_policy_is_what_was_signed(house: House) -> None:
    """So that it can be compared when the files are long gone."""
    ((content,),) = house.select("SELECT content FROM policy_signature")
    for word in ("petition.redacted_summary", "pa.01.05", "role_words"):
        assert word in content


def test_with_four_eyes_one_person_is_not_enough(make_house: Houses) -> None:
    """The second must be another, under the own login."""
    house = make_house(signed=False, extra=FOUR_EYES)
    key = house.local.case(1)
    assert sign_policy(house.agent, actor="os:lan").waits
    house.sync()
    assert (house.message(key).reason, house.gateway.sent) == ("policy_not_signed", [])
    with pytest.raises(SyncAgentError, match="same person"):
        sign_policy(house.agent, actor="os:lan")
    assert sign_policy(house.agent, actor="os:minh").signed
    house.sync()
    assert house.state(key) == "acknowledged"
    signed = [entry for entry in house.entries() if entry.event == "policy_signed"]
    assert [(entry.actor, entry.new_state) for entry in signed] == [
        ("os:lan", "waits_for_second"),
        ("os:minh", "in_force"),
    ]


def test_with_four_eyes_the_second_person_confirms_a_loosening_without_another_reason(make_house: Houses) -> None:
    """The first gave it."""
    house = make_house(signed=False, extra=FOUR_EYES)
    for actor in ("os:lan", "os:minh"):
        sign_policy(house.agent, actor=actor)
    shorter = _shortened(house)
    with pytest.raises(SyncAgentError, match="looser"):
        sign_policy(shorter.agent, actor="os:minh")
    assert sign_policy(shorter.agent, actor="os:minh", reason="list_corrected").waits
    assert sign_policy(shorter.agent, actor="os:lan").signed


def test_four_eyes_turned_on_later_asks_for_the_second_person(house: House) -> None:
    """What one person signed waits; the setting itself is an entry."""
    strict = house.edited("agent.toml", "[delivery]", f"{FOUR_EYES}\n[delivery]")
    key = strict.local.case(1)
    strict.sync()
    assert (_standing(strict).waits, strict.message(key).reason) == (True, "policy_not_signed")
    assert "configuration_changed" in strict.events()
    assert sign_policy(strict.agent, actor="os:minh").signed


def test_half_a_signature_on_another_policy_changes_nothing_of_the_one_in_force(make_house: Houses) -> None:
    """Until the second person comes the old one is the last that was signed."""
    house = make_house(signed=False, extra=FOUR_EYES)
    for actor in ("os:lan", "os:minh"):
        sign_policy(house.agent, actor=actor)
    sign_policy(_tightened(house).agent, actor="os:lan")
    assert _standing(house.edited("privacy.toml", CLOSES[1], CLOSES[0])).signed


def test_an_old_half_signature_is_not_completed_long_after(make_house: Houses) -> None:
    """Who signed before another policy was in force is asked again."""
    house = make_house(signed=True)
    first = _tightened(house)
    first.sign()
    four = house.edited("agent.toml", "[delivery]", f"{FOUR_EYES}\n[delivery]")
    back = four.edited("privacy.toml", CLOSES[1], CLOSES[0])
    with pytest.raises(SyncAgentError, match="looser"):
        sign_policy(back.agent, actor="os:minh")
    assert sign_policy(back.agent, actor="os:minh", reason="back").waits


def test_a_number_in_a_text_holds_the_case_where_the_setting_says_so(make_house: Houses) -> None:
    """By default it is only reported."""
    house = make_house(extra='[privacy]\ntext_patterns = "hold"')
    key = house.local.case(1, noi_dung="Liên hệ 0912 345 678")
    house.sync()
    assert (house.message(key).reason, house.gateway.sent) == ("personal_number_in_text", [])


def test_by_default_a_number_in_a_text_is_reported_and_the_case_goes_up(house: House) -> None:
    """The finding names the field, never the value."""
    key = house.local.case(1, noi_dung="Liên hệ 0912 345 678")
    house.sync()
    assert (house.state(key), house.rules(key)) == ("acknowledged", {"personal_number_in_text"})
    assert "0912" not in str(house.select("SELECT * FROM finding"))
