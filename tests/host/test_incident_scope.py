"""What is found by looking at a part of a log is what is found by looking at all of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.incident.test_upstream_incidents import failed, fallback, well
from tests.logs.data import KERNEL_LOGS
from tests.logs.reading.test_passing_over import read, rendered
from vexfsctl.analysis.incident.incidents import Incident, find_occurrences
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.analysis.incident.others import others_at_once
from vexfsctl.analysis.trace.devices_below import DevicesBelow
from vexfsctl.analysis.trace.story import Setting, Story, tell_call, tell_story
from vexfsctl.host.incident_scope import around, at_the_end, everything, with_call, with_ids
from vexfsctl.host.log import HostLog
from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry

OURS = 0x4000_0000_0000_0000
OPERATIONS = ("storage", "sync")
VOLUMES = ("loop0", "loop1")


def own_lines() -> st.SearchStrategy[str]:
    """Records of our own format, about few ids, so that they belong together in many ways."""

    def line(what: int, number: int, caller: int, volume: str, operation: str, turned: bool) -> str:
        identifier = f"[{CorrelationId(OURS + number)}]"
        keys = (f"vol={volume}", f"op={operation}")
        about = " ".join(reversed(keys) if turned and what < 8 else keys)
        parent = f"parent={CorrelationId(OURS + caller)} " if caller < number else ""
        error = "err=IoError.ReadError errno=EIO"
        return (
            f"{identifier} error {about} call=read {error} sev=high attempt=1/3 {parent}off=4096"
            " len=131072 msg=x",
            f"{identifier} failed {about} call=read {error} attempts=3 dur_us=900000 {parent}",
            f"{identifier} failed {about} call=read {error} attempts=1 dur_us=9000 ino=7",
            f"{identifier} recovered {about} call=fsync attempts=2 dur_us=1000 {parent}",
            f"{identifier} timeout {about} call=fsync limit_ms=5000 {parent}",
            f"{identifier} rejected {about} call=read retry_after_ms=100",
            f"{identifier} breaker {about} from=closed to=open generation=2 failures=5/5"
            " window_ms=10000 trips=1",
            f"{identifier} operator {about} action=reset before=open after=closed uid=0 pid=1",
            f"breaker {about} from=open to=half_open generation=3 trips=1 by=timer",
            f"breaker {about} from=half_open to=closed generation=4 trips=1",
            f"degradation vol={volume} from=normal to=read_only cause={identifier[1:-1]}",
            f"degradation vol={volume} from=read_only to=normal",
            f"state vol={volume} epoch={number} from=uninitialized to=initialized driver=fuse"
            " version=1.0",
        )[what].strip()

    numbers = st.integers(1, 6)
    return st.builds(
        line,
        *(st.integers(0, 12), numbers, numbers),
        *(st.sampled_from(VOLUMES), st.sampled_from(OPERATIONS), st.booleans()),
    ).map("VexFS: {}".format)


def other_lines() -> st.SearchStrategy[str]:
    """Lines of earlier builds, whose ids begin anew in every process, and of the kernel."""
    ids, numbers = st.integers(1, 9), st.integers(1, 4)
    return st.one_of(
        *(ids.map(each) for each in (failed, fallback, well)),
        st.builds("VexFS: [CALL-{}] Starting FFI call {}".format, numbers, SITES),
        st.builds("VexFS: [CALL-{}] FFI call {} succeeded".format, numbers, SITES),
        st.builds(
            "VexFS: [CALL-{}] FFI call {} timed out: -5, using fallback".format, numbers, SITES
        ),
        st.sampled_from(
            (
                "VexFS: Initializing SAFE FFI module v1.0.0 with memory management",
                "I/O error, dev loop0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
                "Buffer I/O error on dev sda, logical block 4, async page read",
                "usb 1-1: reset high-speed USB device number 2 using xhci_hcd",
                "sd 3:0:0:0: [sdb] 976773168 512-byte logical blocks: (500 GB/466 GiB)",
                "sd 3:0:0:0: [sdb] tag#12 CDB: Read(10) 28 00 00 00 10 00 00 00 08 00",
                "critical medium error, dev sdb, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1",
                "EXT4-fs error (device loop0): ext4_find_entry:1455: inode #2: comm ls: reading"
                " directory lblock 0",
            )
        ),
    )


SITES = st.sampled_from(("read_file", "lookup_inode"))
NUMBERED = 4
"""Of `rendered`: that of /dev/kmsg."""
FORMS = (0, 0, NUMBERED, 5, 6, 8, 10, 11, 17, 20)
"""Of `rendered`: with uptimes, dates, or both."""
MIXED = (0, 5, 6, 7, 8, 9, 11)
"""The same: what may stand side by side where logs were joined."""
BARE = -1
"""The text alone, as `dmesg --notime` prints it."""
STEPS_MS = st.sampled_from((0, 1, 15, 300, 2_000, 40_000, -200, -90_000))


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a log."""
    lines: list[bytes] = []
    time_ms = 100_000
    forms = draw(st.sampled_from([*((form,) for form in FORMS), MIXED, (BARE,), (BARE, 0, 6)]))
    for number, text in enumerate(draw(st.lists(own_lines() | other_lines(), max_size=40))):
        time_ms = max(0, time_ms + draw(STEPS_MS))
        form = draw(st.sampled_from(forms))
        bare = form == BARE
        record = (
            rendered(text, time_ms * 1_000 + number, number, form) if not bare else text.encode()
        )
        line = record + b"\n"
        # No two lines are the same: which of those is meant cannot be told.
        if line not in lines:
            lines.append(line)
    return b"".join(lines)


def read_log(text: bytes) -> HostLog:
    """Return *text* as a log that was read, as from a file that is the only source."""
    contents = read(text, range(0, len(text), 2_000), Manner(ordered=False))
    return HostLog(LogReading((contents.into_reading("log"),)), {})


def story(subject: Incident | NumberedCall, entries: tuple[LogEntry, ...]) -> Story:
    """Tell of *subject*, found among *entries*, as if all volumes lay on one device."""
    failed = others_at_once(subject, entries, find_vicinity(subject))
    others = {each.event.volume: "loop0" for each in failed if each.event is not None}
    setting = Setting(DevicesBelow("loop0", others=others))
    if isinstance(subject, NumberedCall):
        return tell_call(subject, entries, setting)
    return tell_story(subject, entries, find_occurrences(entries), setting)


def told(subject: Incident | NumberedCall) -> list[LogEntry]:
    """Return its records."""
    return [each.entry for each in subject.occurrences]


def check(log: HostLog) -> None:
    """Find every incident and call of *log* by its name, and tell of it."""
    whole = everything(log, tuple)
    for incident in whole.incidents:
        root = incident.root
        found = with_ids(log, f"{root:016X}", tuple).incidents
        by_name = [each for each in found if root in each.depths]
        assert [told(each) for each in by_name] == [
            told(each) for each in whole.incidents if root in each.depths
        ]
        alike = [each.depths for each in by_name if told(each) == told(incident)]
        assert incident.depths in alike
        assert story(*around(log, incident, tuple)) == story(incident, whole.entries)
    for call in whole.calls:
        assert call.name in [each.name for each in with_call(log, call.name).calls]
        assert story(*around(log, call, tuple)) == story(call, whole.entries)


@given(logs())
@settings(max_examples=75, deadline=None)
def test_incidents_of_a_random_log(log: bytes) -> None:
    """By all names, with the breakers and the kernel's lines around them."""
    check(read_log(log))


def test_failures_that_are_dated_after_the_breaker_they_opened() -> None:
    """A clock may fall back a little."""
    error = "VexFS: [CORR-4000000000000001] error vol=loop0 op=storage call=read err=x errno=EIO"
    opened = (
        "VexFS: [CORR-4000000000000002] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 failures=5/5 window_ms=10000 trips=1"
    )
    texts = (f"{error} sev=high attempt=1/3 msg=x", opened)
    times = (100_000_000, 99_800_000)
    lines = [rendered(text, time, 0, 0) for text, time in zip(texts, times, strict=True)]
    log = read_log(b"\n".join((*lines, b"")))
    check(log)
    (incident,) = with_ids(log, "4000000000000002", tuple).incidents
    assert story(*around(log, incident, tuple)).counted == (CorrelationId(OURS + 1),)


def test_what_the_kernel_read_again_is_among_what_is_needed() -> None:
    """A call of another id, which failed right after."""
    error = "err=IoError.ReadError errno=EIO"
    texts = (
        f"[CORR-4000000000000002] error vol=v op=storage call=read {error} sev=high attempt=1/1"
        " parent=CORR-4000000000000001 len=131072 msg=x",
        f"[CORR-4000000000000001] failed vol=v op=file call=read {error} attempts=1 dur_us=9 ino=7",
        f"[CORR-4000000000000003] failed vol=v op=file call=read {error} attempts=1 dur_us=9 ino=7",
    )
    lines = [
        rendered(f"VexFS: {text}", 100_000_000 + number * 100_000, number, 0)
        for number, text in enumerate(texts)
    ]
    log = read_log(b"\n".join((*lines, b"")))

    check(log)
    (incident,) = with_ids(log, "4000000000000001", tuple).incidents
    reread = story(*around(log, incident, tuple)).reread
    assert reread is not None
    assert reread.id == CorrelationId(OURS + 3)


ORDINARY = "eth0: link becomes ready"
WITHOUT_UPTIME = 7
"""Of `rendered`: as syslog has what programs say."""
WITH_BOTH = 5
"""Of `rendered`: as syslog has what the kernel says."""


@pytest.mark.parametrize(
    ("form", "between"),
    [
        (NUMBERED, []),
        (NUMBERED, [(ORDINARY, at, NUMBERED) for at in (*range(201, 240), *range(60, 100))]),
        (WITH_BOTH, [("systemd[1]: Started x.", 201, WITHOUT_UPTIME)]),
        (0, [(ORDINARY, at, 0) for at in range(196, 100, -4)]),
    ],
    ids=["at once", "among others", "unnoticed", "little by little"],
)
def test_a_recovery_that_is_dated_before_the_failure(
    form: int, between: Sequence[tuple[str, int, int]]
) -> None:
    """The clock fell, but there is no restart, or none that the log shows."""
    failed = (
        "VexFS: [CORR-4000000000000001] error vol=loop0 op=storage call=read err=x errno=EIO"
        " sev=high attempt=1/3 msg=x"
    )
    degraded = "VexFS: degradation vol=loop0 from=normal to=read_only cause=CORR-4000000000000001"
    recovered = "VexFS: degradation vol=loop0 from=read_only to=normal"
    told = ((failed, 200, form), (degraded, 200, form), *between, (recovered, 100, form))
    lines = [
        rendered(text, at * 1_000_000 + number, number, line_form)
        for number, (text, at, line_form) in enumerate(told)
    ]
    log = read_log(b"\n".join((*lines, b"")))
    check(log)
    (incident,) = with_ids(log, "4000000000000001", tuple).incidents
    assert len(story(*around(log, incident, tuple)).timeline.lines) == 3


@given(logs(), st.sampled_from(("01", "02", "03", "000000000000004")))
@settings(max_examples=100, deadline=None)
def test_all_that_an_end_fits(text: bytes, suffix: str) -> None:
    """Whoever wrote it, and in whatever process or epoch."""
    log = read_log(text)
    found = with_ids(log, suffix, tuple)

    assert found.complete
    assert [told(each) for each in found.incidents if fits(each, suffix)] == [
        told(each) for each in everything(log, tuple).incidents if fits(each, suffix)
    ]


def fits(incident: Incident, suffix: str) -> bool:
    """Whether an id of *incident* ends in *suffix*."""
    return any(f"{identifier:016X}".endswith(suffix) for identifier in incident.depths)


@pytest.mark.parametrize(
    "capture", sorted(KERNEL_LOGS.rglob("*.*")), ids=lambda capture: capture.name
)
def test_incidents_of_a_real_log(capture: Path) -> None:
    """The same of captures."""
    check(read_log(capture.read_bytes()))


def test_the_end_of_a_log_is_told_of_with_the_states_before_it() -> None:
    """So that its records are of the same epoch."""
    state = "VexFS: state vol=loop0 epoch=7 from=uninitialized to=initialized driver=fuse version=1"
    line = "VexFS: [CORR-40000000{:08X}] timeout vol=loop0 op=sync call=fsync limit_ms=5000"
    texts = (state, *(line.format(number) for number in range(5_000)))
    log = read_log(b"".join(b"[%5d.000000] %s\n" % (n, t.encode()) for n, t in enumerate(texts)))
    scope = at_the_end(log, 1_000, tuple)

    assert scope is not None
    assert 10 < len(scope.incidents) < 4_000
    assert {incident.epoch for incident in scope.incidents} == {7}
    assert scope.incidents[-1].root == 0x4000_0000_0000_0000 + 4_999
