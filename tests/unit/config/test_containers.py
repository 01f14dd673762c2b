"""The container files, without a container: hardened, pinned, and of one mind about users, files and secrets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_may_do_little(name: str) -> None:
    """No root, no capability, no file system but its own folders."""
    service = SERVICES[name]
    assert (service["user"], service["read_only"], service["cap_drop"], service["security_opt"]) == (
        "10001:10001",
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


def test_the_database_is_reached_by_the_service_and_the_pages_alone() -> None:
    """On a network without a way out; nothing of it is published."""
    (network,) = SERVICES["database"]["networks"]
    assert COMPOSE["networks"][network] == {"internal": True}
    assert {name for name, each in SERVICES.items() if network in each["networks"]} == set(SERVICES)
    assert "ports" not in SERVICES["database"]


def test_the_pages_get_no_secret_of_the_source_or_the_national_side() -> None:
    """Nor a key but the installation's, nor anything that they may write."""
    pages = SERVICES["pages"]
    assert set(pages["secrets"]) == {"ledger_web", "web_certificate", "web_key"}
    assert all(volume.endswith(":ro") for volume in pages["volumes"])
    assert [volume for volume in pages["volumes"] if "state" in volume] == [
        "./state/installation.key:/var/lib/sync-agent/installation.key:ro"
    ]


def test_every_secret_is_a_file_that_is_named_once_and_used() -> None:
    """And none stands in the file itself."""
    used = {secret for service in SERVICES.values() for secret in service["secrets"]} | {"ledger_owner"}
    assert {name: each["file"] for name, each in COMPOSE["secrets"].items()} == {n: f"secrets/{n}" for n in used}
    assert [name for name in SERVICES["database"]["environment"] if "PASSWORD" in name] == ["POSTGRES_PASSWORD_FILE"]


def test_what_is_under_way_has_time_to_end() -> None:
    """The service records it within half a minute."""
    assert int(SERVICES["agent"]["stop_grace_period"].removesuffix("s")) > 30


def test_every_login_is_a_secret_of_the_database() -> None:
    """The script reads no other file."""
    read = set(re.findall(r"cat /run/secrets/(\w+)", (FOLDER / "logins.sql").read_text("utf-8")))
    assert read | {"ledger_administrator"} == set(SERVICES["database"]["secrets"])


def test_the_image_is_built_from_exact_versions_for_one_user() -> None:
    """Bases by version and without a registry's address; packages by their hashes; no shell at the start."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    locked = re.findall(r"pip install [^\n]*--require-hashes --requirement (\S+)", DOCKERFILE)
    installed = re.findall(r"pip install [^\n]*", DOCKERFILE)
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    assert (locked, len(installed)) == (["requirements/server.lock", "requirements/build.lock"], 3)
    assert all("--require-hashes" in line or "--no-index --no-deps" in line for line in installed)
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^(?:CMD|ENTRYPOINT) (.*)$", DOCKERFILE, re.MULTILINE) == ['["sync-agent"]', '["run"]']
    assert "\nSTOPSIGNAL SIGTERM\n" in DOCKERFILE


def test_nothing_that_an_agent_left_here_gets_into_the_image() -> None:
    """Everything is left out but what is named, and of that state, databases and keys."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    wanted = {re.sub("^requirements/.*", "requirements", name) for line in copied for name in line.split()}
    assert (lines[0], {line[1:] for line in lines if line.startswith("!")}) == ("*", wanted)
    assert {"**/state", "**/*.db*", "**/*.key", "**/*.secret", "**/secrets"} <= set(lines)
