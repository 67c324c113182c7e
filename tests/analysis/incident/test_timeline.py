"""The story of an incident: what stands in it, in which order, and what came of it."""

from collections.abc import Collection, Sequence

import pytest

from tests.analysis.records import STATE, Line, error, read_log
from vexfsctl.analysis.incident.incidents import build_incidents, find_incident, find_occurrences
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.timeline import Timeline
from vexfsctl.analysis.trace.devices_below import DevicesBelow
from vexfsctl.analysis.trace.story import End, LogEnd, Setting, Story, Unfinished, tell_story
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.operations import OperationType

BLOCK = "I/O error, dev {}, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
FAILED = (
    "VexFS: [CORR-000000000000002A] failed vol=loop0 op=storage call=read err=IoError.ReadError "
    "errno=EIO attempts=1 dur_us=1000 parent=CORR-0000000000000029"
)
OUTER = (
    "VexFS: [CORR-0000000000000029] failed vol=loop0 op=file call=read err=IoError.ReadError "
    "errno=EIO attempts=1 dur_us=2000"
)
OPENED = (
    "VexFS: [CORR-000000000000002A] breaker vol=loop0 op=storage from=closed to=open "
    "generation=2 failures=5/5 window_ms=10000 trips=1"
)
REFUSED = "VexFS: [CORR-{:016X}] rejected vol=loop0 op=storage call=read retry_after_ms=500"


def breaker(before: str, after: str, *, by: str = "", op: str = "storage", id: str = "") -> str:  # noqa: A002
    """Return the record of a breaker's change."""
    head = f"[CORR-{id}] " if id else ""
    tail = f" by={by}" if by else ""
    change = f"from={before} to={after} generation=9 trips=1"
    return f"VexFS: {head}breaker vol=loop0 op={op} {change}{tail}"


def story_of(
    entries: Sequence[LogEntry],
    devices: Collection[str] | None = ("loop0",),
    id: str = "2A",  # noqa: A002
    end: LogEnd | None = None,
) -> Story:
    """Tell the story of one incident of a log."""
    occurrences = find_occurrences(entries)
    incident = find_incident(build_incidents(occurrences), id)
    return tell_story(incident, entries, occurrences, Setting(DevicesBelow(names=devices), end=end))


def timeline_of(*lines: Line, devices: Collection[str] | None = ("loop0",)) -> Timeline:
    """Return the timeline of incident 2A in a log that `loop0` vouches for."""
    return story_of(read_log((0.0, STATE), *lines), devices).timeline


def told(timeline: Timeline) -> list[tuple[str, int, int | None, str]]:
    """Return actor, depth, offset in µs and meaning of each line."""
    return [(str(line.actor), line.depth, line.offset_us, line.meaning) for line in timeline.lines]


def test_kernel_nested_call_and_application_call_stand_in_order_of_time() -> None:
    """The kernel deepest; offsets count from the first record of the incident."""
    timeline = timeline_of(
        (10.0, BLOCK.format("loop0")), (10.001, error(0x2A)), (10.002, FAILED), (10.003, OUTER)
    )

    assert told(timeline) == [
        ("kernel", 2, -1000, BLOCK.format("loop0")),
        (
            *("call", 1, 0),
            "attempt 1 of 3 failed: IoError.ReadError (EIO, high), 4KiB at 0B of inode 12",
        ),
        ("call", 1, 1000, "failed after 1 attempt and 1ms: its caller got EIO"),
        ("call", 0, 2000, "failed after 1 attempt and 2ms: the application got EIO"),
    ]


def test_lines_about_other_devices_are_left_out_unless_nobody_knows_the_device() -> None:
    """A log from elsewhere does not say what is below a volume."""
    lines = ((10.0, BLOCK.format("sdb")), (10.001, error(0x2A)))

    assert [line.actor for line in timeline_of(*lines).lines] == ["call"]
    assert [line.actor for line in timeline_of(*lines, devices=None).lines] == ["kernel", "call"]


def test_lines_of_another_time_are_left_out() -> None:
    """Those before the call began and after it ended belong to other calls, if its own has any."""
    timeline = timeline_of(
        (9.9, BLOCK.format("loop0")),
        (9.995, BLOCK.format("loop0")),
        (10.0, error(0x2A)),
        (10.001, OUTER),
        (10.1, BLOCK.format("loop0")),
    )

    assert [line.offset_us for line in timeline.lines] == [-5_000, 0, 1_000]


def test_a_call_begins_as_long_before_its_outcome_as_it_took() -> None:
    """A device that answers late writes its line in between."""
    slow = FAILED.replace("dur_us=1000", "dur_us=3000000")

    timeline = timeline_of((8.0, BLOCK.format("loop0")), (10.0, slow))

    assert [line.actor for line in timeline.lines] == ["kernel", "call"]
    [incident] = build_incidents(find_occurrences(read_log((10.0, slow))))
    vicinity = find_vicinity(incident)
    assert vicinity is not None
    assert vicinity.uptimes is not None
    assert vicinity.uptimes.begin == 7_000_000


def test_a_log_file_is_allowed_to_drift_from_the_clock_of_the_kernel_log() -> None:
    """Its records carry another clock."""
    kernel = read_log((9.1, BLOCK.format("loop0")))
    own = read_log((10.0, STATE), (10.0, error(0x2A)), source="/var/log/vexfs/loop0.kmsg")

    timeline = story_of([*kernel, *own]).timeline

    assert [line.actor for line in timeline.lines] == ["kernel", "call"]


def test_a_failed_fsync_looks_back_to_the_writes_that_were_lost() -> None:
    """Writeback begins when data is 30 s old."""
    fsync = error(0x2A, op="sync").replace("call=read", "call=fsync")
    write = BLOCK.format("loop0").replace("0x0:(READ)", "0x1:(WRITE)")

    timeline = timeline_of((65.0, write), (100.0, fsync))

    assert [line.actor for line in timeline.lines] == ["kernel", "call"]


def test_an_abandoned_call_waits_for_what_the_kernel_says_of_the_hung_task() -> None:
    """That comes after two minutes, and names a task instead of a device."""
    hung = "INFO: task cat:4242 blocked for more than 120 seconds."
    abandoned = (
        "VexFS: [CORR-000000000000002A] timeout vol=loop0 op=storage call=read limit_ms=5000 "
        "parent=CORR-0000000000000029"
    )

    assert [line.meaning for line in timeline_of((10.0, abandoned), (140.0, hung)).lines] == [
        "still running after 5s: abandoned, its caller got ETIMEDOUT",
        hung,
    ]
    assert len(timeline_of((10.0, error(0x2A)), (10.001, hung)).lines) == 1


def test_lines_that_the_kernel_left_out_are_told() -> None:
    """Some of them may have been about this device."""
    suppressed = "blk_print_req_error: 18 callbacks suppressed"

    timeline = timeline_of((10.0, suppressed), (10.001, error(0x2A)))

    assert timeline.lines[0].meaning == suppressed


def test_an_opened_breaker_is_followed_until_it_is_closed() -> None:
    """Timer, probes that failed, operators, and the close; not other breakers, not later life."""
    timeline = timeline_of(
        (10.0, error(0x2A)),
        (10.1, OPENED),
        (12.0, breaker("closed", "open", op="sync", id="00000000000000AA")),
        (70.1, breaker("open", "half_open", by="timer")),
        (70.2, breaker("half_open", "open", id="00000000000000BB")),
        (
            *(80.0,),
            "VexFS: [CORR-00000000000000CC] operator vol=loop0 op=storage action=reset "
            'before=open after=closed uid=0 pid=7 reason="disk replaced"',
        ),
        (80.1, breaker("open", "closed", by="operator", id="00000000000000CC")),
        (90.0, breaker("closed", "open", id="00000000000000DD")),
    )

    assert [(line.within, line.meaning) for line in timeline.lines[1:]] == [
        (True, "breaker closed → open, 5 failures in 10s (threshold 5)"),
        (False, "breaker open → half_open by timer"),
        (False, "breaker half_open → open, its probe CORR-00000000000000BB failed"),
        (False, "reset: open → closed (uid 0, pid 7), “disk replaced”"),
        (False, "breaker open → closed by operator"),
    ]


def test_an_operator_who_is_recorded_after_the_change_is_told_too() -> None:
    """Which of the two records comes first is the provider's business."""
    act = (
        "VexFS: [CORR-00000000000000CC] operator vol=loop0 op=storage action=reset "
        "before=open after=closed uid=0 pid=7"
    )

    timeline = timeline_of(
        (10.0, error(0x2A)),
        (10.1, OPENED),
        (80.1, breaker("open", "closed", by="operator", id="00000000000000CC")),
        (80.2, act),
    )

    assert [line.actor for line in timeline.lines] == ["call", "breaker", "breaker", "operator"]


def test_a_degradation_is_followed_until_the_volume_is_normal_again() -> None:
    """With the operator who lifted the hold."""
    timeline = timeline_of(
        (10.0, error(0x2A, errno="EUCLEAN", err="CorruptedData", sev="critical")),
        (
            *(10.1,),
            "VexFS: degradation vol=loop0 from=normal to=read_only cause=CORR-000000000000002A",
        ),
        (
            *(50.0,),
            "VexFS: [CORR-00000000000000CC] operator vol=loop0 action=access_mode before=rw "
            "after=rw uid=0 pid=7",
        ),
        (50.1, "VexFS: degradation vol=loop0 from=read_only to=normal"),
        (60.0, "VexFS: degradation vol=loop0 from=normal to=light"),
    )

    assert [line.meaning for line in timeline.lines[1:]] == [
        "degradation normal → read_only",
        "access_mode: rw → rw (uid 0, pid 7)",
        "degradation read_only → normal",
    ]


def test_refusals_of_an_opened_breaker_are_counted_until_it_closed() -> None:
    """What one failing device cost the others."""
    timeline = timeline_of(
        (9.0, REFUSED.format(0x10)),
        (10.0, error(0x2A)),
        (10.1, OPENED),
        (11.0, REFUSED.format(0x50)),
        (12.0, REFUSED.format(0x52)),
        (70.0, breaker("open", "closed", by="operator")),
        (80.0, REFUSED.format(0x60)),
    )

    (refusals,) = timeline.refusals
    assert (refusals.operation, refusals.calls) == (OperationType.STORAGE, 2)
    assert (refusals.first, refusals.last) == (0x50, 0x52)
    assert (refusals.first_us, refusals.last_us) == (11_000_000, 12_000_000)


def test_another_load_of_the_volume_is_another_story() -> None:
    """Its breaker starts closed, without a record."""
    again = STATE.replace("8172635412", "99")

    timeline = timeline_of(
        (10.0, error(0x2A)),
        (10.1, OPENED),
        (20.0, again),
        (30.0, breaker("open", "half_open", by="timer")),
    )

    assert len(timeline.lines) == 2


def test_earlier_failures_that_counted_are_named() -> None:
    """Those inside the window, since the breaker's last change; a full disk never counts."""
    story = story_of(
        read_log(
            (1.0, error(0x10)),
            (5.0, error(0x14)),
            (6.0, breaker("open", "closed", by="operator")),
            (7.0, error(0x18)),
            (8.0, error(0x1A, err="OutOfSpace", errno="ENOSPC")),
            (9.0, error(0x18, 2)),
            (10.0, error(0x2A)),
            (10.1, OPENED),
        )
    )

    assert [str(identifier) for identifier in story.counted] == ["CORR-0000000000000018"]


def test_a_refused_call_names_what_opened_the_breaker() -> None:
    """That is the incident to look at."""
    story = story_of(
        read_log((10.0, error(0x2A)), (10.1, OPENED), (11.0, REFUSED.format(0x50))), id="50"
    )

    assert str(story.opened_by) == "CORR-000000000000002A"
    assert [advice.error for advice in story.advice] == ["CircuitBreakerOpen"]


def test_calls_are_listed_with_their_outcome() -> None:
    """The application's first."""
    story = story_of(read_log((10.0, error(0x2A)), (10.001, FAILED), (10.002, OUTER)))

    assert [
        (call.id, call.depth, call.call, call.outcome, call.errno, call.duration_us)
        for call in story.calls
    ] == [(0x29, 0, "read", "failed", 5, 2000), (0x2A, 1, "read", "failed", 5, 1000)]


def test_a_call_whose_end_no_record_tells_says_how_the_log_goes_on() -> None:
    """Here the machine was restarted two seconds after its last record."""
    entries = read_log((10.0, error(0x2A)), (12.0, "EXT4-fs (sdz): recovery complete"))
    end = LogEnd(entries[-1].record, End.BOOT)

    caller, nested = story_of(entries, end=end).calls

    assert (nested.outcome, nested.unfinished) == (None, Unfinished(2_000_000, End.BOOT))
    assert caller.unfinished is None


@pytest.mark.parametrize(
    ("later", "got"),
    [
        ({}, "EBUSY"),
        ({"errno": "EIO"}, "EIO"),
        ({"ino": "13"}, None),
        ({"call": "write"}, None),
        ({"dur_us": "150000"}, None),
        ({"at": "12.5"}, None),
    ],
    ids=["refused", "failed again", "another file", "another call", "began before", "much later"],
)
def test_the_kernel_may_have_read_again_what_it_had_read_ahead(
    later: dict[str, str], got: str | None
) -> None:
    """The application then got what that ended in."""
    values = {"at": "10.2", "call": "read", "errno": "EBUSY", "ino": "12", "dur_us": "2000"} | later
    again = (
        "VexFS: [CORR-0000000000000030] failed vol=loop0 op=file call={call} "
        "err=CircuitBreakerOpen errno={errno} attempts=1 dur_us={dur_us} ino={ino}"
    ).format(**values)
    ahead = error(0x2A).replace("len=4096", "len=131072")

    story = story_of(
        read_log(
            (0.0, STATE), (10.0, ahead), (10.1, f"{OUTER} ino=12"), (float(values["at"]), again)
        )
    )

    assert (story.reread and errno_name(story.reread.errno)) == got
    caller = "the application" if got is None else "its caller"
    assert story.timeline.lines[-1].meaning.endswith(f"{caller} got EIO")


def test_a_read_of_one_page_is_not_made_again() -> None:
    """What it ended in is what the application got."""
    again = OUTER.replace("29]", "39]").replace("EIO", "EBUSY")

    story = story_of(
        read_log((10.0, error(0x2A)), (10.1, f"{OUTER} ino=12"), (10.2, f"{again} ino=12"))
    )

    assert story.reread is None
