"""Who is to blame for an incident, how certain that is, and why the kernel may say nothing."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import STATE, Line, error, read_log
from vexfsctl.analysis.devices.told import graph_of
from vexfsctl.analysis.incident.incidents import build_incidents, find_occurrences
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.trace.blame import find_suspects
from vexfsctl.analysis.trace.complaint import Complaint, find_complaint
from vexfsctl.analysis.trace.devices_below import DevicesBelow, Standing
from vexfsctl.analysis.trace.silence import Silence, find_silence
from vexfsctl.analysis.trace.suspects import MOST, MOST_CERTAIN, WEIGHTS, Sign, Suspect
from vexfsctl.model.device_graph import Device, DeviceGraph, DeviceKind
from vexfsctl.model.entry import LogEntry

FAILED = 10.0
"""When the call of all these incidents failed."""
READ = "I/O error, dev {}, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
MEDIUM = (
    "critical medium error, dev {}, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
)
WRITE = "I/O error, dev {}, sector 9 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2"
BUFFER = "Buffer I/O error on dev {}, logical block 8, async page read"
EXT4 = (
    "EXT4-fs error (device {}): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0"
)
RESET = "ata2: hard resetting link"
REPAIRED = "md/raid1:md0: read error corrected (8 sectors at 4096 on sdb)"
HUNG = "INFO: task cat:4242 blocked for more than 120 seconds."
TIMED_OUT = "VexFS: [CORR-000000000000002A] timeout vol=loop0 op=storage call=read limit_ms=5000"


def device(name: str, kind: DeviceKind, *below: str) -> Device:
    """Return a device of a log, that is made from those *below*."""
    return Device(name, kind, below, present=False)


STACK = DeviceGraph.of(
    (
        device("dm-1", DeviceKind.MAPPED, "md0"),
        device("md0", DeviceKind.ARRAY, "sdb1", "sdc"),
        device("sdb1", DeviceKind.PARTITION, "sdb"),
        device("sdb", DeviceKind.DISK, "ata2"),
        device("sdc", DeviceKind.DISK, "ata3"),
        device("ata2", DeviceKind.CONTROLLER),
        device("ata3", DeviceKind.CONTROLLER),
        device("sdz", DeviceKind.DISK),
    )
)


def suspects_of(
    *lines: Line,
    below: DevicesBelow | None = None,
    failure: str | None = None,
    facility: int | None = 0,
) -> tuple[Suspect, ...]:
    """Return whom *lines* make suspect of the failure of a read of a volume on dm-1."""
    own = read_log((0.0, STATE), (FAILED, failure or error(0x2A)))
    (incident,) = build_incidents(find_occurrences(own))
    kernel = entries_of(*lines, facility=facility)
    below = below or DevicesBelow("dm-1", STACK)
    return find_suspects(find_complaint(incident), kernel, find_vicinity(incident), below)


def entries_of(*lines: Line, facility: int | None = 0) -> tuple[LogEntry, ...]:
    """Return the entries of the kernel's *lines*."""
    return read_log(*lines, facility=facility)


def told(suspects: Sequence[Suspect]) -> list[tuple[str, float]]:
    """Return each suspect in words, and its certainty to two places."""
    return [(each.called, round(each.certainty, 2)) for each in suspects]


def test_the_lowest_device_that_reports_trouble_explains_those_above_it() -> None:
    """The medium of the disk; the device and the filesystem above only pass it on."""
    suspects = suspects_of(
        (9.998, MEDIUM.format("sdb")), (9.999, BUFFER.format("dm-1")), (10.4, EXT4.format("dm-1"))
    )

    assert told(suspects) == [
        ("disk sdb", 0.9),
        ("mapped device dm-1", 0.41),
        ("filesystem on dm-1", 0.22),
    ]
    assert [str(each.explained and each.explained.suspect) for each in suspects] == [
        "None",
        "disk sdb",
        "disk sdb",
    ]


def test_each_sign_has_its_weight() -> None:
    """The sum of a line that agrees in everything, and of one that agrees in nothing."""
    (best,) = suspects_of((9.99, READ.format("sdb")), (9.995, READ.format("sdb")))
    (worst,) = suspects_of((8.5, WRITE.format("sdz")), below=DevicesBelow("sdb1", STACK))

    (testimony,) = best.testimony
    assert testimony.signs == (
        Sign.TROUBLE,
        Sign.BELOW,
        Sign.ERRNO,
        Sign.DIRECTION,
        Sign.SECTOR,
        Sign.JUST_BEFORE,
        Sign.KERNEL,
    )
    assert testimony.points == sum(WEIGHTS[sign] for sign in testimony.signs) == MOST
    assert worst.testimony[0].signs == (
        Sign.TROUBLE,
        Sign.APART,
        Sign.ERRNO,
        Sign.OTHER_DIRECTION,
        Sign.EARLIER,
        Sign.KERNEL,
    )
    assert worst.certainty == 0


def test_a_line_that_no_form_knows_weighs_less() -> None:
    """Its words are those of the kernel, but nobody knows what they mean together."""
    (best,) = suspects_of((9.99, "sdb: bogus block at sector 8"))

    (testimony,) = best.testimony
    assert Sign.GENERAL in testimony.signs
    assert testimony.points == sum(WEIGHTS[sign] for sign in testimony.signs)
    assert WEIGHTS[Sign.GENERAL] < 0


@pytest.mark.parametrize(
    ("device_of_other", "shared"),
    [
        ("dm-1", ("mapped device dm-1", 0.75)),
        ("md0", ("array md0", 0.75)),
        ("sdc", ("disk sdc", 0.5)),
        ("sdz", None),
    ],
)
def test_volumes_that_fail_at_once_point_to_what_they_share(
    device_of_other: str, shared: tuple[str, float] | None
) -> None:
    """The nearest thing that both lie on, less so if it should have a line; else nothing."""
    below = DevicesBelow("dm-1", STACK, others={"other": device_of_other})

    suspects = suspects_of(below=below)

    assert told(suspects) == ([] if shared is None else [shared])


def test_a_controller_under_several_volumes_is_to_blame_before_each_of_their_disks() -> None:
    """Two disks hardly fail in the same second by themselves."""
    graph = DeviceGraph.of(
        (
            device("sda", DeviceKind.DISK, "host0"),
            device("sdb", DeviceKind.DISK, "host0"),
            device("host0", DeviceKind.CONTROLLER),
        )
    )
    below = DevicesBelow("sda", graph, others={"other": "sdb"})

    suspects = suspects_of((9.99, READ.format("sda")), below=below)

    assert told(suspects) == [("controller host0", 0.75), ("disk sda", 0.56)]


def test_a_disk_below_a_mapped_device_of_unknown_members_explains_it() -> None:
    """A log from elsewhere seldom tells what a logical volume is made from."""
    graph = DeviceGraph.of((device("dm-1", DeviceKind.MAPPED), device("sdb", DeviceKind.DISK)))

    suspects = suspects_of(
        (9.998, MEDIUM.format("sdb")),
        (9.999, BUFFER.format("dm-1")),
        below=DevicesBelow("dm-1", graph),
    )

    assert told(suspects) == [("disk sdb", 0.7), ("mapped device dm-1", 0.49)]


@pytest.mark.parametrize(("present", "is_open"), [(True, False), (False, True)])
def test_a_host_knows_all_that_is_below_its_devices(present: bool, is_open: bool) -> None:
    """The file of a loop device may lie on no device at all; a log only does not tell."""
    graph = DeviceGraph.of((Device("loop0", DeviceKind.LOOP, present=present),))

    assert DevicesBelow("loop0", graph).is_open("loop0") is is_open


@pytest.mark.parametrize(
    ("device", "port", "standing"),
    [
        ("nvme0n1p2", "ata3", Standing.APART),
        ("vdb", "ata3.00", Standing.APART),
        ("sdb", "ata3", Standing.UNKNOWN),
        ("dm-1", "ata3", Standing.UNKNOWN),
        ("bcache0", "ata3", Standing.UNKNOWN),
        ("nvme0n1", "nvme1", Standing.UNKNOWN),
    ],
)
def test_no_ata_port_carries_a_disk_of_another_bus(
    device: str, port: str, standing: Standing
) -> None:
    """The names tell, even where nothing tells what hangs on the port."""
    assert DevicesBelow(device).standing(port) is standing


def test_a_repair_is_against_its_suspect() -> None:
    """What has been mended did not make the call fail."""
    line = (9.99, MEDIUM.format("sdb"))

    (alone,) = suspects_of(line)
    (repaired,) = suspects_of(line, (9.995, REPAIRED))

    assert repaired.certainty == pytest.approx(alone.certainty * 0.7)


def test_a_task_that_hangs_is_a_symptom_of_the_device_below() -> None:
    """Alone it is all that is known."""
    suspects = suspects_of((9.0, RESET), (135.0, HUNG), failure=TIMED_OUT)
    (task,) = suspects_of((135.0, HUNG), failure=TIMED_OUT)

    assert [each.called for each in suspects] == ["controller ata2", "task cat:4242"]
    assert Sign.STUCK in task.testimony[0].signs
    assert suspects[1].certainty < task.certainty


def test_nobody_is_to_blame_for_an_answer() -> None:
    """A full filesystem asks no device; but the storage below can be full, too."""
    full = error(0x2A, err="OutOfSpace", errno="ENOSPC")
    space = "critical space allocation error, dev sdb, sector 8 op 0x1:(WRITE) flags 0x800"

    assert suspects_of((9.99, READ.format("sdb")), failure=full) == ()
    assert [each.called for each in suspects_of((9.99, space), failure=full)] == ["disk sdb"]


def test_what_may_be_a_forgery_makes_nobody_suspect() -> None:
    """User space can write the kernel's words, and may do so in a line of unknown form."""
    assert suspects_of((9.99, READ.format("sdb")), facility=1) != ()
    entries = entries_of((9.99, READ.format("sdb")))
    complaint = Complaint(abandoned=True)
    assert find_suspects(complaint, entries, None, DevicesBelow()) == ()


LINES = st.tuples(
    st.sampled_from((-3.0, -0.5, -0.05, -0.001, 0.0, 0.01, 0.5, 2.0)),
    st.sampled_from(
        [
            *(form.format(name) for form in (READ, MEDIUM, WRITE, BUFFER, EXT4)
              for name in ("dm-1", "md0", "sdb1", "sdb", "sdc", "sdz", "sdq")),
            RESET,
            REPAIRED,
            HUNG,
        ]
    ),
).map(lambda line: (FAILED + line[0], line[1]))  # fmt: skip
FAILURES = st.sampled_from((error(0x2A), TIMED_OUT, error(0x2A, errno="ETIMEDOUT")))
STACKS = st.sampled_from(
    (
        DevicesBelow(),
        DevicesBelow("dm-1", STACK),
        DevicesBelow("sdb1", STACK, others={"a": "sdb", "b": "sdc"}),
        DevicesBelow("dm-1", graph_of(())),
    )
)


@given(st.lists(LINES, max_size=8), LINES, FAILURES, STACKS)
def test_a_further_line_never_makes_its_suspect_less_certain(
    lines: list[Line], further: Line, failure: str, below: DevicesBelow
) -> None:
    """Unless it tells of a repair."""
    before = {each.called: each for each in suspects_of(*lines, failure=failure, below=below)}
    more = suspects_of(*lines, further, failure=failure, below=below)
    after = {each.called: each for each in more}
    alone = suspects_of(further, failure=failure, below=below)
    of_it = {each.called for each in alone if any(told.line for told in each.testimony)}

    assert before.keys() <= after.keys()
    assert all(0 <= each.certainty <= 1 for each in more)
    for called, suspect in before.items():
        if called not in of_it:
            assert after[called].alone == pytest.approx(suspect.alone)
        elif further[1] == REPAIRED:
            assert after[called].certainty <= suspect.certainty + 1e-9
        else:
            assert after[called].certainty >= suspect.certainty - 1e-9


@given(st.lists(LINES, max_size=8), FAILURES, STACKS, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(
    lines: list[Line], failure: str, below: DevicesBelow, random: Random
) -> None:
    """Nor does how often one stands there more than twice."""
    shuffled = list(lines)
    random.shuffle(shuffled)

    suspects = suspects_of(*lines, failure=failure, below=below)

    assert told(suspects_of(*shuffled, failure=failure, below=below)) == told(suspects)
    twice = told(suspects_of(*lines, *lines, failure=failure, below=below))
    assert told(suspects_of(*lines * 5, failure=failure, below=below)) == twice
    assert all(0 <= each.certainty <= each.alone <= 1 for each in suspects)


def test_disks_share_the_blame_where_nobody_knows_which_it_is() -> None:
    """By what the lines about each say; not those of one array, nor where it is known."""
    lines = ((9.99, READ.format("sdb")), (9.995, READ.format("sdz")), (9.996, MEDIUM.format("sdz")))
    apart = DeviceGraph.of((device("sdb", DeviceKind.DISK), device("sdz", DeviceKind.DISK)))
    joined = DeviceGraph.of(
        (*apart.devices.values(), device("md1", DeviceKind.ARRAY, "sdb", "sdz"))
    )

    suspects = suspects_of(*lines, below=DevicesBelow(None, apart))
    assert told(suspects) == [("disk sdz", 0.39), ("disk sdb", 0.34)]
    assert [[rival.suspect for rival in each.rivals] for each in suspects] == [
        ["disk sdb"],
        ["disk sdz"],
    ]
    shared = suspects[0].alone ** 2 / (suspects[0].alone + suspects[1].alone)
    assert suspects[0].certainty == pytest.approx(shared)
    for below in (DevicesBelow(None, joined), DevicesBelow("sdz", apart)):
        assert [each.rivals for each in suspects_of(*lines, below=below)] == [(), ()]


def test_a_task_is_not_more_to_blame_than_what_it_waits_for() -> None:
    """A pool says that it is suspended, and its programs hang two minutes later."""
    pool = (
        "WARNING: Pool 'ost08' has encountered an uncorrectable I/O failure and has been suspended."
    )

    suspects = suspects_of((3.9, pool), (130.0, HUNG), below=DevicesBelow(), failure=TIMED_OUT)

    assert told(suspects) == [("ost08", 0.15), ("task cat:4242", 0.15)]


def test_a_pool_that_is_full_fails_reads_and_writes() -> None:
    """Its users get EIO of it, and so it agrees with them."""
    full = "device-mapper: thin: 253:2: switching pool to out-of-data-space (error IO) mode"

    (pool,) = suspects_of((9.99, full), below=DevicesBelow())

    assert Sign.ERRNO in pool.testimony[0].signs


@pytest.mark.parametrize(
    ("complaint", "lines", "device", "silence"),
    [
        (Complaint(refused=True), (), "sdb", Silence.REFUSED),
        (Complaint(), (), "sdb", None),
        (Complaint(errnos=frozenset({28})), (), "sdb", Silence.ANSWERED),
        (Complaint(abandoned=True), (), "dm-1", Silence.ABANDONED),
        (Complaint(errnos=frozenset({5})), (), None, Silence.UNKNOWN_DEVICE),
        (Complaint(errnos=frozenset({5})), (), "dm-1", Silence.BIO_BASED),
        (Complaint(errnos=frozenset({5})), (), "md_home", Silence.BIO_BASED),
        (Complaint(errnos=frozenset({5})), (), "sdb", Silence.ABOVE_DEVICE),
        (
            Complaint(errnos=frozenset({5})),
            ((10.0, "blk_print_req_error: 18 callbacks suppressed"),),
            "dm-1",
            Silence.LEFT_OUT,
        ),
    ],
)
def test_why_the_kernel_wrote_nothing(
    complaint: Complaint, lines: Sequence[Line], device: str | None, silence: Silence | None
) -> None:
    """By what failed, by the kind of device, and by what the kernel says that it left out."""
    (incident,) = build_incidents(find_occurrences(read_log((FAILED, error(0x2A)))))
    vicinity = find_vicinity(incident)
    below = DevicesBelow(device)

    assert find_silence(complaint, entries_of(*lines), vicinity, below) == silence
    if complaint.points_below:
        assert find_silence(complaint, (), None, below) is Silence.UNDATED


def test_a_filesystem_that_tells_of_io_errors_speaks_of_its_device() -> None:
    """Only damage is its own; and a pool whose log tells nothing of who uses it may be below."""
    graph = DeviceGraph.of((device("dm-4", DeviceKind.MAPPED), device("dm-2", DeviceKind.MAPPED)))
    below = DevicesBelow("dm-4", graph)
    full = error(0x2A, op="sync", err="OutOfSpace", errno="ENOSPC").replace("read", "fsync")

    suspects = suspects_of(
        (
            *(9.8,),
            "EXT4-fs warning (device dm-4): ext4_end_bio:343: I/O error 3 writing to inode 13 "
            "starting block 3089)",
        ),
        (
            *(9.5,),
            "device-mapper: thin: 253:2: switching pool to out-of-data-space (error IO) mode",
        ),
        below=below,
        failure=full,
    )

    assert [each.called for each in suspects] == ["mapped device dm-4", "253:2"]
    assert [told.kind for told in suspects[0].testimony] == ["filesystem"]
    assert suspects[0].explained is not None


def test_the_repair_of_a_partition_is_against_its_disk_too() -> None:
    """The array read the other member instead."""
    repaired = "md/raid1:md0: read error corrected (8 sectors at 2048 on sdb1)"

    suspects = suspects_of((9.98, MEDIUM.format("sdb")), (9.99, repaired))

    (disk, partition) = suspects
    assert (disk.called, partition.called) == ("disk sdb", "partition sdb1")
    assert [each.points for each in disk.testimony] == [90, WEIGHTS[Sign.REPAIR]]
    assert partition.certainty == 0


def test_no_number_of_lines_is_a_proof() -> None:
    """The certainty stays below one."""
    kinds = (
        MEDIUM.format("sdb"),
        "sd 1:0:0:0: [sdb] tag#14 Add. Sense: Unrecovered read error",
        BUFFER.format("sdb"),
        "md/raid1:md0: Disk failure on sdb, disabling device.",
    )

    (suspect, *_) = suspects_of(*((9.99, text) for text in kinds))

    assert len(suspect.testimony) == len(kinds)
    assert suspect.certainty == MOST_CERTAIN
