"""How much memory and time one large attachment takes to go up, against reading it whole and posting one string.

    python tests/benchmarks/attachments.py [--size BYTES] [--body json|form] [--rounds N] [--json FILE]

Each contender is a process of its own, so that its peak is its own; they are interleaved, the medians count. Both hash
the file once before, as a look at its case does.
"""

import argparse
import base64
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from sync_agent.domain.steps import Step
from sync_agent.national import (
    Accepted,
    AccountSettings,
    TransportSettings,
    WireFile,
    WireRequest,
    load_contract,
    open_gateway,
)
from sync_agent.resources import packaged_schemas
from sync_agent.source import FileStore

SINK = Path(__file__).with_name("sink.py")
NAME = "a.pdf"
PIECE = 100_000
KILO = 1024  # bytes; the unit of the system's figure


@contextmanager
def sink() -> Iterator[str]:
    """Run the receiver; give its address."""
    with subprocess.Popen([sys.executable, str(SINK)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.terminate()


def streamed(folder: Path) -> WireRequest:
    """Return a request as the agent makes it."""
    store = FileStore(folder)
    size, sha256 = store.describe(NAME)
    file = WireFile(("Attachment", 0, "FileDinhKem"), sha256, size, partial(store.open, NAME))
    return request("", (file,))


def whole(folder: Path) -> WireRequest:
    """Return a request whose body holds the file."""
    hashlib.file_digest(BytesIO((folder / NAME).read_bytes()), "sha256")
    return request(base64.b64encode((folder / NAME).read_bytes()).decode("ascii"), ())


def request(text: str, files: tuple[WireFile, ...]) -> WireRequest:
    """Return a request with one attachment."""
    body = {"VuViec": {"Id": ""}, "Attachment": [{"TenHoSo": "x", "FileDinhKem": text}], "CoQuanTiepNhan": "H1"}
    return WireRequest(Step.CASE, "CapNhatVuViec", update=False, body=body, files=files)


CONTENDERS: dict[str, Callable[[Path], WireRequest]] = {"streamed": streamed, "whole": whole}


def peak() -> int:
    """Return the most memory this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILO


def send(contender: str, folder: Path, url: str, form: str) -> dict[str, float]:
    """Send one request in this process; return seconds, and the peak of memory before and after."""
    settings = {"base_url": url, "plain_http_host": "127.0.0.1", "plain_http_reason": "benchmark", "body": form}
    transport = TransportSettings.model_validate(settings)
    account = AccountSettings(alias="a", agencies=("H1",), username="u", secret_file=Path("secret"))
    contract = load_contract(packaged_schemas() / "kntc", {})
    gateway = open_gateway(contract, transport, [account], folder, workers=1, production=False)
    before, began = peak(), time.perf_counter()
    outcome = gateway.send(CONTENDERS[contender](folder), "a")
    seconds = time.perf_counter() - began
    gateway.close()
    assert isinstance(outcome, Accepted), outcome
    return {"seconds": seconds, "before": before, "peak": peak()}


def write(path: Path, size: int) -> None:
    """Write a file in small pieces: a process starts with the peak of the one that started it."""
    random = Random(1)  # noqa: S311 - nothing secret
    with path.open("wb") as file:
        for done in range(0, size, PIECE):
            file.write(random.randbytes(min(PIECE, size - done)))


def measure(size: int, form: str, rounds: int) -> dict[str, Any]:
    """Run each contender in turn, each in a process of its own; return the medians."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as temporary, sink() as url:
        folder = Path(temporary)
        write(folder / NAME, size)
        (folder / "secret").touch(mode=0o600)
        (folder / "secret").write_text("x", encoding="ascii")
        for _ in range(rounds):
            for name, results in found.items():
                words = [sys.executable, __file__, "--contender", name, "--folder", temporary, "--url", url]
                done = subprocess.run([*words, "--body", form], capture_output=True, check=True, text=True)
                results.append(json.loads(done.stdout))
    middle = {
        name: {key: statistics.median(each[key] for each in results) for key in results[0]}
        for name, results in found.items()
    }
    return {"size": size, "body": form, "contenders": middle}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=60_000_000)
    parser.add_argument("--body", choices=["json", "form"], default="json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--contender", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contender:
        print(json.dumps(send(chosen.contender, chosen.folder, chosen.url, chosen.body)))  # noqa: T201 - for the parent
        return
    found = measure(chosen.size, chosen.body, chosen.rounds)
    for name, each in found["contenders"].items():
        more = (each["peak"] - each["before"]) / 1e6
        line = f"{name:10} {each['seconds']:8.2f} s {each['peak'] / 1e6:8.0f} MB at most, {more:6.1f} MB for the file"
        print(line)  # noqa: T201 - a command
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
