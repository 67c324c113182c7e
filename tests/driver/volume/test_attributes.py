"""What the live engine shows as attributes, and what writes do to it."""

import sys
from errno import EACCES, EBUSY, EINVAL, EIO, ERANGE, ESTALE
from pathlib import Path
from types import FrameType

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.driver.faults import FaultSet
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.exceptions import WriteRefused
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerSettings, BreakerState, BreakerStatus
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event, OperatorActed
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    OperationStatus,
    RetrySettings,
)
from vexfsctl.sysfs.attributes import attributes
from vexfsctl.sysfs.interpretation import interpret_volume

ROOT, PID = 0, 4242


@pytest.fixture
def events() -> list[Event]:
    """What the guard reported."""
    return []


@pytest.fixture
def guard(clock: VirtualClock, events: list[Event]) -> Guard:
    """A guard as it is after a mount."""
    return Guard("loop0", clock=clock, log=ImmediateLog(events.append), ids=CorrelationSource())


@pytest.fixture
def facts() -> VolumeFacts:
    """A volume that is up."""
    return VolumeFacts(
        name="loop0",
        epoch=7,
        mountpoint="/mnt/two words",
        log="kmsg",
        device="7:0",
        state=ModuleState.INITIALIZED,
    )


@pytest.fixture
def source(guard: Guard, facts: VolumeFacts) -> AttributeSource:
    """The attributes of that guard."""
    return AttributeSource(guard, facts)


def write(source: AttributeSource, path: str, text: str) -> None:
    """Write as root."""
    source.write(path, text.encode(), ROOT, PID)


def fail_once(guard: Guard, operation: OperationType) -> None:
    """Let one call meet EIO, without a retry."""

    def broken(_: object) -> None:
        raise OSError(EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        guard.run(operation, "fsync", broken, repeatable=False)


def test_a_fresh_volume_shows_what_the_table_says(source: AttributeSource) -> None:
    """Every attribute with a default has it after a mount, from the engine itself."""
    for attribute in attributes():
        if attribute.readable and attribute.default is not None:
            expected = f"{attribute.type.format(attribute.default)}\n".encode()
            assert source.read(attribute.path) == expected, attribute.path


def test_a_volume_can_begin_with_settings_of_its_own(
    source: AttributeSource, events: list[Event]
) -> None:
    """They are shown and in force from the first call on, and no record tells of an operator."""
    settings = {
        "operations/storage/breaker/failure_threshold": 2,
        "operations/storage/breaker/timeout_ms": 7,
        "operations/sync/timeout_ms": 11,
        "retry/max_attempts": 1,
    }
    source.preset(settings)

    assert {path: int(source.read(path)) for path in settings} == settings
    assert source.read("operations/file/breaker/failure_threshold") == b"5\n"
    assert events == []


def test_the_reader_finds_nothing_to_complain_about(
    source: AttributeSource, facts: VolumeFacts
) -> None:
    """What the driver writes is what the reader expects, to the last attribute."""
    contents = {a.path: source.read(a.path) for a in attributes() if a.readable}

    volume = interpret_volume("loop0", Path("/run/vexfs"), contents)

    assert volume.detail is None
    assert volume.status is not None
    assert (volume.status.epoch, volume.status.mountpoint) == (7, "/mnt/two words")
    assert (volume.status.driver, volume.status.uuid) == ("fuse", None)


def test_counters_follow_the_engine(source: AttributeSource, guard: Guard) -> None:
    """A failed call is seen at once, in its operation and in the errors of the volume."""
    fail_once(guard, OperationType.SYNC)

    assert source.read("operations/sync/calls") == b"1\n"
    assert source.read("operations/sync/failures") == b"1\n"
    assert source.read("operations/sync/breaker/failures") == b"1\n"
    assert source.read("operations/file/failures") == b"0\n"
    assert source.read("errors/total") == b"1\n"
    assert source.read("errors/last_id").startswith(b"CORR-")
    assert source.read("errors/last_id") == source.read("operations/sync/breaker/last_error_id")


def test_each_attribute_alone_says_what_the_engine_says_whole(
    source: AttributeSource, guard: Guard, clock: VirtualClock
) -> None:
    """Counters and breakers read one by one are those of the guard's own status, in every state."""
    write(source, "operations/sync/breaker/failure_threshold", "3")
    write(source, "operations/storage/breaker/control", "trip for 90000")
    write(source, "operations/vector/timeout_ms", "250")
    for _ in range(3):
        clock.advance(1.5)
        fail_once(guard, OperationType.SYNC)
    fail_once(guard, OperationType.FILE)

    contents = {a.path: source.read(a.path) for a in attributes() if a.readable}
    status = interpret_volume("loop0", Path("/run/vexfs"), contents).status

    assert status is not None
    assert status.errors == guard.error_counts()
    assert status.operations == {operation: guard.status(operation) for operation in OperationType}
    sync, storage = (status.operations[OperationType(name)] for name in ("sync", "storage"))
    assert (sync.calls, sync.breaker.state, sync.breaker.failures) == (3, BreakerState.OPEN, 3)
    assert storage.breaker.retry_after_ms == 85_500
    assert status.errors.total == 4


def test_one_attribute_costs_no_status_of_everything(source: AttributeSource) -> None:
    """Whatever is read, the engine makes no value of all its counters to take one out."""
    made: list[str] = []
    whole = [kind.__init__.__code__ for kind in (OperationStatus, BreakerStatus, ErrorCounts)]

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in whole:
            made.append(path)

    for path in source.modes:
        if source.modes[path] & 0o444:
            sys.setprofile(watch)
            try:
                source.read(path)
            finally:
                sys.setprofile(None)

    assert made == []


def test_settings_go_into_the_engine(source: AttributeSource, guard: Guard) -> None:
    """A written setting changes that one, and the engine uses it."""
    write(source, "retry/max_attempts", "7\n")
    write(source, "operations/file/timeout_ms", "250")
    write(source, "operations/file/breaker/failure_threshold", "2\n")
    write(source, "operations/file/breaker/window_ms", "1000\n")

    assert guard.retry == RetrySettings(max_attempts=7)
    assert guard.operations[OperationType.FILE].timeout_ms == 250
    assert guard.operations[OperationType.FILE].breaker_settings == BreakerSettings(
        failure_threshold=2, window_ms=1000
    )
    assert source.read("retry/max_attempts") == b"7\n"
    assert source.read("operations/file/breaker/window_ms") == b"1000\n"
    assert source.read("operations/inode/breaker/window_ms") == b"10000\n"


def test_a_lowered_threshold_is_in_force(source: AttributeSource, guard: Guard) -> None:
    """A breaker trips by the threshold that was written."""
    write(source, "operations/sync/breaker/failure_threshold", "1")

    fail_once(guard, OperationType.SYNC)

    assert source.read("operations/sync/breaker/state") == b"open\n"
    assert source.read("operations/sync/breaker/retry_after_ms") == b"60000\n"


def test_commands_act_and_name_the_operator(source: AttributeSource, events: list[Event]) -> None:
    """A command has acted when the write returns; its record says who and why."""
    source.write(
        "operations/file/breaker/control", b'trip for 900000 reason="disk swap"\n', 1000, PID
    )

    assert source.read("operations/file/breaker/state") == b"forced_open\n"
    assert source.read("operations/file/breaker/retry_after_ms") == b"900000\n"
    (operator,) = [event for event in events if isinstance(event, OperatorActed)]
    assert (operator.action, operator.uid, operator.pid) == ("trip", 1000, PID)
    assert (operator.before, operator.after) == ("closed", "forced_open")
    assert operator.reason == "disk swap"


def test_access_mode_is_the_operators_switch(source: AttributeSource, guard: Guard) -> None:
    """`ro` stops writes and says nothing about degradation; `rw` ends it."""
    write(source, "access_mode", "ro\n")
    assert (guard.access_mode, guard.degradation) == (
        AccessMode.READ_ONLY,
        DegradationLevel.NORMAL,
    )

    write(source, "access_mode", "rw\n")
    assert source.read("access_mode") == b"rw\n"


@pytest.mark.parametrize(
    ("path", "data", "error"),
    [
        ("retry/max_attempts", b"", EINVAL),
        ("retry/max_attempts", b"\n", EINVAL),
        ("retry/max_attempts", b"x\n", EINVAL),
        ("retry/max_attempts", b"5\n\n", EINVAL),
        ("retry/max_attempts", b" 5\n", EINVAL),
        ("retry/max_attempts", b"5\0", EINVAL),
        ("retry/max_attempts", b"\xff\n", EINVAL),
        ("retry/max_attempts", b"0\n", ERANGE),
        ("retry/max_attempts", b"101\n", ERANGE),
        ("retry/max_attempts", b"5" * 4096, EINVAL),
        ("access_mode", b"RO\n", EINVAL),
        ("operations/file/breaker/control", b"melt\n", EINVAL),
        ("operations/file/breaker/control", b"observer\n", EINVAL),
        ("operations/file/breaker/control", b"reset for 5\n", EINVAL),
        ("operations/file/breaker/control", b"probe\n", EBUSY),
        ("operations/file/breaker/control", b"trip if-generation 999\n", ESTALE),
        ("operations/file/breaker/control", b"trip for 0\n", ERANGE),
        ("state", b"error\n", EACCES),
        ("errors/total", b"0\n", EACCES),
    ],
)
def test_a_refused_write_changes_nothing(
    source: AttributeSource, guard: Guard, path: str, data: bytes, error: int
) -> None:
    """A bad write has the specified errno, and everything is as it was."""
    # All but what is measured at each read.
    kept = [a.path for a in attributes() if a.readable and a.path != "resources/memory_bytes"]
    before = {path: source.read(path) for path in kept}

    with pytest.raises(WriteRefused) as refused:
        source.write(path, data, ROOT, PID)

    assert refused.value.errno == error
    assert {path: source.read(path) for path in kept} == before


def test_a_provider_in_error_takes_no_writes(source: AttributeSource, facts: VolumeFacts) -> None:
    """In state error every write is EIO, and reading goes on."""
    facts.move_to(ModuleState.ERROR, lambda _: None)

    with pytest.raises(WriteRefused) as refused:
        write(source, "retry/max_attempts", "5")

    assert refused.value.errno == EIO
    assert source.read("state") == b"error\n"


def test_pollable_attributes_are_told_when_they_change(
    source: AttributeSource, guard: Guard, facts: VolumeFacts
) -> None:
    """State, degradation and a breaker's state announce each change, nothing else does."""
    told: list[str] = []
    source.subscribe(told.append)

    facts.move_to(ModuleState.SHUTTING_DOWN, lambda _: None)
    guard.set_degradation(DegradationLevel.LIGHT)
    write(source, "operations/vector/breaker/control", "trip")
    write(source, "retry/max_attempts", "5")

    assert told == ["state", "degradation", "operations/vector/breaker/state"]


def test_injection_is_there_only_when_allowed(guard: Guard, facts: VolumeFacts) -> None:
    """Without --allow-inject there is no such directory; with it, commands and the list work."""
    faults = FaultSet(VirtualClock())
    allowed = AttributeSource(guard, facts, faults=faults)
    denied = AttributeSource(guard, facts)

    assert set(allowed.modes) - set(denied.modes) == {"inject/control", "inject/active"}
    assert allowed.read("inject/active") == b""
    write(allowed, "inject/control", "read path=a errno=EIO count=3\n")
    assert allowed.read("inject/active") == b"read path=a errno=EIO count=3\n"
    allowed.write("inject/control", b"open path=caf\xe9 errno=EPERM\n", uid=0, pid=PID)
    assert allowed.read("inject/active").splitlines()[1] == rb'open path="caf\xe9" errno=EPERM'
    with pytest.raises(WriteRefused):
        write(allowed, "inject/control", "melt\n")
    write(allowed, "inject/control", "clear\n")
    assert allowed.read("inject/active") == b""


def test_a_long_list_ends_at_a_whole_line(guard: Guard, facts: VolumeFacts) -> None:
    """What does not fit a page is cut between lines."""
    faults = FaultSet(VirtualClock())
    source = AttributeSource(guard, facts, faults=faults)
    for number in range(300):
        faults.command(f"read path=file{number:03d} errno=EIO")

    shown = source.read("inject/active")

    assert 4000 < len(shown) < 4096
    assert shown == b"".join(
        b"read path=file%03d errno=EIO\n" % number for number in range(len(shown.splitlines()))
    )


def test_a_path_that_fills_a_page_is_cut(guard: Guard) -> None:
    """Octal escapes make a legal path longer than a page: reading it shows what fits."""
    facts = VolumeFacts(name="loop0", epoch=7, mountpoint="/" + " " * 2000, log="kmsg", device=None)

    shown = AttributeSource(guard, facts).read("mountpoint")

    assert shown == b"/" + (b"\\040" * 2000)[:4093] + b"\n"


def test_trip_states_are_words_of_the_table(source: AttributeSource) -> None:
    """Each state a command leads to is shown by its word."""
    after = {
        "trip": BreakerState.FORCED_OPEN,
        "probe": BreakerState.HALF_OPEN,
        "disable": BreakerState.DISABLED,
        "enable": BreakerState.CLOSED,
    }
    for command, state in after.items():
        write(source, "operations/file/breaker/control", command)
        assert source.read("operations/file/breaker/state") == f"{state}\n".encode()
