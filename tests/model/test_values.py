"""Small values of the model where a claim is worth it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.catalogue.lookup import error_for_errno
from vexfsctl.guard.errors import EnhancedError
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.units import format_size, parse_duration, parse_size
from vexfsctl.model.volume import DegradationLevel, ModuleState


def test_severities_have_the_numbers_of_the_header_and_rising_urgency() -> None:
    """VEXFS_SEVERITY_* 0 to 3; low is debug, medium info, high warning, critical err."""
    assert [(str(s), int(s), s.log_level) for s in Severity] == [
        ("low", 0, 7),
        ("medium", 1, 6),
        ("high", 2, 4),
        ("critical", 3, 3),
    ]
    assert [Severity.from_word(str(severity)) for severity in Severity] == list(Severity)


def test_an_unknown_severity_is_refused() -> None:
    """A word that is no severity raises ValueError, not KeyError."""
    with pytest.raises(ValueError, match="not a severity: 'fatal'"):
        Severity.from_word("fatal")


def test_operation_types_stand_in_the_order_of_vexfs() -> None:
    """FfiOperationType 0 to 6, the order of every list."""
    assert [str(operation) for operation in OperationType] == [
        "superblock",
        "inode",
        "file",
        "directory",
        "vector",
        "storage",
        "sync",
    ]


def test_states_and_levels_have_upstreams_numbers() -> None:
    """Module states 0 to 4 and degradation levels 0 to 5; the last two refuse writes."""
    assert [str(state) for state in ModuleState] == [
        "uninitialized",
        "initializing",
        "initialized",
        "error",
        "shutting_down",
    ]
    assert [(int(level), str(level)) for level in DegradationLevel if level.refuses_writes] == [
        (4, "read_only"),
        (5, "emergency"),
    ]


def test_only_open_breakers_reject() -> None:
    """`disabled` and `metrics_only` let every call pass."""
    assert [str(state) for state in BreakerState if state.rejects] == ["open", "forced_open"]


def test_joined_evidence_has_the_gaps_of_both() -> None:
    """Sources are listed once, gaps all; one gap makes the whole incomplete."""
    gap = Gap("kmsg", "overrun", lost=3)

    joined = Coverage(("kmsg", "/run/vexfs")) + Coverage(("kmsg",), (gap,))

    assert joined == Coverage(("kmsg", "/run/vexfs"), (gap,))
    assert not joined.complete
    assert Coverage(("kmsg",)).complete


def test_an_error_keeps_its_context() -> None:
    """The entry and everything about the call that met it, hashable and comparable."""
    error = EnhancedError(
        entry=error_for_errno(5, "read"),
        errno=5,
        id=CorrelationId(0x6F1C93A20000002A),
        operation=OperationType.STORAGE,
        call="read",
        volume="loop0",
        attempt=1,
        time_ns=7,
        parent=CorrelationId(0x6F1C93A200000029),
        call_path=("file/read", "storage/read"),
    )

    assert error.entry.name == "IoError.ReadError"
    assert len({error, error}) == 1


@given(size=st.integers(0, 2**60))
def test_a_size_is_read_as_it_is_written(size: int) -> None:
    """Formatting loses nothing."""
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "size"), [("4096", 4096), ("64KiB", 65536), ("1M", 1 << 20), ("1 gb", 1 << 30)]
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    """Units are powers of 1024, as for losetup and truncate."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1.5M", "1X", "1\u212a", "\u0661", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """Also the Kelvin sign, which is a K only to Unicode."""
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    "text", ["", "1w", "s", "-1s", "9" * 400, "1h" + "9" * 400 + "m", "\u0661s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Endless numbers too: ValueError, never OverflowError."""
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)
