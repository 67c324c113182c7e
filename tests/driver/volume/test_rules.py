"""The further rules of a breaker, and what an operator can see and set of it, through its files."""

from errno import EIO
from typing import Any

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.exceptions import ValueRefused
from vexfsctl.guard.call import CallRejected
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.logs.grammar import format_event
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import BreakerChanged, Event
from vexfsctl.model.operations import OperationType

STORAGE = OperationType.STORAGE


class Mounted:
    """A guard behind its attributes, on virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.guard = Guard(
            "loop0", clock=clock, log=ImmediateLog(self.events.append), ids=CorrelationSource(1)
        )
        facts = VolumeFacts(name="loop0", epoch=7, mountpoint="/mnt", log="kmsg")
        self.source = AttributeSource(self.guard, facts)

    def set(self, **settings: object) -> None:
        """Write settings of the storage breaker."""
        for name, value in settings.items():
            self.source.write(f"operations/storage/breaker/{name}", f"{value}".encode(), 1000, 42)

    def of_operation(self, name: str) -> str:
        """Read an attribute of storage."""
        return self.source.read(f"operations/storage/{name}").decode().rstrip("\n")

    def of_breaker(self, name: str) -> str:
        """Read an attribute of its breaker."""
        return self.of_operation(f"breaker/{name}")

    def play(self, letters: str, *, taking_ms: float = 0) -> str:
        """Make calls: F fails, S succeeds. Return what became of each: r is a rejection."""
        return "".join(self._call(letter, taking_ms) for letter in letters)

    def _call(self, letter: str, taking_ms: float) -> str:
        def work(_: Any) -> None:
            self.clock.advance(taking_ms / 1_000)
            if letter == "F":
                raise OSError(EIO, "broken")

        try:
            self.guard.run(STORAGE, "read", work, repeatable=False)
        except CallRejected:
            return "r"
        except OSError:
            return "f"
        return "s"


@pytest.fixture
def mounted(clock: VirtualClock) -> Mounted:
    """A volume as it is after a mount."""
    return Mounted(clock)


def test_failure_rate(mounted: Mounted) -> None:
    """From minimum_calls on; the record says which rule it was."""
    mounted.set(failure_rate_pct=50, minimum_calls=6, failure_threshold=100)

    assert mounted.play("SFSFS") == "sfsfs"
    assert mounted.of_breaker("state") == "closed"
    assert mounted.play("F" + "S") == "fr"
    (opened,) = (format_event(e) for e in mounted.events if isinstance(e, BreakerChanged))
    assert opened.partition("] ")[2] == (
        "breaker vol=loop0 op=storage from=closed to=open generation=2 rule=failure_rate trips=1"
    )


def test_slow_rate(mounted: Mounted) -> None:
    """Calls that succeed but take too long open it as well, once both settings are there."""
    mounted.set(slow_rate_pct=50, minimum_calls=4)
    assert mounted.play("SSSS", taking_ms=300) == "ssss"
    assert mounted.of_breaker("state") == "closed"

    mounted.set(slow_call_ms=250)
    assert mounted.play("SSSSS", taking_ms=300) == "ssssr"


def test_open_time_grows_to_its_limit(mounted: Mounted) -> None:
    """Each time it opens again without having closed."""
    mounted.set(failure_threshold=1, timeout_ms=1000, open_backoff_pct=300, max_open_ms=5000)

    waits = []
    for _ in range(4):
        assert mounted.play("F") == "f"
        waits.append(mounted.of_breaker("retry_after_ms"))
        mounted.clock.advance(int(waits[-1]) / 1_000)

    assert waits == ["1000", "3000", "5000", "5000"]


def test_a_limit_below_the_open_time_does_not_shorten_it(mounted: Mounted) -> None:
    """The two are written one after the other."""
    mounted.set(max_open_ms=10, timeout_ms=7000, failure_threshold=1)
    mounted.play("F")

    assert mounted.of_breaker("retry_after_ms") == "7000"
    assert mounted.of_breaker("max_open_ms") == "10"


def test_observing(mounted: Mounted) -> None:
    """Every call passes, and those are counted that an open breaker would have refused."""
    mounted.set(failure_threshold=2, control='observe for 60000 reason="trying 2"')

    assert mounted.play("FFSSS") == "ffsss"
    assert mounted.of_operation("would_reject") == "3"
    assert mounted.of_breaker("failures") == "2"
    assert mounted.of_breaker("last_error_id").startswith("CORR-")
    assert [mounted.of_operation(name) for name in ("rejected", "breaker/trips")] == ["0", "0"]
    assert mounted.of_breaker("state") == "metrics_only"
    changes = [format_event(e).partition("] ")[2] for e in mounted.events[:2]]
    assert changes == [
        "operator vol=loop0 op=storage action=observe before=closed after=metrics_only uid=1000"
        ' pid=42 reason="trying 2"',
        "breaker vol=loop0 op=storage from=closed to=metrics_only generation=2 trips=0 by=operator",
    ]


@pytest.mark.parametrize(
    ("command", "state", "after"),
    [
        ("trip", "forced_open", "half_open"),
        ("disable", "disabled", "closed"),
        ("observe", "metrics_only", "closed"),
    ],
)
def test_a_state_that_an_operator_gave_a_time(
    mounted: Mounted, command: str, state: str, after: str
) -> None:
    """It is shown with its rest, reason and author, and ends by itself."""
    shown = ("state", "until_ms", "reason", "author")
    assert [mounted.of_breaker(name) for name in shown] == ["closed", "0", "-", "-"]

    mounted.set(control=rf'{command} for 5000 reason="a \"new\" disk"')
    mounted.clock.advance(2)
    assert [mounted.of_breaker(name) for name in shown] == (
        [state, "3000", r"a \"new\" disk", "1000"]
    )
    mounted.set(control=command)
    assert [mounted.of_breaker(name) for name in shown] == [state, "0", "-", "1000"]
    mounted.set(control=f"{command} for 1000")
    mounted.clock.advance(1)
    assert [mounted.of_breaker(name) for name in shown] == [after, "0", "-", "-"]


def test_an_open_breaker_shows_when_it_ends(mounted: Mounted) -> None:
    """As retry_after_ms does, which says nothing of other states."""
    mounted.set(failure_threshold=1)
    mounted.play("F")

    assert (mounted.of_breaker("until_ms"), mounted.of_breaker("author")) == ("60000", "-")


def test_latency_percentiles(mounted: Mounted) -> None:
    """Of completed calls, to within 1 %."""
    mounted.play("S" * 98, taking_ms=2)
    mounted.play("SS", taking_ms=700)

    p50, p99 = (int(mounted.of_operation(f"latency_ns_{name}")) for name in ("p50", "p99"))
    assert 2_000_000 <= p50 <= 2_020_000
    assert 700_000_000 <= p99 <= 707_000_000


@pytest.mark.parametrize("command", ["enable for 5", "reset for 5", "probe for 5", "disable for 0"])
def test_a_time_where_there_is_none(mounted: Mounted, command: str) -> None:
    """It is refused, and nothing changes."""
    with pytest.raises(ValueRefused):
        mounted.set(control=command)
    assert mounted.of_breaker("generation") == "1"
