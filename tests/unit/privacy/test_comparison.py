import copy
from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.privacy import Policy, policy_changes

Content = dict[str, Any]


def _edited(policy: Policy, edit: Callable[[Content], object]) -> Content:
    content = copy.deepcopy(policy.content)
    edit(content)
    return content


LOOSER: dict[str, Callable[[Content], object]] = {
    "a field open for protected cases": lambda c: c["protected"].append("recorded_at"),
    "a field open for the others": lambda c: c["unprotected"].append("petitioners.people.phone"),
    "a kind less": lambda c: c["kinds"].remove("mixed"),
    "an outcome less": lambda c: c["outcomes"].remove("denunciation_true"),
    "a code of corruption less": lambda c: c["corruption"].remove("pa.01.05"),
    "a code of corruption replaced by one below it": lambda c: c["corruption"].__setitem__(0, "pa.01.05.01"),
    "a family more": lambda c: c["families"].update(kp="feedback"),
    "a family that means less": lambda c: c["families"].update(tc="complaint"),
    "a family that means something else": lambda c: c["families"].update(pa="complaint"),
    "a word of positions more": lambda c: c["names"]["role_words"].append("hoa"),
    "a middle name more": lambda c: c["names"]["middle_names"].append("khuê"),
    "a placeholder more": lambda c: c["names"]["placeholders"].append("hoa"),
    "a surname more": lambda c: c["names"]["surnames"].append("khuê"),
    "a surname less": lambda c: c["names"]["surnames"].remove("lê"),
    "a title more": lambda c: c["names"]["titles"].append("khuê"),
    "a title less": lambda c: c["names"]["titles"].remove("bà"),
    "a list of words nobody knows": lambda c: c["names"].update(others=["x"]),
    "a part nobody knows": lambda c: c.update(new=["x"]),
    "a part gone": lambda c: c.pop("corruption"),
}
STRICTER: dict[str, Callable[[Content], object]] = {
    "a field closed for protected cases": lambda c: c["protected"].remove("petition.source"),
    "a field closed for the others": lambda c: c["unprotected"].remove("petition.content"),
    "a kind more": lambda c: c["kinds"].append("feedback"),
    "an outcome more": lambda c: c["outcomes"].append("to_investigation"),
    "a code of corruption more": lambda c: c["corruption"].append("kn.01.09"),
    "a code of corruption replaced by one above it": lambda c: c["corruption"].__setitem__(0, "pa.01"),
    "a family less": lambda c: c["families"].pop("pa"),
    "a family that now means a denunciation": lambda c: c["families"].update(pa="denunciation"),
    "a word of positions less": lambda c: c["names"]["role_words"].remove("ban"),
    "a middle name less": lambda c: c["names"]["middle_names"].remove("anh"),
    "a placeholder less": lambda c: c["names"]["placeholders"].remove("không"),
}


@pytest.mark.parametrize("edit", LOOSER.values(), ids=LOOSER)
def test_what_is_not_provably_as_strict_is_looser(policy: Policy, edit: Callable[[Content], object]) -> None:
    """And it is said in both languages."""
    found = policy_changes(policy.content, _edited(policy, edit))
    assert found[0].loosens
    assert all(change.said("vi") != change.said("en") for change in found)


@pytest.mark.parametrize("edit", STRICTER.values(), ids=STRICTER)
def test_a_stricter_policy_loosens_nothing(policy: Policy, edit: Callable[[Content], object]) -> None:
    """It is told, but needs no reason."""
    assert {change.loosens for change in policy_changes(policy.content, _edited(policy, edit))} == {False}


def test_the_same_policy_changes_nothing(policy: Policy) -> None:
    """Word for word."""
    assert policy_changes(policy.content, policy.content) == ()


def test_a_policy_nobody_kept_counts_as_stricter_than_any(policy: Policy) -> None:
    """What cannot be compared cannot be shown to be as strict."""
    assert [change.loosens for change in policy_changes(None, policy.content)] == [True]


def test_what_opens_is_said_first_and_by_the_name_people_use(policy: Policy) -> None:
    """The person who signs reads no path."""

    def edit(content: Content) -> None:
        content["protected"] = [path for path in content["protected"] if path != "petition.source"] + ["recorded_at"]
        content["corruption"].remove("pa.01.05")

    found = policy_changes(policy.content, _edited(policy, edit))
    assert [change.vi for change in found] == [
        "Mã về tham nhũng PA.01.05 không còn làm cho đơn được bảo vệ.",
        "Đơn được bảo vệ: nay được gửi thời điểm ghi nhận.",
        "Đơn được bảo vệ: không còn gửi đơn (mã nguồn đơn).",
    ]
