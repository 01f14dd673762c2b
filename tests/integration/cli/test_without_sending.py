"""Commands that send nothing: no secret of the national side is asked for, and what keeps all else back is said."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.main import main
from sync_agent.domain.rules import RULES
from sync_agent.resources import create_configuration
from tests.support.houses import SECRET_ENV, House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with one case that could go up, and one of an agency that nobody speaks for."""
    house = make_house()
    house.local.full(1)
    house.local.case(2, co_quan="H217.99")
    return house


@pytest.mark.parametrize("words", [("mapping", "check"), ("mapping", "preview", "V1"), ("codes", "unmapped")])
def test_who_sends_nothing_needs_no_secret(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """A profile is written long before there is an account."""
    with_secret = run(*words)
    monkeypatch.delenv(SECRET_ENV)
    assert run(*words) == with_secret
    assert with_secret[0] in {ExitCode.DONE, ExitCode.NEEDS_PERSON}
    sending = run("sync")
    assert (sending[0], SECRET_ENV in sending[2]) == (ExitCode.USAGE, True)


def test_the_secret_in_a_file_is_not_asked_for_either(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor that it is private: it is read when something is sent."""
    file = house.folder / "agent.toml"
    text = file.read_text(encoding="utf-8").replace(f'secret_env = "{SECRET_ENV}"', 'secret_file = "no such file"')
    file.write_text(text, encoding="utf-8")
    monkeypatch.delenv(SECRET_ENV)
    assert run("mapping", "check")[0] == ExitCode.DONE
    assert "no such file" in run("sync")[2]


@pytest.mark.usefixtures("english")
def test_an_empty_plan_says_that_the_policy_is_not_signed(
    run: Run, make_house: Houses, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or a newcomer would look for the reason in the cases."""
    sentence = "Nobody has signed the privacy policy in force"
    assert sentence not in run("sync", "--dry-run")[1]
    unsigned = make_house(name="unsigned", signed=False)
    unsigned.local.full(1)
    words = ["--config", str(unsigned.folder), "--lang", "en", "--quiet", "sync", "--dry-run"]
    assert (main(words), capsys.readouterr().out.count(sentence)) == (ExitCode.DONE, 1)
    main([*words, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["policy_signed"], document["messages"]) == (False, [])


def test_what_is_mended_in_the_settings_is_not_said_to_be_mended_at_the_source(run: Run, house: House) -> None:
    """Who keeps the cases cannot give the agency an account."""
    house.sync()
    for words in (("holds", "list"), ("holds", "show", "V2")):
        told = run(*words)[1]
        line = next(line for line in told.splitlines() if line.startswith("no_account:"))
        assert line.endswith("mend it in the settings")
    refused = run("holds", "release", "V2", "--rule", "no_account", "--reason", "seen", "--digest", "0" * 12)
    assert "mend it in the settings" in refused[2]


def test_no_rule_of_the_settings_can_be_released() -> None:
    """What is missing there is missing for every case."""
    of_settings = {name for name, rule in RULES.items() if rule.in_settings}
    assert "no_account" in of_settings
    assert {name for name in of_settings if RULES[name].releasable} == set()


def test_the_code_tables_of_a_new_installation_say_whose_they_are(tmp_path: Path) -> None:
    """Or the invented organisations of the example would be taken for real ones."""
    create_configuration(tmp_path / "new")
    for path in sorted((tmp_path / "new" / "codes").glob("*.csv")):
        comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        words = "whatever the local system is" if path.stem == "corruption" else "The example profile needs these lines"
        assert words in " ".join(comments), path.name
