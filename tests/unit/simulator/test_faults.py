"""The grammar of faults, and when a fault acts."""

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator.actions import ACTIONS, READS, WRITES
from sync_agent.simulator.fault import Fault, parse_fault
from sync_agent.simulator.faults import Drawn, FaultPlan


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("latency=50ms", Fault("latency=50ms", "latency", delay=(0.05, 0.05))),
        ("latency=20ms..1.5s", Fault("latency=20ms..1.5s", "latency", delay=(0.02, 1.5))),
        ("503", Fault("503", "status", status=503)),
        ("500-after", Fault("500-after", "status", processed=True, status=500)),
        ("lost", Fault("lost", "lost", processed=True)),
        ("lost-before", Fault("lost-before", "lost")),
        ("reset", Fault("reset", "reset")),
        ("reset-after", Fault("reset-after", "reset", processed=True)),
        ("html", Fault("html", "html")),
        ("html-after", Fault("html-after", "html", processed=True)),
        ("empty", Fault("empty", "empty", processed=True)),
        ("empty-before", Fault("empty-before", "empty")),
        ("truncated", Fault("truncated", "truncated", processed=True)),
        ("garbled", Fault("garbled", "garbled", processed=True)),
        ("text", Fault("text", "text", processed=True)),
        ("single", Fault("single", "single", processed=True)),
        ("other-id", Fault("other-id", "other-id", processed=True)),
        ("refuse", Fault("refuse", "refuse")),
        ("refuse=name", Fault("refuse=name", "refuse", quotes_name=True)),
    ],
)
def test_every_kind_is_read(spec: str, expected: Fault) -> None:
    """Each kind says what shows and whether the service has processed the request by then."""
    assert parse_fault(spec) == expected


@pytest.mark.parametrize(
    ("spec", "routes"),
    [
        ("lost", ACTIONS),
        ("lost@writes", WRITES),
        ("lost@reads", READS),
        ("lost@CapNhatVuViec", frozenset({"CapNhatVuViec"})),
        ("lost@CapNhatVuViec+reads", READS | {"CapNhatVuViec"}),
    ],
)
def test_routes_are_read(spec: str, routes: frozenset[str]) -> None:
    """A fault acts everywhere unless its routes are named, singly or as a group."""
    assert parse_fault(spec).routes == routes


def test_keys_are_read() -> None:
    """Share, count, after and retry-after may stand together."""
    spec = "429@TraDanhMuc:share=0.5,count=3,after=0,retry-after=2"
    expected = Fault(
        spec, "status", status=429, routes=frozenset({"TraDanhMuc"}), share=0.5, count=3, after=0, retry_after=2
    )
    assert parse_fault(spec) == expected


@pytest.mark.parametrize(
    ("spec", "todo"),
    [
        ("", "the form is KIND"),
        ("LOST", "the form is KIND"),
        ("lots", "did you mean 'lost'?"),
        ("200", "there is no fault '200'"),
        ("lost=1", "'lost' takes no such value"),
        ("refuse=politely", "'refuse' takes no such value"),
        ("latency", "a delay is like"),
        ("latency=5", "a delay is like"),
        ("latency=2s..1s", "a delay is like"),
        ("latency=1s..", "a delay is like"),
        ("lost@CapNhatVuViek", "did you mean 'CapNhatVuViec'?"),
        ("lost:share=0", "share is a number"),
        ("lost:share=1.1", "share is a number"),
        ("lost:share=x", "share is a number"),
        ("lost:count=0", "'count' is a whole number, 1 or more"),
        ("lost:after=-1", "'after' is a whole number, 0 or more"),
        ("lost:retry-after=1", "'retry-after' is not a key of this fault"),
        ("lost:chance=1", "'chance' is not a key of this fault"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(spec: str, todo: str) -> None:
    """The line names the fault as it was given and what would be right."""
    with pytest.raises(ConfigError) as caught:
        parse_fault(spec)
    line = str(caught.value)
    assert line.startswith(f"--fault {spec}: ")
    assert todo in line
    assert "\n" not in line


def _effects(plan: FaultPlan, action: str, times: int) -> list[str]:
    faults = [plan.draw(action).fault for _ in range(times)]
    return [fault.effect if fault else "" for fault in faults]


def test_without_faults_nothing_happens() -> None:
    """An empty plan lets every request pass at once."""
    assert FaultPlan.parse([]).draw("CapNhatVuViec") == Drawn()


def test_count_ends_a_fault() -> None:
    """A fault with a count acts on that many matching requests, then never again."""
    assert _effects(FaultPlan.parse(["lost:count=2"]), "CapNhatVuViec", 4) == ["lost", "lost", "", ""]


def test_after_lets_requests_pass_first() -> None:
    """A fault with `after` counts the matching requests before it begins."""
    assert _effects(FaultPlan.parse(["401:after=2,count=1"]), "TraDanhMuc", 4) == ["", "", "status", ""]


def test_other_routes_do_not_count() -> None:
    """Requests to other actions neither suffer nor use up a fault."""
    plan = FaultPlan.parse(["lost@CapNhatVuViec:count=1"])
    assert _effects(plan, "TraDanhMuc", 3) == ["", "", ""]
    assert _effects(plan, "CapNhatVuViec", 2) == ["lost", ""]


def test_share_is_repeatable() -> None:
    """The same seed draws the same requests, another seed others."""
    first, again, other = (
        _effects(FaultPlan.parse(["lost:share=0.3"], seed), "CapNhatVuViec", 200) for seed in (7, 7, 8)
    )
    assert first == again != other


def test_share_is_about_what_it_says() -> None:
    """A share of 0.3 hits roughly three requests in ten."""
    hits = _effects(FaultPlan.parse(["lost:share=0.3"], 1), "CapNhatVuViec", 2000).count("lost")
    assert 500 < hits < 700


def test_delays_add_up_and_do_not_hide_faults() -> None:
    """A request can be late and lost."""
    plan = FaultPlan.parse(["latency=1s", "latency=500ms", "lost"])
    drawn = plan.draw("CapNhatVuViec")
    assert drawn == Drawn(1.5, parse_fault("lost"))


def test_a_range_of_delay_stays_within_it() -> None:
    """A delay drawn from a range is never outside it."""
    plan = FaultPlan.parse(["latency=20ms..40ms"])
    assert all(0.02 <= plan.draw("TraDanhMuc").delay <= 0.04 for _ in range(50))


def test_the_first_fault_that_hits_acts_alone() -> None:
    """A later fault is not used up by a request that an earlier one took."""
    plan = FaultPlan.parse(["lost:count=1", "html:count=1"])
    assert _effects(plan, "CapNhatVuViec", 3) == ["lost", "html", ""]
    assert plan.acted() == [("lost:count=1", 1), ("html:count=1", 1)]
