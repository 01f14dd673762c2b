"""While no head of the log reaches another machine nothing new is created; what is known there goes on."""

from pathlib import Path

import pytest

from sync_agent.doctor import Check, examine
from sync_agent.errors import ConfigError
from sync_agent.settings import load_settings
from sync_agent.sync import require_witness
from tests.support.houses import House, Houses

WATCHED = """
[audit]
stop_creations_hours = 24
anchor_seconds = 3600
[[audit.anchors]]
name = "volume"
kind = "file"
folder = "volume"
remote = true
"""


@pytest.fixture
def house(make_house: Houses, tmp_path: Path) -> House:
    """Return a house with one case that went up, whose place outside has been away for two days since."""
    volume = tmp_path / "house" / "volume"
    volume.mkdir(parents=True)
    made = make_house(page=50, workers=1, extra=WATCHED)
    made.local.case(1)
    made.sync()
    volume.rename(volume.with_name("away"))
    made.clock.move(hours=48)
    return made


def check_of(house: House, subject: str = "heads of the audit log") -> Check:
    """Return what `check` says of the heads."""
    return next(check for check in examine(house.folder, probe=False) if check.subject == subject)


def test_nothing_new_is_created_while_nobody_outside_is_a_witness(house: House) -> None:
    """It stays as it is, and is not tried; the log says so once."""
    house.local.case(2)
    for _ in range(2):
        report = house.sync()
        assert (report.counts["creations_stopped"], report.delivered.outcomes) == (1, {})
    assert (house.state("V2"), house.gateway.cases()) == ("pending", ["Nội dung 1"])
    assert house.events().count("creations_stopped") == 1


def test_what_is_known_there_goes_on(house: House) -> None:
    """A change goes up; the first processing of the same case waits."""
    house.local.processed(1)
    house.local.change(1, noi_dung="Mới")
    report = house.sync()
    assert house.gateway.steps == [("case", False), ("case", True)]
    assert (house.state("V1", "processing"), report.counts["creations_stopped"]) == ("pending", 1)


def test_creation_goes_on_when_a_head_has_arrived(house: House) -> None:
    """The pass that finds the place again takes a head there; the next creates, without a word of a person."""
    house.local.case(2)
    house.sync()
    (house.folder / "away").rename(house.folder / "volume")
    house.clock.move(hours=2)  # a place that failed is asked again after a pause
    house.sync()
    assert "creations_stopped" not in house.sync().counts
    assert (house.state("V2"), house.events().count("creations_resumed")) == ("acknowledged", 1)


def test_without_the_setting_nothing_is_stopped(make_house: Houses) -> None:
    """As long as nobody asked for it."""
    house = make_house()
    house.local.case(1)
    house.clock.move(days=30)
    house.sync()
    assert house.state("V1") == "acknowledged"


@pytest.mark.parametrize(("mode", "anchored"), [("production", False), ("production", True), ("test", False)])
def test_production_needs_a_witness_on_another_machine(make_house: Houses, *, mode: str, anchored: bool) -> None:
    """Else the operator could write the whole log anew; elsewhere it is a choice."""
    house = make_house(signed=False, extra=WATCHED if anchored else "")
    path = house.folder / "agent.toml"
    text = path.read_text(encoding="utf-8").replace('mode = "demo"', f'mode = "{mode}"')
    for name in ("settle_seconds", "kind_settle_seconds"):
        text = text.replace(f"{name} = 0", f"{name} = 60")
    path.write_text(text, encoding="utf-8")
    settings = load_settings(house.folder)
    if mode == "production" and not anchored:
        with pytest.raises(ConfigError, match="no place on another machine"):
            require_witness(settings)
        assert check_of(house).verdict == "fail"
    else:
        require_witness(settings)
