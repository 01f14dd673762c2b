"""The wheel: built from a checkout, installed where there is no checkout, driven from an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from sync_agent import __version__
from sync_agent.resources import INSTALLATION_KEY
from tests.support.stations import PATIENCE, Ended

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "agent.toml",
    "codes",
    "container",
    "grafana",
    "privacy.toml",
    "profiles",
    "prometheus",
    "systemd",
    "windows",
)
"""What of `config` is part of every new configuration."""
LEFTOVERS = {
    "config/state/installation.key": "0" * 64,
    "config/state/ledger.db": "the ledger of an agent that ran in the checkout",
    "config/local.db": "the local system of somebody who tried it",
    "config/.env": "SECRET=1",
    "sync_agent/cli/__pycache__/app.cpython-311.pyc": "compiled",
    "tests/test_nothing.py": "",
    "tools/nothing.py": "",
}
"""What lies about in a checkout that is worked in, and must stay there."""


def run(words: list[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a process to its end."""
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def succeed(words: list[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a process that must do its work."""
    done = run(words, folder, environment)
    assert done.code == 0, done.out + done.err
    return done


def files(folder: Path, *, below: str = "") -> set[str]:
    """Return the files below a folder, without compiled ones, as they would lie below `below`."""
    return {
        (PurePosixPath(below) / path.relative_to(folder).as_posix()).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def size(name: str) -> int:
    """Return the size of a file of the checkout, given its name in the package."""
    below = name.removeprefix("_data/")
    return (ROOT / below if below != name else ROOT / "sync_agent" / name).stat().st_size


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the wheel is built from, as it is in the checkout."""
    folder = tmp_path_factory.mktemp("build") / "checkout"
    for name in ("sync_agent", "schemas", "docs/man"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "config").mkdir()
    for name in SHIPPED:
        of, to = ROOT / "config" / name, folder / "config" / name
        shutil.copytree(of, to) if of.is_dir() else shutil.copy(of, to)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, environment: dict[str, str]) -> Path:
    """Return the wheel of a checkout in which an agent ran and a developer worked."""
    for name, content in LEFTOVERS.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    out = checkout.parent / "dist"
    succeed([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], checkout, environment)
    (built,) = out.iterdir()
    return built


@dataclass(frozen=True, slots=True)
class Installed:
    """An agent that was installed from the wheel; `home` and `folder` are empty at first."""

    venv: Path
    home: Path
    folder: Path
    environment: Mapping[str, str]

    def agent(self, *words: str) -> Ended:
        """Run a command from the folder."""
        return run([str(self.venv / "bin" / "sync-agent"), *words], self.folder, self.environment)

    def python(self, code: str) -> str:
        """Run a line of Python and return what it prints."""
        return succeed([str(self.venv / "bin" / "python"), "-c", code], self.folder, self.environment).out.strip()


@pytest.fixture(scope="module")
def venv(wheel: Path, environment: dict[str, str]) -> Path:
    """Return a virtual environment with the wheel in it; what it depends on is lent by the running one.

    The borrowed folder is a plain line in a .pth file: .pth files inside it, the editable checkout's too, do not count.
    """
    folder = wheel.parent.parent / "venv"
    succeed([sys.executable, "-m", "venv", str(folder)], wheel.parent, environment)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = folder / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    succeed([*pip, str(wheel)], wheel.parent, environment)
    return folder


@pytest.fixture
def installed(venv: Path, tmp_path: Path, environment: dict[str, str]) -> Iterator[Installed]:
    """Yield the installed agent in an empty folder, at an account whose home is empty."""
    (home := tmp_path / "home").mkdir()
    (folder := tmp_path / "folder").mkdir()
    kept = {name: value for name, value in environment.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    yield Installed(venv, home, folder, kept | {"HOME": str(home)})
    assert files(home) == set()


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path, checkout: Path) -> None:
    """No test, no tool, no cache, and above all no key or database of an agent that ran in the checkout."""
    expected = files(ROOT / "sync_agent", below="sync_agent")
    expected |= files(ROOT / "schemas", below="sync_agent/_data/schemas")
    kept = {name for name in files(checkout / "config") if f"config/{name}" not in LEFTOVERS}
    expected |= {f"sync_agent/_data/config/{name}" for name in kept}
    manual = f"sync_agent-{__version__}.data/data/share/man"
    expected |= {f"{manual}/man1/sync-agent.1", f"{manual}/vi/man1/sync-agent.1"}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(f"sync_agent-{__version__}.dist-info/")}
    assert names == expected


def test_the_example_has_nothing_the_wheel_leaves_out() -> None:
    """A new file of the example is named in pyproject.toml too; what an agent left there does not count."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = {name for name in wheel["only-include"] if name.startswith("config/")}
    left = {"state", "files"} | {path.name for path in (ROOT / "config").glob("*.db*")}
    there = {path.name for path in (ROOT / "config").iterdir()} - left
    assert (there, named) == (set(SHIPPED), {f"config/{name}" for name in SHIPPED})


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "locale/vi/LC_MESSAGES/sync_agent.mo",
        "audit/sql/guards_sqlite.sql",
        "ledger/migrations/versions/0001_spine.py",
        "privacy/words.toml",
        "_data/schemas/kntc/contract.toml",
        "_data/schemas/casefile/casefile.schema.json",
        "_data/config/agent.toml",
        "_data/config/privacy.toml",
        "_data/config/profiles/tinh-a.yaml",
    ],
)
def test_what_is_no_code_travels_too(wheel: Path, name: str) -> None:
    """Types, sentences, guards, migrations, words, contracts, the example: the wheel is useless without them."""
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo(f"sync_agent/{name}").file_size == size(name)


def test_the_installed_agent_is_not_the_checkout(installed: Installed) -> None:
    """Else all these tests would prove nothing."""
    assert Path(installed.python("import sync_agent; print(sync_agent.__file__)")).is_relative_to(installed.venv)


def test_it_tells_its_version_and_its_help(installed: Installed) -> None:
    """In both languages, and nothing is made by asking."""
    version, vietnamese, english = (
        installed.agent("--version"),
        installed.agent("--help"),
        installed.agent("--lang", "en", "--help"),
    )
    assert (version.code, version.out, version.err) == (0, f"sync-agent {__version__}\n", "")
    assert (vietnamese.code, "Các lệnh:" in vietnamese.out) == (0, True)
    assert (english.code, "Commands:" in english.out) == (0, True)
    assert files(installed.folder) == set()


def test_init_makes_the_same_configuration_as_in_the_checkout(installed: Installed, checkout: Path) -> None:
    """With the contracts and a key, and the doctor says what comes first: the account's secret."""
    done = installed.agent("init", "agency")
    made = files(installed.folder / "agency")
    kept = {name for name in files(checkout / "config") if f"config/{name}" not in LEFTOVERS}
    assert (done.code, made) == (0, kept | files(ROOT / "schemas", below="schemas") | {INSTALLATION_KEY.as_posix()})
    checked = installed.agent("--config", "agency", "check")
    assert (checked.code, checked.err, len(checked.out.splitlines())) == (2, "", 1)


def test_it_plays_the_demo_and_goes_on_from_there(installed: Installed) -> None:
    """Simulator, migrations, guards, audit log: the whole path, from an empty folder."""
    played = installed.agent("--json", "demo", "--cases", "60")
    assert played.code == 0, played.err
    assert set(played.document["checks"].values()) == {True}
    made = installed.folder / "demo-sync-agent"
    assert {path.name for path in installed.folder.iterdir()} == {made.name}
    codes = {
        words: installed.agent("--config", str(made), *words.split()).code
        for words in ("check --offline", "db check", "db upgrade", "status", "audit list")
    }
    assert codes == {"check --offline": 0, "db check": 0, "db upgrade": 0, "status": 1, "audit list": 0}


def test_db_upgrade_makes_a_ledger_where_there_is_none(installed: Installed) -> None:
    """The migrations are found inside the package."""
    installed.agent("init", "agency")
    done = installed.agent("--config", "agency", "db", "upgrade")
    assert (done.code, done.err) == (0, "")
    assert (installed.folder / "agency" / "state" / "ledger.db").is_file()


@pytest.mark.parametrize("name", ["Hồ sơ của tỉnh A", "50%41 #1? it's a&b=c"])
def test_a_folder_may_be_called_anything(installed: Installed, name: str) -> None:
    """Blanks, Vietnamese letters, and what means something in a URL or to a shell; all files stay in it."""
    played = installed.agent("--quiet", "demo", "--cases", "60", "--dir", name)
    assert (played.code, played.err) == (0, "")
    assert {path.name for path in installed.folder.iterdir()} == {name}
    commands = (["check", "--offline"], ["db", "check"], ["sync"])
    codes = [installed.agent("--config", name, *words).code for words in commands]
    assert codes == [0, 0, 1]
    assert {path.name for path in installed.folder.iterdir()} == {name}


@pytest.mark.skipif(os.name != "posix", reason="locales of POSIX")
def test_it_speaks_vietnamese_where_the_machine_has_no_locale(installed: Installed) -> None:
    """As under a service manager: paths and messages are UTF-8 all the same."""
    bare = Installed(installed.venv, installed.home, installed.folder, {"HOME": str(installed.home), "LC_ALL": "C"})
    done = bare.agent("init", "Hồ sơ")
    assert (done.code, (installed.folder / "Hồ sơ" / "agent.toml").is_file()) == (0, True)
    assert "Cấu hình nằm trong Hồ sơ." in done.out
