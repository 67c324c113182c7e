"""Fault rules: what they say, whom they meet, and how they end."""

import contextlib
import errno
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import VirtualClock
from vexfsctl.driver.faults import Fault, FaultSet, parse_fault
from vexfsctl.driver.requests import CALL_NAMES
from vexfsctl.exceptions import ValueRefused
from vexfsctl.system.clock import MonotonicClock

PATHS = (
    st.text(st.characters(codec="utf-8"), min_size=1)
    | st.binary(min_size=1).map(lambda path: path.decode(errors="surrogateescape"))
).filter(lambda path: path.strip("/"))
FAULTS = st.builds(
    Fault,
    kind=st.sampled_from(sorted(CALL_NAMES)),
    path=st.none() | PATHS.map(lambda path: path.strip("/")),
    offset=st.none() | st.integers(0, 2**63 - 1),
    length=st.none() | st.integers(1, 2**63 - 1),
    errno=st.integers(1, 511),
    count=st.none() | st.integers(1, 1_000_000_000),
    delay_ms=st.integers(0, 3_600_000),
)


def meets(faults: FaultSet, kind: str, **about: int | str) -> str:
    """What a call meets: the name of an errno, or `nothing`."""
    try:
        faults.meet(kind, **about)  # type: ignore[arg-type]
    except OSError as met:
        return errno.errorcode[met.errno or 0]
    return "nothing"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("read", Fault("read", errno=errno.EIO)),
        (
            " read path=/a/b offset=4096 length=512 errno=ENODATA count=3 delay_ms=20 ",
            Fault("read", "a/b", 4096, 512, errno.ENODATA, 3, 20),
        ),
        ("fsync delay_ms=100", Fault("fsync", delay_ms=100)),
        ("fsync delay_ms=100 errno=5", Fault("fsync", errno=errno.EIO, delay_ms=100)),
        ('lookup path="with space"', Fault("lookup", "with space", errno=errno.EIO)),
        (r'open path="caf\xe9"', Fault("open", "caf\udce9", errno=errno.EIO)),
        ("open path=caf\udce9", Fault("open", "caf\udce9", errno=errno.EIO)),
        (r"open path=caf\xe9", Fault("open", r"caf\xe9", errno=errno.EIO)),
        ("copy_file_range errno=EUCLEAN", Fault("copy_file_range", errno=errno.EUCLEAN)),
    ],
)
def test_rules_are_read(text: str, expected: Fault) -> None:
    """A rule fails with EIO unless it says otherwise; one with only a delay is late and goes on."""
    assert parse_fault(text) == expected


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", errno.EINVAL),
        ("raed", errno.EINVAL),
        ("READ", errno.EINVAL),
        ("read errno", errno.EINVAL),
        ("read errno=", errno.EINVAL),
        ("read errno=EWHAT", errno.EINVAL),
        ("read errno=0", errno.EINVAL),
        ("read errno=512", errno.ERANGE),
        ("read count=0", errno.ERANGE),
        ("read count=-1", errno.EINVAL),
        ("read count=3.5", errno.EINVAL),
        ("read count=٣", errno.EINVAL),
        ("read count=" + "9" * 5000, errno.ERANGE),
        ("read length=0", errno.ERANGE),
        ("read offset=9223372036854775808", errno.ERANGE),
        ("read delay_ms=3600001", errno.ERANGE),
        ("read size=3", errno.EINVAL),
        ("read count=1 count=2", errno.EINVAL),
        ("read path=/", errno.EINVAL),
        ('read path="torn', errno.EINVAL),
        ("read 3", errno.EINVAL),
        ("clear all", errno.EINVAL),
    ],
)
def test_nonsense_is_refused(text: str, refusal: int) -> None:
    """What is no rule is EINVAL, a number out of range ERANGE, and nothing changes."""
    faults = FaultSet(VirtualClock())
    faults.command("write")

    with pytest.raises(ValueRefused) as refused:
        faults.command(text)

    assert refused.value.errno == refusal
    assert faults.active() == "write errno=EIO\n"


@given(FAULTS)
def test_rules_are_written_as_they_are_read(fault: Fault) -> None:
    """What `active` shows can be given back."""
    assert parse_fault(str(fault)) == fault


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is written, the answer is a rule or a refusal."""
    with contextlib.suppress(ValueRefused):
        assert parse_fault(text).kind in CALL_NAMES


def test_a_count_is_used_up() -> None:
    """A rule with a count meets so many calls and is gone; `active` shows what is left of it."""
    faults = FaultSet(VirtualClock())
    faults.command("read errno=EREMOTEIO count=2")

    assert meets(faults, "read") == "EREMOTEIO"
    assert faults.active() == "read errno=EREMOTEIO count=1\n"
    assert meets(faults, "write") == "nothing"
    assert meets(faults, "read") == "EREMOTEIO"
    assert not faults
    assert meets(faults, "read") == "nothing"
    assert faults.active() == ""


def test_a_repeated_rule_counts_anew() -> None:
    """Setting a rule again does not double it."""
    faults = FaultSet(VirtualClock())
    faults.command("read count=2")
    meets(faults, "read")
    faults.command("read count=2")

    assert faults.active() == "read errno=EIO count=2\n"


def test_the_first_rule_that_fits_is_met() -> None:
    """One call meets one rule, and only those about its path."""
    faults = FaultSet(VirtualClock())
    faults.command("read path=a errno=EREMOTEIO")
    faults.command("read errno=ENODATA")

    assert meets(faults, "read", path="a") == "EREMOTEIO"
    assert meets(faults, "read", path="a/b") == "ENODATA"
    assert meets(faults, "read") == "ENODATA"


@pytest.mark.parametrize(
    ("offset", "length", "met"),
    [
        (0, 4096, "nothing"),
        (0, 4097, "EIO"),
        (4096, 1, "EIO"),
        (8191, 4096, "EIO"),
        (8192, 4096, "nothing"),
        (0, 1 << 40, "EIO"),
    ],
)
def test_ranges_overlap(offset: int, length: int, met: str) -> None:
    """A call meets a rule with a range when they share a byte."""
    faults = FaultSet(VirtualClock())
    faults.command("read offset=4096 length=4096")

    assert meets(faults, "read", offset=offset, length=length) == met


def test_open_ranges() -> None:
    """Without a length a rule reaches to the end; a call without a range meets all."""
    faults = FaultSet(VirtualClock())
    faults.command("read offset=4096")
    faults.command("fsync offset=4096 length=1")

    assert meets(faults, "read", offset=0, length=4096) == "nothing"
    assert meets(faults, "read", offset=1 << 50, length=1) == "EIO"
    assert meets(faults, "fsync") == "EIO"


def test_clearing_lets_delayed_calls_go_on() -> None:
    """A call that waits when the faults are cleared goes on at once, as if there had been none."""
    faults = FaultSet(MonotonicClock())
    faults.command("write errno=EIO count=1 delay_ms=3600000")
    outcome: list[str] = []
    caller = threading.Thread(target=lambda: outcome.append(meets(faults, "write")))
    caller.start()
    while faults:
        time.sleep(0.001)

    faults.command("clear")
    caller.join(10)

    assert outcome == ["nothing"]
    assert faults.active() == ""


def test_a_delayed_fault_fails_after_its_delay() -> None:
    """With both, the call waits first and fails then."""
    faults = FaultSet(MonotonicClock())
    faults.command("read errno=ETIMEDOUT delay_ms=20")
    started = time.monotonic()

    assert meets(faults, "read") == "ETIMEDOUT"
    assert time.monotonic() - started >= 0.02


def test_a_delay_does_not_hold_up_others() -> None:
    """While one call waits, others are met and refused, and rules can be set."""
    faults = FaultSet(MonotonicClock())
    faults.command("write count=1 delay_ms=3600000")
    waiting = threading.Thread(target=lambda: meets(faults, "write"))
    waiting.start()
    while faults:
        time.sleep(0.001)

    faults.command("read errno=EBADMSG")

    assert meets(faults, "read") == "EBADMSG"
    faults.command("clear")
    waiting.join(10)
    assert not waiting.is_alive()
