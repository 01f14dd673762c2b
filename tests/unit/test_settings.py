"""Every setting is validated at start; an error names the setting and what to do."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sync_agent.errors import ConfigError
from sync_agent.settings import Mode, Settings, load_settings

TOML = """
[agent]
mode = "test"
[source]
url = "sqlite:///local.db"
profile = "profile.yaml"
[national.transport]
base_url = "https://national.example/"
[national.wire]
money_unit = "dong"
[[national.accounts]]
alias = "tinh"
agencies = ["H217.01"]
username = "tinh"
secret_env = "SECRET_OF_TESTS"
"""


def written(folder: Path, text: str = TOML) -> Path:
    """Write a configuration and return its folder."""
    (folder / "agent.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, text: str) -> ConfigError:
    """Return the error that a configuration is refused with."""
    with pytest.raises(ConfigError) as caught:
        load_settings(written(folder, text))
    return caught.value


def with_lines(section: str, *lines: str) -> str:
    """Return the configuration with lines in one more section."""
    return TOML + "\n".join(["", f"[{section}]", *lines])


def test_the_defaults_are_the_cautious_ones(tmp_path: Path) -> None:
    """Two minutes to settle, two hours for the kind, fifteen minutes for the national side, a guard of fifty."""
    settings = load_settings(written(tmp_path))
    delivery, guards = settings.delivery, settings.guards
    assert settings.settle == timedelta(seconds=120)
    assert (delivery.kind_settle_seconds, delivery.settle_remote_seconds) == (7200, 900)
    assert (guards.volume_min, guards.volume_share) == (50, 0.02)
    assert not settings.scope.complete
    assert settings.national.capabilities == {}


def test_paths_are_below_the_folder_of_the_configuration(tmp_path: Path) -> None:
    """Wherever the agent is started from."""
    settings = load_settings(written(tmp_path))
    assert settings.state == tmp_path.resolve() / "state"
    assert settings.ledger_url == f"sqlite:///{tmp_path.resolve()}/state/ledger.db"
    assert settings.source_url == f"sqlite:///{tmp_path.resolve()}/local.db"


def test_a_folder_may_have_signs_that_mean_something_in_a_url(tmp_path: Path) -> None:
    """The databases are made in it, not beside it."""
    (folder := tmp_path / "50%41? hồ sơ #1").mkdir()
    settings = load_settings(written(folder))
    files = [make_url(url).database for url in (settings.ledger_url, settings.source_url)]
    assert files == [f"{folder.resolve()}/state/ledger.db", f"{folder.resolve()}/local.db"]


@pytest.mark.parametrize("url", ["sqlite:////data/local.db", "postgresql://db/local"])
def test_an_absolute_source_stays_as_it_is(tmp_path: Path, url: str) -> None:
    """Only a relative file is below the folder."""
    assert load_settings(written(tmp_path, TOML.replace("sqlite:///local.db", url))).source_url == url


def test_another_ledger_can_be_named(tmp_path: Path) -> None:
    """By its address."""
    text = TOML.replace('mode = "test"', 'mode = "test"\nledger_url = "sqlite:////data/ledger.db"')
    assert load_settings(written(tmp_path, text)).ledger_url == "sqlite:////data/ledger.db"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert (caught.value.where, "init" in caught.value.todo) == (str(tmp_path / "agent.toml"), True)


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    """With the line."""
    assert "line 2" in str(refused(tmp_path, "[agent]\nmode =\n"))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Bytes of another character set are no configuration."""
    (tmp_path / "agent.toml").write_bytes(b"[agent]\nmode = '\xff'")
    with pytest.raises(ConfigError):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "name", "near"),
    [
        (with_lines("delivery", "workes = 3"), "delivery.workes", "workers"),
        (with_lines("delivry", "workers = 3"), "delivry", "delivery"),
        (TOML.replace("alias", "alais"), "national.accounts.0.alais", "alias"),
        (TOML.replace("base_url", "base_ulr"), "national.transport.base_ulr", "base_url"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_right_one(
    tmp_path: Path, text: str, name: str, near: str
) -> None:
    """A slip is never ignored."""
    error = refused(tmp_path, text)
    assert dict(error.facts) == {"name": name, "near": near}


def test_a_setting_like_no_other_is_refused_too(tmp_path: Path) -> None:
    """With where the settings stand."""
    error = refused(tmp_path, with_lines("xyzzy", "a = 1"))
    assert (dict(error.facts), "docs" in error.todo) == ({"name": "xyzzy"}, True)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    """Units are for the agency to state: there is no default."""
    error = refused(tmp_path, TOML.replace('[national.wire]\nmoney_unit = "dong"\n', ""))
    assert dict(error.facts)["name"] == "national.wire"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("delivery", "settle_seconds = -1"), "delivery.settle_seconds"),
        (("delivery", "workers = 0"), "delivery.workers"),
        (("guards", "volume_share = 1.5"), "guards.volume_share"),
        (("scope", 'kinds = ["khiếu nại"]'), "scope.kinds.0"),
        (("service", 'cron = "* * * *"'), "service.cron"),
        (("service", 'cron = "0 7 * * 1-5"'), "service.cron"),
        (("service", 'full_scan = "0 2 31 2 *"'), "service.full_scan"),
        (("service", 'send_between = ["7-17"]'), "service.send_between.0"),
    ],
)
def test_a_value_out_of_its_range_is_named(tmp_path: Path, lines: tuple[str, str], name: str) -> None:
    """With the setting, and without its value."""
    error = refused(tmp_path, with_lines(*lines))
    assert (dict(error.facts)["name"], "khiếu nại" in str(error)) == (name, False)


def test_an_error_shows_no_value(tmp_path: Path) -> None:
    """Somebody may have written a secret where it does not belong."""
    error = refused(tmp_path, TOML.replace('secret_env = "SECRET_OF_TESTS"', 'secret = "mật khẩu"'))
    assert "mật khẩu" not in repr(error)


def test_the_scope_is_complete_with_all_three(tmp_path: Path) -> None:
    """Agencies, kinds and the day to start from."""
    lines = ['agencies = ["H217.01"]', 'kinds = ["complaint"]', "start_from = 2026-07-01"]
    complete = [
        load_settings(written(tmp_path, with_lines("scope", *lines[:count]))).scope.complete for count in range(4)
    ]
    assert complete == [False, False, False, True]


@pytest.mark.parametrize("setting", ["settle_seconds", "kind_settle_seconds", "settle_remote_seconds"])
def test_production_always_waits(tmp_path: Path, setting: str) -> None:
    """No wait is nothing for real people's names."""
    text = with_lines("delivery", f"{setting} = 0")
    assert load_settings(written(tmp_path, text)).agent.mode is Mode.TEST
    error = refused(tmp_path, text.replace('"test"', '"production"'))
    assert setting in str(error)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting at a time; the others stay as the file has them."""
    monkeypatch.setenv("SYNC_AGENT_DELIVERY__WORKERS", "8")
    settings = load_settings(written(tmp_path, with_lines("delivery", "workers = 3", "settle_seconds = 7")))
    assert (settings.delivery.workers, settings.delivery.settle_seconds) == (8, 7)


@pytest.mark.parametrize(("name", "value"), [("SYNC_AGENT_DELIVERY", "eight"), ("SYNC_AGENT_DELIVERY__WORKES", "8")])
def test_a_wrong_variable_of_the_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """As a wrong line of the file is."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError):
        load_settings(written(tmp_path))


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    """What was validated is what is used."""
    settings = load_settings(written(tmp_path))
    for name in ("agent", "folder"):
        with pytest.raises(ValueError, match="frozen"):
            setattr(settings, name, None)
    assert isinstance(settings, Settings)
