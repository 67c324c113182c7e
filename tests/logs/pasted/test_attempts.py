"""Lines with something before them, and lines of no known form: what is read, what never is."""

from datetime import UTC, datetime
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.formats.printed import DECORATIONS
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

TODAY = datetime(2026, 11, 29, 22, 0)
ABORTED = "Aborting journal on device sda1-8."
FAILED = "blk_update_request: I/O error, dev sda, sector 1400832 op 0x0:(READ) flags 0x0"
OWN = "VexFS: [CORR-6F1C93A20000002A] rejected vol=loop0 op=file call=read retry_after_ms=0"
STATE = "VexFS: state vol=loop0 epoch=1 from=uninitialized to=initialized driver=fuse version=1.0"


def decode(text: str | bytes) -> list[LogRecord | Unread]:
    """Return what the decoder makes of *text*."""
    whole = text if isinstance(text, bytes) else text.encode()
    decoder = RecordDecoder("saved.log", today=TODAY)
    return [*decoder.feed(whole), *decoder.finish()]


def entries(text: str | bytes, *, named: bool = False) -> list[LogEntry]:
    """Return the entries of the records in *text*; *named*: others of it have a facility."""
    records = [item for item in decode(text) if isinstance(item, LogRecord)]
    return [*interpret_records(records, named=("saved.log",) if named else ())]


@pytest.mark.parametrize("decoration", DECORATIONS)
def test_what_stands_before_a_line_is_taken_off(decoration: str) -> None:
    """Mail, chat, terminals, HTML, editors, containers and grep put it there."""
    (entry,) = entries(f"{decoration}[   12.000001] {FAILED}")

    assert entry.record == LogRecord(FAILED, "saved.log", 12_000_001)
    assert entry.meaning == KernelEvidence(
        kind="block", device="sda", sector=1400832, direction="read", errno=5
    )
    assert entry.origin is Origin.UNRECORDED


@pytest.mark.parametrize("decoration", ["> ", "* ", "`", "\t", "<pre>"])
def test_a_bare_text_may_be_decorated(decoration: str) -> None:
    """The stamps were taken off before it was quoted."""
    (entry,) = entries(decoration + ABORTED)

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")


def test_the_colours_of_dmesg_are_no_part_of_the_text() -> None:
    """util-linux 2.38 with --color=always."""
    line = (
        "\x1b[32m[   12.000001] \x1b[0m\x1b[33msd 0:0:0:0: \x1b[0m\x1b[31m[sda] tag#12 FAILED "
        "Result: hostbyte=DID_OK driverbyte=DRIVER_OK cmd_age=0s\x1b[0m"
    )
    (entry,) = entries(line)

    assert entry.record.text.startswith("sd 0:0:0:0: [sda] tag#12 FAILED Result: hostbyte=DID_OK")
    assert entry.evidence == KernelEvidence(kind="scsi", device="sda")


def test_a_decorated_line_is_not_surely_the_kernels() -> None:
    """Whoever put something before it may have written the rest; a user's stays a user's."""
    kernel, user = entries(f"> 3,7,12,-;{ABORTED}\n> 12,8,13,-;{OWN}\n")

    assert kernel.origin is Origin.UNRECORDED
    assert user.origin is Origin.UNVERIFIED


@pytest.mark.parametrize(
    ("line", "uptime_us"),
    [
        (f"node1|kern|err|[   12.000001] {ABORTED}", 12_000_001),
        (f"(2) [   11.000000] [   12.000001][  T412] {ABORTED}", 12_000_001),
        (f"Last thing I saw on the screen was {FAILED}", None),
    ],
)
def test_a_line_of_no_known_form_is_read_loosely(line: str, uptime_us: int | None) -> None:
    """By its last stamp, or by a form that is the kernel's wherever it stands."""
    (entry,) = entries(line)

    assert entry.record.loose
    assert entry.record.uptime_us == uptime_us
    assert entry.origin is Origin.UNRECORDED
    assert entry.evidence is not None


@pytest.mark.parametrize(
    "prefix",
    [
        *(".(0)[412:mmcqd/0]", "-(1)[412:init]", "<0>.(0)[412:mmcqd/0]"),
        *("(0)[412:kworker/0:1]", "[1:  kworker/1:1:  412] ", "[pid:412,cpu1,kworker/1:1,4]"),
        *("c3   412 (kworker/3:1) ", "<3> "),
        *("[   11.000000] ", "2999.431039] ", "NMI watchdog: ", "trusted_key: ", "<3>"),
    ],
)
def test_one_inner_prefix_is_passed_over(prefix: str) -> None:
    """A second stamp, a level, a word that some kernels put there; not two of them."""
    once, twice = entries(
        f"[   12.000001] {prefix}{ABORTED}\n[   13.000000] {prefix}{prefix}{ABORTED}\n"
    )

    assert once.evidence == KernelEvidence(kind="filesystem", device="sda1")
    assert twice.evidence is None


@pytest.mark.parametrize(
    "before", ["(0)[412:x]{}]", "[1: x] {}:  412] ", "[pid:412,cpu1,x]{},4]", "c3 412 (x) {}) "]
)
def test_the_name_of_a_process_before_a_text_is_not_the_kernels(before: str) -> None:
    """Whatever it calls itself, at most 15 characters."""
    (entry,) = entries(
        f"[   12.000001] {before.format('sd 0:0:0:0: x')[:40]}random: crng init done"
    )

    assert entry.evidence is None


@pytest.mark.parametrize(
    "line",
    [
        '{{"log":"{}\\n","stream":"stdout","time":"2026-11-28T15:24:31.814Z"}}',
        "2026-11-28T15:24:31.814543210Z stdout F {}",
        "2026-11-28T15:24:31.814+01:00 stderr P {}",
        "[28/11/26, 15:24:31] Bob: {}",
        '        "{}",',
        "    - '{}'",
        "\u201c{}\u201d",
    ],
)
def test_what_a_container_logged_or_a_list_has_is_read(line: str) -> None:
    """Where it tells its time; and it is not surely the kernel's."""
    (entry,) = entries(line.format(f"[   12.000001] {ABORTED}"))

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")
    assert entry.record.uptime_us == 12_000_001
    assert entry.origin is Origin.UNRECORDED
    assert entries(line.format(ABORTED)) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"host":"node1","ident":"kernel","message":"%s","@timestamp":"2026-11-29T10:00:00Z"}',
        '{"process":{"name":"kernel"},"message":"%s","@timestamp":"2026-11-29T10:00:00.000Z"}',
        '{"labels":{"transport":"kernel"},"line":"%s","timestamp":"2026-11-29T11:00:00+01:00"}',
        '2026-11-29T10:00:00+00:00\tkernel.err\t{"ident":"kernel","message":"%s","pri":"3"}',
    ],
)
def test_what_a_log_shipper_says_of_the_kernel_is_read(line: str) -> None:
    """fluentd, Filebeat, Loki, a file of fluentd; and of a program, nothing."""
    (entry,) = entries(line % ABORTED)

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")
    assert entry.record.wall_time_s == datetime(2026, 11, 29, 10, tzinfo=UTC).timestamp()
    assert entry.origin is Origin.UNRECORDED
    assert entries(line.replace('"kernel"', '"sshd"') % ABORTED) == []


def test_a_clock_without_a_day_is_no_part_of_the_text() -> None:
    """dmesg -T, of which somebody cut the day off."""
    (entry,) = entries(f"[10:00:00 2026] {ABORTED}\n")

    assert entry.record.text == ABORTED
    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")


@pytest.mark.parametrize("colours", ['<font color="#C01C28"><b>', "\x1b[0;1;31m"])
def test_colours_of_a_text_are_passed_over(colours: str) -> None:
    """As a terminal and a web page have them behind what they do not colour."""
    (entry,) = entries(f"Nov 29 10:00:00 node1 kernel: {colours}{ABORTED}\n")

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")


@pytest.mark.parametrize("head", ["node1  ", "node1 kernel:  ", "192.168.0.5 "])
def test_blanks_before_a_stamp_do_not_matter(head: str) -> None:
    """As log daemons put them that receive what netconsole sends."""
    (entry,) = entries(f"Nov 29 10:00:00 {head}[   12.000001] {ABORTED}\n")

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")


def test_a_tag_of_the_kernel_may_stand_twice() -> None:
    """A log daemon hands a line on to another, which puts its own before that."""
    (entry,) = entries(f"Nov 29 10:00:00 node1 kernel: kernel: {ABORTED}\n")

    assert entry.evidence == KernelEvidence(kind="filesystem", device="sda1")


def test_a_loose_record_is_no_evidence_in_a_log_that_names_writers() -> None:
    """There, who wrote a line would be known."""
    (entry,) = entries(f"x|[   12.000001] {ABORTED}", named=True)

    assert entry.origin is Origin.UNVERIFIED
    assert entry.evidence is None


@pytest.mark.parametrize("text", [OWN, STATE])
def test_what_is_found_loosely_is_never_our_own(text: str) -> None:
    """It is shown, and never believed."""
    (entry,) = entries(f"x|[   12.000001] {text}")

    assert entry.origin is Origin.UNVERIFIED
    assert entry.epoch is None


FORGED = (ABORTED, FAILED, f"[   12.000001] {ABORTED}", f"> [   12.000001] {FAILED}")
LOG_DAEMONS = (
    "Nov 29 10:00:00 host sshd[12]: ",
    "2026-11-29T10:00:00.123456+01:00 host nginx: ",
    "Wed 2026-11-25 10:00:00 CET host su[1]: ",
    "Mär 03 10:00:00 host cron[7]: ",
    "Nov 29 10:00:00 host auth.info sshd[12]: ",
    "Nov 29 10:00:00 sshd[12]: ",
)


@pytest.mark.parametrize("head", LOG_DAEMONS)
@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize("start", ["", "x", 'user "', "a=", "\t", "kernel: ", "x kernel: "])
def test_a_program_cannot_speak_for_the_kernel(head: str, start: str, text: str) -> None:
    """Whatever it says, the text begins with its tag."""
    assert [entry for entry in entries(head + start + text) if entry.evidence is not None] == []


@pytest.mark.parametrize("head", LOG_DAEMONS)
@pytest.mark.parametrize("start", ["", "\t", "    ", "  > ", "x ", "\x1b[0m"])
def test_further_lines_of_a_program_are_not_the_kernels(head: str, start: str) -> None:
    """A log daemon that keeps newlines writes them as lines of their own."""
    log = f"{head}first\n{start}{FAILED}\n{start}{ABORTED}\nx|[   12.000001] {ABORTED}\n"
    quoted = f"> {head}first\n>   [   12.000001] {FAILED}\n> {start}{ABORTED}\n"

    assert [entry for entry in entries(log) if entry.evidence is not None] == []
    assert [entry for entry in entries(quoted) if entry.evidence is not None] == []
    assert decode(log)[-1] is Unread.MISSED or start in ("    ", "  > ")


@pytest.mark.parametrize("head", ["[   12.000000] ", "user  :notice: [   12.000000] ", "6,1,5,-;"])
@pytest.mark.parametrize("start", [" ", "\t", "      ", "  > ", "\u00a0"])
@pytest.mark.parametrize("text", FORGED)
def test_an_indented_line_after_a_record_goes_on_with_it(head: str, start: str, text: str) -> None:
    """Whatever the column: it may be a further line of what user space wrote."""
    log = f"{head}first\n{start}{text}\n"

    assert [entry for entry in entries(log) if entry.evidence is not None] == []


def test_an_indented_excerpt_among_prose_is_read() -> None:
    """After a blank line, or a line of no form, it goes on with nothing."""
    log = f"It began with\n\n    [   12.000000] usb\n    [   13.000000] {ABORTED}\n\nand then\n"
    log += f"    [   14.000000] {ABORTED}\n      {ABORTED}\n\n  {ABORTED}\n"

    found = [entry.record.uptime_us for entry in entries(log) if entry.evidence is not None]
    assert found == [13_000_000, 14_000_000, None]


def test_an_indented_line_after_one_without_a_head_is_read() -> None:
    """It goes on with nothing, and the kernel prints some lines so."""
    result = "         res 51/40:08:9a:b2:78/00:00:13:00:00/00 Emask 0x409 (media error) <F>"
    log = f"ata3.00: failed command: READ FPDMA QUEUED\n{result}\n sdb: bad\n {ABORTED}\n"

    *_, medium, last = entries(log)

    assert medium.evidence == KernelEvidence(kind="ata", device="ata3.00", errno=61)
    assert last.evidence == KernelEvidence(kind="filesystem", device="sda1")


@pytest.mark.parametrize("result", ["    res", "res"])
@pytest.mark.parametrize("mask", ["0x4", "0\u00d74"])
def test_the_result_of_a_command_belongs_to_it(result: str, mask: str) -> None:
    """However a program that shows logs indents what libata prints in one go, and sets its x."""
    head = "Nov 28 07:41:02.243 test01 kernel: "
    command = "ata9.00: cmd 60/05:b0:bb:23:78/00:00:1d:00:00/40 tag 22 ncq dma 2560 in"
    result += f" 40/00:00:00:00:00/00:00:00:00:00/00 Emask {mask} (timeout)"
    entry, other, *_ = entries(f"{head}{command}\n{result}\n{head}x\n{result}\n")

    assert entry.evidence == KernelEvidence(
        kind="ata", device="ata9.00", direction="read", errno=110, lba=0x1D7823BB
    )
    assert other.record.text == "x"


def test_lines_after_a_record_with_the_kernels_facility_are_no_programs() -> None:
    """Whatever time stands there: no log daemon wrote it."""
    head = "kern  :err   : [Sun Nov 29 10:00:00 2026] "
    *_, last = entries(f"{head}nvme nvme0: queue 0: timeout request 0x1 type 4\n{ABORTED}\n")

    assert last.evidence == KernelEvidence(kind="filesystem", device="sda1")


@pytest.mark.parametrize(
    "start",
    [
        *('he said "', "msg=", "Product: ", "comm ", "sshd: ", "sshd[12]: ", "app/worker: "),
        *("'", "(sshd[12]: ", "x: "),
    ],
)
@pytest.mark.parametrize("text", [FAILED, f"[   12.000001] {FAILED}"])
def test_what_is_quoted_or_tagged_is_not_read_loosely(start: str, text: str) -> None:
    """A name, a value, a quotation, or another program's words."""
    assert entries(start + text) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"usb 1-1: new high-speed USB device number 5", Unread.NOT_READ),
        (b"\x00\x01\xff", Unread.NOT_READ),
        (b"the vexfs mount hung", Unread.MISSED),
        (b"see CORR-6F1C93A20000002A", Unread.MISSED),
        (f"sshd: {FAILED}".encode(), Unread.MISSED),
        (b"6,12", Unread.TORN),
        (b"[   12.00", Unread.TORN),
        (b'{"MESSAGE": "x', Unread.TORN),
        (b"x" * 70_000, Unread.TORN),
    ],
)
def test_what_is_not_read_is_told_apart(line: bytes, kind: Unread) -> None:
    """Broken off; of no known form; of none, but it would matter."""
    assert decode(line) == [kind]


def test_a_line_that_a_mailer_wrapped_is_one_record() -> None:
    """Here after the word `sector`, at 73 characters."""
    first = "[ 1234.567890] blk_update_request: critical medium error, dev sdb, sector"
    (entry, after) = entries(f"{first}\n123456 op 0x0:(READ) flags 0x0\n[ 1235.000000] x")

    assert entry.evidence == KernelEvidence(
        kind="block", device="sdb", sector=123456, direction="read", errno=61
    )
    assert after.record.text == "x"


def test_a_line_after_a_wrapped_one_is_none_of_it() -> None:
    """Neither has a head that an indented line could go on with."""
    first = " scsi: Device offlined - not ready after error recovery: host"
    (_, after) = entries(f"{first}\n 1 channel 0 id 6 lun 0\n {ABORTED}\n")

    assert after.evidence == KernelEvidence(kind="filesystem", device="sda1")


def test_what_a_mailer_wrapped_adds_to_what_is_known_without_it() -> None:
    """Here the number of the error; what adds nothing is left where it is."""
    first = "[ 979.223808] BTRFS: error (device sdc2) in __btrfs_cow_block:1080:"
    added, after = entries(f"{first}\nerrno=-5 IO failure\n{first}\nnothing of the kind")

    assert added.evidence == KernelEvidence(kind="filesystem", device="sdc2", errno=5)
    assert after.evidence == KernelEvidence(kind="filesystem", device="sdc2")
    assert after.record.text == "BTRFS: error (device sdc2) in __btrfs_cow_block:1080:"


@pytest.mark.parametrize("before", ["", "> "])
@given(width=st.integers(66, 80))
def test_a_record_of_vexfs_that_a_mailer_wrapped_is_one_record(before: str, width: int) -> None:
    """Into as many lines as it took; what comes after it is not."""
    own = (
        "VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=storage call=read err=IoError.ReadError"
        " errno=EIO sev=high attempt=1/3 parent=CORR-6F1C93A200000029 ino=12 off=1048576 len=4096"
        ' hints=retry:500,invalidate_cache,use_fallback msg="read operation failed"'
    )
    lines = wrap(
        f"[ 1234.567890] {own}",
        width - len(before),
        break_on_hyphens=False,
        break_long_words=False,
    )
    log = "\n".join(before + line for line in (*lines, "sev=low", "[ 1235.000000] x"))

    assert [entry.record.text for entry in entries(log)] == [own, "x"]


def test_a_hostile_record_that_goes_on_takes_no_time() -> None:
    """It is joined to at most what a record has room for."""
    log = "[ 1234.567890] VexFS: [CORR-6F1C93A20000002A] error vol=loop0\n" + "a=b\n" * 50_000
    (entry,) = entries(log)

    assert len(entry.record.text) < 1000


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            # A long word had no room.
            "[  264.144239] sd 2:0:0:0: [sda] tag#2 FAILED Result:\n"
            "hostbyte=DID_ERROR driverbyte=DRIVER_OK cmd_age=40s\n",
            KernelEvidence(kind="scsi", device="sda", errno=5),
        ),
        (
            # Quoted so often that what was broken off was broken again.
            "> > > > > > > [248240.880971] blk_update_request: I/O error, dev sdd,\n"
            "> > > > > > > sector\n"
            "> > > > > > > 2298488192 op 0x0:(READ) flags 0x0 phys_seg 16 prio class 0\n",
            KernelEvidence(
                kind="block", device="sdd", sector=2298488192, direction="read", errno=5
            ),
        ),
        (
            # The middle says nothing by itself.
            "> [27494.050841] BTRFS error (device sdc1 state EA): failed to run delayed\n"
            "> ref for logical 7329684533248 num_bytes 53248 type 184 action 2 ref_mod\n"
            "> 1: -28\n",
            KernelEvidence(kind="filesystem", device="sdc1", errno=28),
        ),
        (
            # As it was sent: in quoted-printable, which breaks words.
            "[248240.880971] blk_update_request: critical medium error, dev sdd, sec=\n"
            "tor 2298488192 op 0x0:(READ) flags 0x0\n",
            KernelEvidence(
                kind="block", device="sdd", sector=2298488192, direction="read", errno=61
            ),
        ),
        (
            # Not quoted alike.
            ">   Feb  1 19:47:23 host kernel: [ 3327.176867] bcache:\n"
            "> bch_count_io_errors() dm-0: IO error on writing data to cache.\n",
            KernelEvidence(kind="bcache", device="dm-0", direction="write"),
        ),
    ],
)
def test_what_mailers_make_of_long_lines(log: str, expected: KernelEvidence) -> None:
    """It is one record again."""
    (entry,) = entries(log)

    assert entry.evidence == expected


def test_what_might_go_on_is_counted_if_it_does_not() -> None:
    """Here prose after a line that is as long as a mailer's."""
    first = f"[27494.050841] {ABORTED} And so on, and so on, and so on"

    assert decode(f"{first}\nThis is what I saw\nand this\n")[1:] == [Unread.NOT_READ] * 2
    assert decode(f"{first}\nThis is what I saw\n\n")[1:] == [Unread.NOT_READ]
    assert decode(f"{first}\nThis is what I saw")[1:] == [Unread.NOT_READ]


@pytest.mark.parametrize("before", ["\u00a0\u00a0 \u00a0", "> \u00a0", "\u00a0"])
def test_no_line_behind_blanks_that_do_not_break_is_lost(before: str) -> None:
    """As web pages and mailers indent what was pasted; within a line they may stand, too."""
    lines = [f"[   12.00000{number}] {FAILED}" for number in range(4)]
    lines[2] = lines[2].replace("I/O error", "I/O\u00a0error")

    found = [entry.evidence for entry in entries("\n".join(before + line for line in lines))]
    assert [each and each.sector for each in found] == [1400832] * 4


def test_a_repair_that_a_mailer_wrapped_is_one() -> None:
    """Without its second line it says neither disk nor sector."""
    first = "Feb 16 13:44:16 bm-server kernel: md/raid:md16: read error corrected"
    (entry,) = entries(f"> {first}\n> (8 sectors at 1445866416 on sdf6)\n")

    assert entry.evidence == KernelEvidence(
        kind="md",
        device="md16",
        member="sdf6",
        sector=1445866416,
        direction="read",
        significance=EvidenceSignificance.REPAIR,
        sector_on_member=True,
    )


def test_an_indented_tag_is_no_process() -> None:
    """As in what vendors tell of known problems."""
    first, second = entries(
        "    kernel: attempt to access beyond end of device\n"
        "    kernel: dm-1: rw=0, want=4121118138320289800, limit=5846859776\n"
    )

    assert first.record.text == "attempt to access beyond end of device"
    assert second.evidence == KernelEvidence(kind="block", device="dm-1", direction="read", errno=5)


def test_a_line_that_was_wrapped_before_what_is_done() -> None:
    """The second line is a form of its own, but names no device."""
    first = "Nov 28 21:07:30 node1 kernel: [17571.002281] sr 1:0:1:0: [sr0] CDB:"
    (entry,) = entries(f"{first}\nRead(10): 28 00 00 05 57 36 00 00 02 00\n")

    assert entry.evidence == KernelEvidence(
        kind="scsi", device="sr0", direction="read", lba=0x55736
    )


def test_a_wrapped_line_after_a_decorated_one() -> None:
    """What stood before another line does not count to its width."""
    lines = (
        "messages:Nov 28 21:07:30 node1 kernel: x",
        "[ 1234.567890] blk_update_request: critical medium error, dev sdb, sector",
        "123456 op 0x0:(READ) flags 0x0",
        "",
    )
    text = "\n".join(lines).encode()
    decoder = RecordDecoder("saved.log", today=TODAY)

    sifted = [*decoder.sift(text), *decoder.finish()]

    assert [*map(str, sifted)] == [*map(str, decode(text))]
    assert str(sifted[1]).startswith(
        "LogRecord(text='blk_update_request: critical medium error, dev"
    )


def test_a_short_line_was_not_wrapped() -> None:
    """No mailer breaks lines there."""
    assert decode("[ 12.000000] end of\nAborting\n")[1] is Unread.NOT_READ
    (entry,) = entries("[ 12.000000] critical medium error, dev sdb, sector\n123456 op\n")
    assert entry.evidence is None


def test_a_number_that_a_pager_cut_is_no_number() -> None:
    """less -S ends the line with `>`."""
    (entry,) = entries("[   12.000001] critical medium error, dev sda, sector 140083>")

    assert entry.evidence == KernelEvidence(kind="block", device="sda", errno=61)


@given(st.binary(max_size=200))
def test_any_bytes_are_something(line: bytes) -> None:
    """No line raises, and none is lost."""
    items = decode(line.replace(b"\n", b" ") + b"\n6,1,1,-;end\n")

    assert isinstance(items[-1], LogRecord)


@pytest.mark.parametrize(
    "line",
    [
        *("> " * 4000, "[" * 8000, "a:" * 4000, "[ 1.000000] " * 700, "<b>" * 2700, "&lt;" * 2000),
        *("dev sda, sector I/O error, " * 300, "\x1b[" * 4000, "a-" * 4000, " " * 8000 + "x"),
    ],
    ids=lambda line: line[:12],
)
def test_a_hostile_line_takes_no_time(line: str) -> None:
    """A thousand such lines are read in a few seconds: no pattern goes back over and over."""
    started = datetime.now()
    decode(f"{line}\n" * 20)

    assert (datetime.now() - started).total_seconds() < 2
