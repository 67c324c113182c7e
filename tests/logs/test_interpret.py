"""What lines mean, who wrote them, and in which epoch."""

from dataclasses import replace

import pytest

from tests.logs.data import recorded
from vexfsctl.logs.interpret import LogEntries, interpret_records
from vexfsctl.model.entry import LogEntry, Origin, Unrecognised
from vexfsctl.model.events import KernelEvidence, RecordsSuppressed, StateChanged
from vexfsctl.model.record import LogRecord

STATE = "VexFS: state vol={} epoch={} from=initializing to=initialized driver=fuse version=0.1.0"
SUPPRESSED = "VexFS: suppressed vol={} calls=9 errors=27 interval_ms=5000"


def line(text: str, *, facility: int | None = 1, source: str = "kmsg") -> LogRecord:
    """Return a record; by default one that user space wrote into the kernel log."""
    return LogRecord(text, source, 0, level=4, facility=facility)


def interpret(*records: LogRecord, live: dict[str, str] | None = None) -> list[LogEntry]:
    """Return the entries of these records."""
    return list(interpret_records(records, live))


def test_a_state_record_vouches_for_what_follows() -> None:
    """Records of a volume after its `state` record are the driver's and of that epoch."""
    entries = interpret(
        line(SUPPRESSED.format("loop0")),
        line(STATE.format("loop0", 7)),
        line(SUPPRESSED.format("loop0")),
        line(SUPPRESSED.format("loop1")),
        line(STATE.format("loop0", 8)),
        line(SUPPRESSED.format("loop0")),
    )

    assert [(entry.origin, entry.epoch) for entry in entries] == [
        (Origin.UNVERIFIED, None),
        (Origin.DRIVER, 7),
        (Origin.DRIVER, 7),
        (Origin.UNVERIFIED, None),
        (Origin.DRIVER, 8),
        (Origin.DRIVER, 8),
    ]


def test_a_state_record_tells_the_device_of_its_epoch() -> None:
    """What follows in the log, and what a whole log has before it, lies on that device."""
    end = STATE.replace("from=initializing to=initialized", "from=initialized to=shutting_down")
    entries = LogEntries(
        (
            line(SUPPRESSED.format("data")),
            line(end.format("data", 7) + " dev=vda1"),
            line(SUPPRESSED.format("data")),
            line(STATE.format("data", 8)),
            line(SUPPRESSED.format("data")),
        )
    )

    assert [(entry.epoch, entry.device) for entry in entries] == [
        (7, "vda1"),
        (7, "vda1"),
        (7, "vda1"),
        (8, None),
        (8, None),
    ]


@pytest.mark.parametrize(
    "device",
    ["", "..", "../../x", "/dev/vda1", "a" * 33, "vda1 vdb1", "vda1\\x0a", "\\x1b[2J", "größe"],
)
def test_a_device_that_is_no_name_is_taken_for_none(device: str) -> None:
    """The record stands, its epoch counts, and nothing looks for such a device."""
    (entry,) = interpret(line(STATE.format("data", 7) + f' dev="{device}"'))

    assert isinstance(entry.event, StateChanged)
    assert (entry.epoch, entry.device, entry.origin) == (7, None, Origin.DRIVER)


def test_a_whole_log_vouches_backwards() -> None:
    """A wrapped ring buffer lost the start of an epoch; its end tells whose the rest is."""
    end = "VexFS: state vol={} epoch={} from=initialized to=shutting_down driver=fuse version=0.1.0"
    start = STATE.replace("from=initializing to=initialized", "from=uninitialized to=initializing")
    records = (
        line(SUPPRESSED.format("loop0")),
        line(SUPPRESSED.format("loop1")),
        line(SUPPRESSED.format("loop0"), source="other.kmsg"),
        replace(line(SUPPRESSED.format("loop0")), boot_id="of-an-earlier-boot"),
        line(end.format("loop0", 7)),
        line(start.format("loop1", 3)),
        line(start.format("loop0", 8)),
        line(SUPPRESSED.format("loop0")),
    )

    assert [(entry.origin, entry.epoch) for entry in LogEntries(records)] == [
        (Origin.DRIVER, 7),
        (Origin.UNVERIFIED, None),
        (Origin.UNVERIFIED, None),
        (Origin.UNVERIFIED, None),
        (Origin.DRIVER, 7),
        (Origin.DRIVER, 3),
        (Origin.DRIVER, 8),
        (Origin.DRIVER, 8),
    ]


def test_a_state_record_vouches_in_its_own_log_only() -> None:
    """A file handed in says nothing about who writes to the kernel log."""
    entries = interpret(
        line(STATE.format("loop0", 7), source="handed-in.kmsg"),
        line(SUPPRESSED.format("loop0")),
    )

    assert entries[1].origin is Origin.UNVERIFIED
    assert entries[1].epoch is None


def test_a_live_volume_vouches_for_its_log() -> None:
    """When the ring buffer has lost the `state` record, the tree that is there speaks for it."""
    live = {"loop0": "kmsg", "loop1": "/var/log/vexfs/loop1.kmsg"}
    entries = interpret(
        line(SUPPRESSED.format("loop0")),
        line(SUPPRESSED.format("loop1")),
        live=live,
    )

    assert [entry.origin for entry in entries] == [Origin.DRIVER, Origin.UNVERIFIED]


@pytest.mark.parametrize(
    ("facility", "origin"),
    [(0, Origin.KERNEL), (1, Origin.UNVERIFIED), (3, Origin.UNVERIFIED), (None, Origin.UNRECORDED)],
)
def test_the_facility_tells_who_wrote(facility: int | None, origin: Origin) -> None:
    """Only the kernel writes facility kern; a log without facilities says nothing."""
    assert interpret(line(SUPPRESSED.format("loop0"), facility=facility))[0].origin is origin


def test_every_line_gets_its_meaning() -> None:
    """Event, evidence, unrecognised and other lines are told apart, and records are kept."""
    records = (
        line(STATE.format("loop0", 7)),
        line("I/O error, dev loop0, sector 8", facility=0),
        line("VexFS: suppressed vol=loop0 calls=9 err"),
        line("systemd[1]: Started."),
    )

    entries = interpret(*records)

    assert [entry.record for entry in entries] == list(records)
    assert isinstance(entries[0].event, StateChanged)
    assert entries[1].evidence == KernelEvidence(kind="block", device="loop0", sector=8, errno=5)
    assert isinstance(entries[2].meaning, Unrecognised)
    assert entries[2].event is None
    assert entries[3].meaning is None
    assert [entry.origin for entry in entries[2:]] == [Origin.UNVERIFIED] * 2


@pytest.mark.parametrize(
    ("facility", "origin"),
    [(0, Origin.KERNEL), (1, Origin.UNVERIFIED), (None, Origin.UNRECORDED)],
)
def test_a_line_of_an_earlier_build_is_the_kernels_only_if_the_kernel_wrote_it(
    facility: int | None, origin: Origin
) -> None:
    """Nothing vouches for such words from user space, not even a volume's `state` record."""
    entries = interpret(
        line(STATE.format("loop0", 7)), line("VexFS: State transition 1 -> 3", facility=facility)
    )

    assert entries[1].upstream is not None
    assert (entries[1].origin, entries[1].epoch) == (origin, None)


@pytest.mark.parametrize(
    ("text", "facility", "form"),
    [
        ("sysfs: cannot create duplicate filename '/kernel/slab/vexfs_cache'", 0, "kernel_mention"),
        ("sysfs: cannot create duplicate filename '/kernel/slab/vexfs_cache'", 1, None),
        ("vexfsctl (412): drop_caches: 3", 0, None),
        ("INFO: task vexfs_fuse:412 blocked for more than 120 seconds.", 0, None),
    ],
)
def test_any_line_of_the_kernels_that_names_vexfs_is_kept(
    text: str, facility: int, form: str | None
) -> None:
    """After everything else: a hung task stays evidence, and our own tool is no VexFS build."""
    (entry,) = interpret(line(text, facility=facility))
    assert (entry.upstream and entry.upstream.form) == form


def test_epochs_are_read_from_text_too() -> None:
    """Plain dmesg text keeps no facility, but its `state` records still name the epoch."""
    entries = interpret(
        line(STATE.format("loop0", 7), facility=None),
        line(SUPPRESSED.format("loop0"), facility=None),
    )

    assert [(entry.origin, entry.epoch) for entry in entries] == [(Origin.UNRECORDED, 7)] * 2
    assert isinstance(entries[1].event, RecordsSuppressed)


def test_a_real_log_of_an_older_build_has_its_lines_and_none_of_ours() -> None:
    """Words of existing VexFS modules are not mistaken for our records."""
    entries = interpret(*recorded("vexfs/head_normal.kmsg"))

    assert [entry for entry in entries if entry.event is not None] == []
    assert sum(entry.upstream is not None for entry in entries) == 117
    assert {entry.origin for entry in entries} == {Origin.KERNEL, Origin.UNVERIFIED}
    assert interpret(replace(entries[0].record, facility=None))[0].origin is Origin.UNRECORDED
