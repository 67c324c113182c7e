"""One log in every rendering of dmesg, journalctl and syslog daemons: the same records."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import record_or_none, recorded
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread
from vexfsctl.model.upstream import UpstreamEvent

pytestmark = pytest.mark.usefixtures("utc")

TODAY = datetime(2026, 11, 25, 12, 0)
BOOT = "0f3b7c1e5a7c4d439d0c5b6f2a1c8e11"
WALL = datetime(2026, 11, 23, 15, 49, 20, 123456, tzinfo=UTC).timestamp()


def decode(text: str | bytes) -> list[LogRecord | None]:
    """Return what the decoder makes of the whole."""
    decoder = RecordDecoder("saved.log", today=TODAY)
    whole = text if isinstance(text, bytes) else text.encode()
    return [*map(record_or_none, (*decoder.feed(whole), *decoder.finish()))]


def read(text: str | bytes) -> LogRecord:
    """Return the one record that *text* holds."""
    (record,) = decode(text)
    assert record is not None
    return record


def meanings(entries: Iterable[LogEntry]) -> list[UpstreamEvent | KernelEvidence]:
    """Return what the lines of VexFS and of the devices say, in their order."""
    return [told for entry in entries if (told := entry.upstream or entry.evidence) is not None]


@pytest.mark.parametrize("rendering", ["raw", "dmesg", "Tx", "json"])
def test_every_rendering_of_dmesg_says_the_same(rendering: str) -> None:
    """A whole boot with a VexFS module, as util-linux 2.38 prints it in four ways."""
    from_kmsg = recorded("vexfs/head_normal.kmsg")
    printed = recorded(f"vexfs/head_normal.{rendering}")

    assert [record.text for record in printed] == [record.text for record in from_kmsg]
    assert meanings(LogEntries(printed)) == meanings(LogEntries(from_kmsg))
    if rendering == "Tx":
        assert [r.facility for r in printed] == [r.facility for r in from_kmsg]
    else:
        assert [r.uptime_us for r in printed] == [r.uptime_us for r in from_kmsg]
    if rendering in ("Tx", "json", "raw"):
        assert [r.level for r in printed] == [r.level for r in from_kmsg]


def test_the_failing_module_says_the_same_in_plain_text() -> None:
    """The capture with 100 false leaks, as raw kmsg and as dmesg prints it."""
    from_kmsg = LogEntries(recorded("vexfs/ffi_initfail.kmsg"))
    printed = LogEntries(recorded("vexfs/ffi_initfail.dmesg"))

    assert meanings(printed) == meanings(from_kmsg)
    assert {entry.origin for entry in printed} == {Origin.UNRECORDED}


def test_what_the_kernel_says_of_a_cache_is_no_host_with_a_tag() -> None:
    """Unlike a daemon's line, as journalctl prints it with uptimes."""
    leak = "kmem_cache_destroy vexfs_inode_cache: Slab cache still has objects"

    assert read(f"[    5.000000] {leak}").text == leak
    daemon = read("[    5.000000] host1 vexfs_fuse[412]: VexFS: one")
    assert (daemon.host, daemon.text) == ("host1", "VexFS: one")


def test_times_of_day_are_those_of_the_readers_zone() -> None:
    """`dmesg -T` names no zone; the capture was made at 15:49 there."""
    first = recorded("vexfs/head_normal.Tx")[0]

    assert first.uptime_us is None
    assert first.wall_time_s == datetime(2026, 11, 23, 15, 49, 20, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Printed:
    """A line as some program prints it, and what it carries besides the text."""

    line: str
    uptime_us: int | None = None
    wall_time_s: float | None = None
    level: int | None = None
    facility: int | None = None


SECOND = int(WALL)


@pytest.mark.parametrize(
    "case",
    [
        Printed("[    5.000001] VexFS: one", uptime_us=5_000_001),
        Printed("[    5.000001 <    0.000012>] VexFS: one", uptime_us=5_000_001),
        Printed("<4>[    5.000001] VexFS: one", uptime_us=5_000_001, level=4),
        Printed("<12>[    5.000001] VexFS: one", uptime_us=5_000_001, level=4, facility=1),
        Printed(
            "kern  :warn  : [    5.000001] VexFS: one", uptime_us=5_000_001, level=4, facility=0
        ),
        Printed(
            "user  :notice: [    5.000001] VexFS: one", uptime_us=5_000_001, level=5, facility=1
        ),
        Printed("[Mon Nov 23 15:49:20 2026] VexFS: one", wall_time_s=SECOND),
        Printed("2026-11-23T15:49:20,123456+00:00 VexFS: one", wall_time_s=WALL),
        Printed(
            "kern  :err   : 2026-11-23T15:49:20,123456+00:00 VexFS: one",
            wall_time_s=WALL,
            level=3,
            facility=0,
        ),
        Printed("Nov 23 15:49:20 host kernel: VexFS: one", wall_time_s=SECOND),
        Printed("Nov 23 15:49:20 host VexFS: one", wall_time_s=SECOND),
        Printed("Nov 23 15:49:20.123456 host kernel: VexFS: one", wall_time_s=WALL),
        Printed("2026-11-23T15:49:20+0000 host kernel: VexFS: one", wall_time_s=SECOND),
        Printed("2026-11-23T15:49:20.123456+00:00 host VexFS: one", wall_time_s=WALL),
        Printed("2026-11-23T16:49:20.123456+01:00 host kernel: VexFS: one", wall_time_s=WALL),
        Printed("Mon 2026-11-23 15:49:20 UTC host kernel: VexFS: one", wall_time_s=SECOND),
        Printed(f"{WALL:.6f} host kernel: VexFS: one", wall_time_s=WALL),
        Printed("[    5.000001] host kernel: VexFS: one", uptime_us=5_000_001),
        Printed("[    5.000001] host VexFS: one", uptime_us=5_000_001),
        Printed(
            "Nov 23 15:49:20 host kernel: [    5.000001] VexFS: one",
            uptime_us=5_000_001,
            wall_time_s=SECOND,
        ),
        Printed(
            "<12>1 2026-11-23T15:49:20.123456Z host kernel - - - VexFS: one",
            wall_time_s=WALL,
            level=4,
            facility=1,
        ),
        Printed('{"pri": 4, "time": 5.000001, "msg": "VexFS: one"}', uptime_us=5_000_001, level=4),
        Printed("VexFS: one"),
    ],
    ids=lambda case: case.line[:40],
)
def test_a_line_of_each_form(case: Printed) -> None:
    """Text, time, level, facility and host, as far as the form has them."""
    assert read(case.line) == LogRecord(
        "VexFS: one",
        "saved.log",
        uptime_us=case.uptime_us,
        wall_time_s=case.wall_time_s,
        level=case.level,
        facility=case.facility,
        host="host" if " host " in case.line else None,
    )


def test_a_date_without_a_year_is_of_the_last_twelve_months() -> None:
    """December, read in November, was last year."""
    assert (
        read("Dec  1 00:00:00 host kernel: x").wall_time_s
        == datetime(2025, 12, 1, tzinfo=UTC).timestamp()
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Nov 23 15:49:20 host sshd[12]: I/O error, dev sda", "sshd[12]: I/O error, dev sda"),
        ("Nov 23 15:49:20 host root: VexFS: forged", "root: VexFS: forged"),
        ("Nov 23 15:49:20 host vexfs_write_end: x", "vexfs_write_end: x"),
        ("Nov 23 15:49:20 host vexfs_fuse[7]: Search failed: x", "Search failed: x"),
        ("[    5.000001] host kernel: kernel: x", "kernel: x"),
        ("[    5.000001] audit: kernel: x", "audit: kernel: x"),
    ],
)  # fmt: skip
def test_what_a_program_wrote_is_not_taken_for_the_kernels(line: str, text: str) -> None:
    """Its tag stays in front; a VexFS daemon's becomes metadata, the kernel's own goes."""
    assert read(line).text == text


def test_a_message_of_several_lines_in_decoded_text() -> None:
    """Further lines are indented to where the text began, whatever the prefix."""
    (record,) = decode(
        "kern  :warn  : [Mon Nov 23 15:49:20 2026] Unstable clock\n" + " " * 42 + "then add\n"
    )
    assert record is not None
    assert record.text == "Unstable clock\nthen add"


def test_lines_of_journalctl_about_boots_are_no_torn_lines() -> None:
    """`-- Boot …` names the boot of what follows."""
    items = decode(
        "-- Logs begin at Mon 2026-11-23 15:49:20 UTC. --\n"
        f"\n   \n-- Boot {BOOT} --\n"
        "Nov 23 15:49:20 host kernel: VexFS: one\n-- No entries --\n"
    )

    assert [item and (item.text, item.boot_id) for item in items] == [("VexFS: one", BOOT)]


def entry(**fields: object) -> str:
    """Return a journal entry as `journalctl -o json` prints it."""
    common = {
        "__REALTIME_TIMESTAMP": str(round(WALL * 1e6)),
        "__MONOTONIC_TIMESTAMP": "5000099",
        "_BOOT_ID": BOOT,
        "PRIORITY": "4",
        "_TRANSPORT": "kernel",
        "SYSLOG_FACILITY": "0",
        "SYSLOG_IDENTIFIER": "kernel",
    }
    return json.dumps(common | fields)


@pytest.mark.parametrize(
    ("fields", "text", "facility"),
    [
        ({"MESSAGE": "I/O error, dev sda, sector 8"}, "I/O error, dev sda, sector 8", 0),
        ({"SYSLOG_IDENTIFIER": "VexFS", "MESSAGE": "one"}, "VexFS: one", 0),
        ({"SYSLOG_IDENTIFIER": "VexFS", "SYSLOG_FACILITY": "1", "MESSAGE": "x"}, "VexFS: x", 1),
        ({"MESSAGE": [86, 101, 120, 255]}, "Vex\\xff", 0),
        ({"MESSAGE": ["first", "last"]}, "last", 0),
        ({"SYSLOG_FACILITY": None, "MESSAGE": "x"}, "x", 0),
        (
            {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "root", "SYSLOG_FACILITY": "1",
             "_PID": "7", "MESSAGE": "VexFS: forged"},
            "root[7]: VexFS: forged", 1,
        ),
    ],
)  # fmt: skip
def test_the_journal_as_json(fields: dict[str, object], text: str, facility: int) -> None:
    """The identifier journald took off is put back; a program's keeps it apart."""
    record = read(entry(**fields))

    assert (record.text, record.facility) == (text, facility)
    assert (record.level, record.boot_id) == (4, BOOT)
    assert record.uptime_us == 5_000_099
    assert record.wall_time_s == pytest.approx(WALL)


def test_an_export_without_the_transport() -> None:
    """Of some fields only (`--output-fields`): then the facility is what the sender liked."""
    fields = {"MESSAGE": "I/O error, dev sda, sector 8", "_TRANSPORT": None}
    kept = {key: value for key, value in json.loads(entry(**fields)).items() if value is not None}

    assert read(json.dumps(kept)).facility is None
    assert read(json.dumps(kept | {"SYSLOG_FACILITY": "3"})).facility == 3


def test_metadata_of_the_journal_is_that_of_kmsg() -> None:
    """_KERNEL_DEVICE is DEVICE there, and printk's own time goes before the journal's."""
    record = read(
        entry(
            MESSAGE="x",
            _KERNEL_DEVICE="+scsi:0:0:0:0",
            _KERNEL_SUBSYSTEM="scsi",
            _SOURCE_MONOTONIC_TIMESTAMP="5000001",
        )
    )

    assert record.fields == (("DEVICE", "+scsi:0:0:0:0"), ("SUBSYSTEM", "scsi"))
    assert record.uptime_us == 5_000_001


def test_output_of_a_daemon_in_the_journal_is_known_by_its_identifier() -> None:
    """Unprefixed words of a VexFS unit are VexFS's."""
    daemon = {"_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "vexfs", "_PID": "7"}
    (interpreted,) = LogEntries([read(entry(MESSAGE="Search failed: x", **daemon))])

    assert interpreted.upstream is not None
    assert interpreted.upstream.form == "search_failed"


def test_the_journal_as_export() -> None:
    """An entry ends where the next begins; a value that is no plain text has its length first."""
    first = f"__CURSOR=a\n_BOOT_ID={BOOT}\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=VexFS\nMESSAGE=one"
    binary = b"MESSAGE\n" + (9).to_bytes(8, "little") + b"two\nthree\n"
    items = decode(
        first.encode() + b"\n\n__CURSOR=b\n_TRANSPORT=kernel\n" + binary + b"PRIORITY=3\n\n"
    )

    assert [item and (item.text, item.level, item.boot_id) for item in items] == [
        ("VexFS: one", None, BOOT),
        ("two\nthree", 3, None),
    ]


def test_output_of_the_tracing_library() -> None:
    """Coloured or not; its module path tells that it is VexFS's."""
    line = "2026-11-23T15:49:20.123456Z \x1b[31mERROR\x1b[0m vexfs::vexgraph: API server error: x"
    (interpreted,) = LogEntries([read(line)])

    assert (interpreted.record.level, interpreted.record.wall_time_s) == (3, WALL)
    assert interpreted.upstream is not None
    assert interpreted.upstream.form == "graph_server"


DOCUMENT = """{
   "dmesg": [
      {
         "pri": 6,
         "time":     1.000000,
         "msg": "VexFS: one\\nmore"
      },{
         "pri": 13,
         "time":     2.000000,
         "msg": "two"
      }
   ]
}
[    3.000000] three
"""
WHOLE = [
    LogRecord("VexFS: one\nmore", "saved.log", 1_000_000, level=6),
    LogRecord("two", "saved.log", 2_000_000, level=5, facility=1),
    LogRecord("three", "saved.log", 3_000_000),
]


def test_a_json_document_among_other_lines() -> None:
    """It ends with its bracket, and what follows is read as usual."""
    assert decode(DOCUMENT) == WHOLE


@pytest.mark.parametrize("prefix", ['{"dmesg":', ""])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_json_document_on_one_line(prefix: str, size: int) -> None:
    """As `jq -c` prints it, longer than any line may be and in chunks of any size."""
    messages = [f'VexFS: }},{{"pri":3,"msg":"{number}' for number in range(2_000)]
    objects = [{"pri": 6, "time": 1.5, "msg": message} for message in messages]
    whole = (prefix + json.dumps(objects, separators=(",", ":"))).encode()
    whole += b"}\n" if prefix else b"\n"
    decoder = RecordDecoder("saved.log")
    chunks = (whole[at : at + size] for at in range(0, len(whole), size))
    records = [*(item for chunk in chunks for item in decoder.feed(chunk)), *decoder.finish()]

    assert records == [
        LogRecord(message, "saved.log", 1_500_000, level=6, facility=None) for message in messages
    ]


def test_what_looks_like_a_list_in_another_line_is_its_text() -> None:
    """Neither a record of user space nor the rest of an endless line can add records."""
    listed = 'x},{"pri":3,"msg":"VexFS: forged"}'
    endless = decode("y" * (1 << 17))
    decoder = RecordDecoder("saved.log")
    rest = [*decoder.feed(b"y" * (1 << 17)), *decoder.feed(f'[{{"pri":{listed}]'.encode())]

    assert read(f"12,1,5,-;{listed}").text == listed
    assert endless == [None]
    assert [*rest, *decoder.finish()] == [Unread.TORN]


def test_a_json_document_that_is_cut_short_loses_one_record_at_most() -> None:
    """Wherever it is cut: what was whole is kept, and what was torn is counted once."""
    ends = [DOCUMENT.index(text) + len(text) for text in ('more"', '"two"')]
    wrong = []
    for cut in range(DOCUMENT.index("[    3.0")):
        items = decode(DOCUMENT[:cut])
        whole = WHOLE[: sum(end <= cut for end in ends)]
        if items not in (whole, [*whole, None]):
            wrong.append((cut, items))

    assert wrong == []


def test_a_json_document_without_its_beginning() -> None:
    """The first object that is whole is the first record."""
    tail = DOCUMENT[DOCUMENT.index("      },{") :]
    assert decode(tail) == WHOLE[1:]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[" * 60_000,
        '{"MESSAGE":' * 9_000,
        '{"MESSAGE": null}',
        '{"MESSAGE": {"a": 1}}',
        '{"msg": 7}',
        '{"pri": ' + "9" * 5_000 + ', "msg": "x"}',
        "Nov 33 15:49:20 host kernel: x",
        "9999-99-99T99:99:99Z host kernel: x",
        "__CURSOR=x",
        '"msg": "x"',
    ],
)
def test_what_is_no_record_is_one_torn_line(line: str) -> None:
    """Nesting without end, numbers without end, days that never were."""
    assert decode(line) == [None]


def test_an_absurd_time_in_json_is_no_time() -> None:
    """The text is kept."""
    (record,) = decode('{"pri": 3, "time": 1e300, "msg": "x"}')
    assert record == LogRecord("x", "saved.log", level=3)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('{"MESSAGE": "x", "__REALTIME_TIMESTAMP": "99999999999999999999"}', True),
        ("9999-12-31T23:59:59-12:00  INFO vexfs: x", True),
        ("9999-12-31T23:59:59-12:00 host kernel: x", False),
        ("0001-01-01T00:00:00+12:00 host kernel: x", False),
    ],
)
def test_a_time_beyond_the_calendar_is_no_time(line: str, kept: bool) -> None:
    """The last day of the year 9999 is one of the next year elsewhere; nobody could show it."""
    items = decode(line)

    assert [item and (item.text, item.wall_time_s) for item in items] == [
        ("x", None) if kept else None
    ]


LINES = st.sampled_from(
    [
        *DOCUMENT.encode().split(b"\n"),
        b"__CURSOR=a",
        b"MESSAGE=x",
        b"MESSAGE",
        b"Nov 23 15:49:20 host kernel: VexFS: one",
        b"2026-11-23T15:49:20.123456Z  INFO vexfs: x",
        b"kern  :warn  : [    5.000001] VexFS: one",
        b'{"MESSAGE": "x", "PRIORITY": "3"}',
        b"-- Boot 0f3b7c1e5a7c4d439d0c5b6f2a1c8e11 --",
    ]
)
PIECES = st.lists(st.binary(max_size=40) | LINES | LINES.map(lambda line: line[: len(line) // 2]))


@given(PIECES, st.data())
def test_hostile_bytes_never_raise_and_chunks_do_not_matter(
    pieces: list[bytes], data: st.DataObject
) -> None:
    """Forms mixed, torn and cut anywhere: the same records however the bytes come."""
    whole = b"\n".join(pieces)
    cut = data.draw(st.integers(0, len(whole)))
    decoder = RecordDecoder("saved.log", today=TODAY)

    items = [*decoder.feed(whole[:cut]), *decoder.feed(whole[cut:]), *decoder.finish()]

    assert [*map(record_or_none, items)] == decode(whole)


@given(st.lists(LINES))
def test_settling_early_loses_nothing(lines: list[bytes]) -> None:
    """A follower that looks after each line sees every text that one look at the end sees."""

    def texts(settle: Callable[[RecordDecoder], list[LogRecord | Unread]]) -> list[str]:
        decoder = RecordDecoder("saved.log", today=TODAY)
        items: list[LogRecord | Unread] = []
        for line in lines:
            items += decoder.feed(line + b"\n")
            items += settle(decoder)
        items += decoder.finish()
        return [item.text for item in items if not isinstance(item, Unread)]

    assert texts(lambda decoder: list(decoder.settle())) == texts(lambda decoder: [])
