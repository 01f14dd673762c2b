import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sync_agent.errors import ConfigError
from sync_agent.privacy import Policy, load_policy
from sync_agent.privacy.names import WordList
from sync_agent.resources import packaged_configuration


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a copy of the shipped policy that a test may edit."""
    shutil.copytree(packaged_configuration() / "codes", tmp_path / "codes")
    return Path(shutil.copy(packaged_configuration() / "privacy.toml", tmp_path / "privacy.toml"))


def _edited(file: Path, old: str, new: str) -> Policy:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_policy(file)


def _line(file: Path, wanted: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if wanted in line)


def _error(file: Path, old: str, new: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        _edited(file, old, new)
    return caught.value


def test_the_digest_is_the_same_wherever_the_file_stands(file: Path) -> None:
    """Two installations with the same policy sign the same digest."""
    assert load_policy(file).digest == load_policy(packaged_configuration() / "privacy.toml").digest


def test_comments_and_order_do_not_change_the_digest(file: Path) -> None:
    """What passes is the same, so nobody must sign again."""
    before = load_policy(file).digest
    assert _edited(file, '    "agency",\n    "kind",\n', '    "kind", # loại đơn\n    "agency",\n').digest == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    "acceptance.accepted_on",\n', ""),
        ('    "recorded_at",\n', ""),
        ('kinds = ["denunciation", "mixed"]', 'kinds = ["denunciation", "mixed", "feedback"]'),
        ('    "denunciation_true",\n', '    "denunciation_true",\n    "to_investigation",\n'),
        ('PA = "feedback"', 'PA = "feedback"\nKP = "feedback"'),
    ],
)
def test_whatever_changes_what_passes_changes_the_digest(file: Path, old: str, new: str) -> None:
    """A policy that was loosened or tightened must be signed again."""
    before = load_policy(file).digest
    assert _edited(file, old, new).digest != before


def test_the_corruption_codes_are_part_of_the_digest(file: Path) -> None:
    """A code taken out of the list lets more pass."""
    before = load_policy(file).digest
    codes = file.parent / "codes" / "corruption.csv"
    codes.write_text("".join(codes.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert load_policy(file).digest != before


def test_the_common_names_are_part_of_the_digest(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name called common is no longer looked for on the way out."""
    before = load_policy(file)
    wider = replace(before.names, middle_names=WordList([*before.names.middle_names.entries, "khuê"]))
    monkeypatch.setattr("sync_agent.privacy.policy.load_common_names", lambda: wider)
    assert load_policy(file).digest != before.digest


def test_an_unknown_field_is_named_with_its_line_and_the_nearest_word(file: Path) -> None:
    """A slip of the pen closes nothing in silence and opens nothing."""
    error = _error(file, '"petition.redacted_summary"', '"petition.redacted_sumary"')
    line = _line(file, '"petition.redacted_sumary"')
    assert str(error) == (
        f"{file}:{line}: the privacy policy names an unknown field petition.redacted_sumary"
        " - did you mean petition.redacted_summary?"
    )


def test_an_unknown_field_far_from_any_word_is_named_all_the_same(file: Path) -> None:
    """There is not always a nearest word."""
    error = _error(file, '"petition.redacted_summary"', '"zzz"')
    assert str(error).endswith("unknown field zzz - see schemas/casefile for the fields")


def test_a_whole_part_cannot_be_opened(file: Path) -> None:
    """A new field of the part would be open without anybody deciding it."""
    error = _error(file, '"petition.source",', '"petition",')
    assert str(error).endswith("the privacy policy opens the whole part petition - name each of its fields")


def test_a_field_named_twice_is_refused(file: Path) -> None:
    """Closing one of the two would close nothing."""
    error = _error(file, '    "agency",\n', '    "agency",\n    "agency",\n')
    assert str(error).endswith("the privacy policy names the field agency twice - remove one")


@pytest.mark.parametrize(
    "path", ["petitioners.people.full_name", "petition.content", "attachments.name", "petition.anonymous"]
)
def test_what_the_law_keeps_secret_cannot_be_opened(file: Path, path: str) -> None:
    """No policy opens the identity in a protected case, signed or not."""
    error = _error(file, "[protected]\nopen = [", f'[protected]\nopen = [\n    "{path}",')
    assert (error.what, error.where) == (
        "the field {name} can never go up for a protected case",
        f"{file}:{_line(file, path)}",
    )


def test_a_field_open_only_when_protected_is_refused(file: Path) -> None:
    """Protection never lets more pass."""
    error = _error(file, "[protected]\nopen = [", '[protected]\nopen = [\n    "changed_at",')
    assert error.what == "the field {name} is open for protected cases but closed for the others"


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ('kinds = ["denunciation", "mixed"]', 'kinds = ["mixed"]', "denunciation"),
        ('    "denunciation_knowingly_false",\n', "", "denunciation_knowingly_false"),
        ('TC = "denunciation"', 'TC = "complaint"', "TC"),
        ('TC = "denunciation"\n', "", "TC"),
    ],
)
def test_what_the_law_protects_cannot_be_left_out(file: Path, old: str, new: str, value: str) -> None:
    """An empty trigger table would let every denunciation pass without a signature."""
    error = _error(file, old, new)
    assert (error.what, dict(error.facts)["value"]) == ("setting {name} leaves out {value}", value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[protect]\n", "[protect]\nkind = []\n", "unknown setting protect.kind - did you mean protect.kinds?"),
        ("version = 1", "version = 1\nxyz = 2", "unknown setting xyz - the shipped privacy.toml names every setting"),
        ("version = 1", "version = 2", "setting version: Input should be 1"),
        ("version = 1", "", "setting version: Field required"),
        ('PA = "feedback"', 'PA = "mixed"', "setting protect.families.PA: Input should be"),
        ('PA = "feedback"', '1A = "feedback"', "setting protect.families.1A: String should match pattern"),
        ("version = 1", "version = ", "not valid TOML: Invalid value (at line"),
    ],
)
def test_a_wrong_setting_is_named(file: Path, old: str, new: str, said: str) -> None:
    """The message says which setting and what is wrong with it."""
    assert said in str(_error(file, old, new))


def test_a_wrong_setting_is_named_with_its_line(file: Path) -> None:
    """People find it in the file."""
    error = _error(file, 'kinds = ["denunciation", "mixed"]', 'kinds = ["denunciation", "mixd"]')
    assert error.where == f"{file}:{_line(file, 'mixd')}"


def test_a_missing_policy_is_a_configuration_error(tmp_path: Path) -> None:
    """Without a policy nothing runs."""
    with pytest.raises(ConfigError, match="the privacy policy cannot be read"):
        load_policy(tmp_path / "privacy.toml")


def test_a_policy_that_is_not_utf8_is_a_configuration_error(file: Path) -> None:
    """A file saved in another encoding is said to be so."""
    file.write_bytes("version = 1 # chính sách".encode("utf-16"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_policy(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the list of corruption codes cannot be read"),
        ("", "the list of corruption codes is empty"),
        ("local,national\n", "the list of corruption codes is empty"),
        ("local,code\nPA,PA\n", "corruption.csv:1: the list of corruption codes has no column national"),
        ("# note\nlocal,national\nPA,PA\nPB, \n", "corruption.csv:4: the row has no code"),
        ("local,national\nPA\n", "corruption.csv:2: the row has no code"),
        ('local,national\n"PA" x,PA\n', "corruption.csv:2: the row cannot be read as CSV"),
    ],
)
def test_a_wrong_list_of_corruption_codes_is_named(file: Path, content: str | None, said: str) -> None:
    """An empty or unreadable list would stop protecting those who report corruption."""
    codes = file.parent / "codes" / "corruption.csv"
    codes.unlink()
    if content is not None:
        codes.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_policy(file)
    assert said in str(caught.value)


def test_a_list_saved_by_a_spreadsheet_is_read(file: Path) -> None:
    """A byte order mark and other columns do not matter, nor do the dates: a code goes on protecting."""
    content = "\ufefflocal,national,valid_to\nPA,PA.09,2019-01-01\n"
    (file.parent / "codes" / "corruption.csv").write_text(content, encoding="utf-8")
    assert load_policy(file).triggers.corruption == ("pa.09",)
