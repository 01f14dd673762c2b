"""Nothing of a protected person leaves the local system: every trace of every process is searched for every value."""

import base64
import json
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from tests.support.stations import Station

LEAST = 5  # letters; what is shorter stands in other words too


def plain(text: str) -> str:
    """Return a text without accents, in lower case."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def forms(value: str) -> Iterator[bytes]:
    """Yield the ways in which a value could be written down so that it no longer reads as text."""
    yield quote(value).encode()
    yield json.dumps(value)[1:-1].encode()
    for before, strange in ((b"", 0), (b"x", 2), (b"xx", 3)):  # base64 depends on what stands before and after
        content = before + value.encode()
        yield base64.b64encode(content[: len(content) // 3 * 3])[strange:]


def found(values: list[str], traces: dict[str, bytes]) -> dict[str, str]:
    """Return in which trace a value stands, by the first letters of it: the message of a failure shows no more."""
    content = b"\n".join(traces.values())
    text = plain(content.decode("utf-8", "ignore"))
    hits = [value for value in values if plain(value) in text or any(form in content for form in forms(value))]
    return {
        f"{value[:3]}…": name
        for value in hits
        for name, trace in traces.items()
        if plain(value) in plain(trace.decode("utf-8", "ignore")) or any(form in trace for form in forms(value))
    }


def test_no_process_writes_down_who_is_protected(oddities: Station) -> None:
    """Through success, refusals that quote a name, lost answers, errors and `--debug`, in both languages."""
    values = [value for value in oddities.stock.identifying if len(value) >= LEAST]
    traces: dict[str, bytes] = {}

    def run(*words: str, lang: str = "vi") -> None:
        done = oddities.agent("--debug", *words, lang=lang)
        traces[f"{len(traces)}: {' '.join(words)}"] = (done.out + done.err).encode()

    oddities.national.faults(
        "refuse=name@writes:count=4",
        "lost@writes:count=3",
        "html@writes:count=1,after=9",
        "503@writes:count=2,after=12",
    )
    run("sync", "--dry-run")
    run("sync")
    run("sync", lang="en")
    run("status")
    run("cases", "list", "--limit", "1000")
    run("holds", "list", "--limit", "1000")
    run("audit", "list", "--limit", "100000")
    run("check", "--probe")
    hold = oddities.agent("--json", "holds", "list", "--limit", "1").records[0]["case"]
    run("cases", "show", hold)
    run("holds", "show", hold)
    run("cases", "resolve", hold, "--step", "case", "--not-arrived")
    (oddities.folder / "local.db").rename(oddities.folder / "local.away")
    run("sync", lang="en")
    (oddities.folder / "local.away").rename(oddities.folder / "local.db")
    local = ("local.db", "files/")
    traces |= {name: content for name, content in oddities.files().items() if not name.startswith(local)}
    assert len(values) > 100
    assert oddities.national.state.ids()
    assert found(values, traces) == {}
    bodies = {f"body {number}": body for number, body in enumerate(oddities.national.state.bodies())}
    assert found(values, bodies) == {}


def test_the_search_finds_what_is_planted() -> None:
    """In every form it claims to know."""
    value = "Trần Thị Đào Nguyên"
    planted = {
        "raw": value.encode(),
        "decomposed": unicodedata.normalize("NFD", value).encode(),
        "upper": value.upper().encode(),
        "bare": b"tran thi dao nguyen",
        "escaped": json.dumps(value).encode(),
        "percent": quote(value).encode(),
        "base64": base64.b64encode(value.encode()),
    }
    assert [name for name, content in planted.items() if not found([value], {name: content})] == []
