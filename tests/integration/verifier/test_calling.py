"""How the verifier is called, what it leaves behind, and that it needs nothing of the agent."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from sync_agent_verifier.cli import main
from sync_agent_verifier.words import SENTENCES

from tests.integration.verifier.conftest import Check, Story
from tests.support.bundles import zipped

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "verifier"
ALLOWED = {"cryptography", "sync_agent_verifier"}


@pytest.fixture
def bundle(story: Story, tmp_path: Path) -> Path:
    """Return the agent's own bundle."""
    return zipped(story.files, tmp_path / "bundle.zip")


def test_it_speaks_vietnamese_first(story: Story, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And English when asked."""
    assert main(["bundle", str(bundle), "--key", story.keys[0]]) == 0
    assert "KẾT QUẢ: TOÀN VẸN" in capsys.readouterr().out
    assert main(["bundle", str(bundle), "--key", story.keys[0], "--lang", "en"]) == 0
    assert "RESULT: SOUND" in capsys.readouterr().out


def test_its_report_says_what_was_checked_by_which_key(
    story: Story, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Range, times and result: it can be attached as it is."""
    main(["bundle", str(bundle), "--key", story.keys[0], "--lang", "en", "--report", str(tmp_path / "report.txt")])
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert text == capsys.readouterr().out
    last = len(story.kept.entries) - 1
    said = [f"Signed by the key that was given: {story.keys[0]}", f"hashed, 0 to {last},", "Heads 0 to 6", "(exit 0)"]
    assert [each for each in said if each not in text] == []


def test_a_report_is_never_written_over(call: Check, story: Story, bundle: Path, tmp_path: Path) -> None:
    """It may be the one of last year."""
    (tmp_path / "report.txt").write_text("of last year", encoding="utf-8")
    found = call("bundle", bundle, "--key", story.keys[0], "--report", tmp_path / "report.txt")
    assert (found.code, found.codes("unreadable")) == (2, ["report_exists"])
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "of last year"


@pytest.mark.parametrize("key", ["x+y", "sync-agent/test+00000000+AQ==", "no such file", "+" * 5000])
def test_what_is_no_key_is_said(call: Check, bundle: Path, key: str) -> None:
    """Before anything is checked by it."""
    assert call("bundle", bundle, "--key", key).code == 2


def test_a_key_with_a_letter_wrong_is_noticed(call: Check, story: Story, bundle: Path) -> None:
    """It carries a checksum: its id."""
    typed = story.keys[0][:-2] + ("A" if story.keys[0][-2] != "A" else "B") + story.keys[0][-1]
    assert call("bundle", bundle, "--key", typed).codes("unreadable") == ["key_malformed"]


def test_a_call_that_makes_no_sense_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Not a result."""
    with pytest.raises(SystemExit) as ended:
        main(["bundle"])
    assert (ended.value.code, capsys.readouterr().out) == (2, "")


@pytest.mark.parametrize("interval", ["0", "x", "-5"])
def test_a_pause_that_is_none_is_refused(bundle: Path, interval: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    with pytest.raises(SystemExit) as ended:
        main(["bundle", str(bundle), "--interval", interval])
    assert (ended.value.code, "--interval" in capsys.readouterr().err) == (2, True)


def modules() -> list[Path]:
    """Return the modules of the verifier."""
    return sorted(FOLDER.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top names that a module imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_it_imports_the_standard_library_and_cryptography_only() -> None:
    """Nothing of the agent, so that a fault of the agent is not repeated."""
    foreign = {path.name: names for path in modules() if (names := imported(path) - ALLOWED - sys.stdlib_module_names)}
    assert (len(modules()) > 10, foreign) == (True, {})


def test_it_runs_where_no_agent_is(story: Story, bundle: Path, tmp_path: Path) -> None:
    """From a copied folder, with `cryptography` and nothing else of this environment in reach."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in ("cryptography", "cffi", "_cffi_backend"):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            found = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
            (packages / found.name).symlink_to(found)
    path = [str(FOLDER), str(packages)]
    code = f"import sys, runpy; sys.path[:0] = {path}; runpy.run_module('sync_agent_verifier', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, "bundle", bundle, "--key", story.keys[0], "--lang", "en"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "RESULT: SOUND" in ended.stdout


@pytest.mark.parametrize("page", ["docs/audit.md", "docs/vi/kiem-toan.md"])
def test_the_manual_explains_every_remark_that_is_not_good_news(page: str) -> None:
    """By the code that is printed beside it, and no code that there is not."""
    text = (ROOT / page).read_text(encoding="utf-8").split("sync-agent-verifier bundle")[1]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    explained = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}
    bad = {code for code, words in SENTENCES.items() if words.severity > 0}
    assert (bad - explained, {code for code in explained - bad if code in SENTENCES}) == (set(), set())


def test_a_folder_without_heads_is_not_taken_for_one_that_fits(
    story: Story, bundle: Path, call: Check, tmp_path: Path
) -> None:
    """Who names the wrong folder must not believe that something was compared."""
    (tmp_path / "empty").mkdir()
    found = call("bundle", bundle, "--key", story.keys[0], "--head", tmp_path / "empty")
    assert (found.code, found.codes("unreadable")) == (2, ["no_head_in_folder"])


def test_it_says_when_no_kept_head_was_compared(story: Story, bundle: Path, call: Check) -> None:
    """A log that was cut short looks the same then."""
    assert "no_head_kept" in call("bundle", bundle, "--key", story.keys[0]).codes("told")
