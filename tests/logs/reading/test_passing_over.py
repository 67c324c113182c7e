"""What is read without decoding every line is what is read with decoding every line."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.data import KERNEL_LOGS
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.formats.lines import parse_record
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS, forms_for
from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.mentions import MENTIONS
from vexfsctl.logs.kernel.prefixes import SAMPLES
from vexfsctl.logs.reading.boots import Boot, boot_id_of
from vexfsctl.logs.reading.contents import Contents, Manner, read_contents
from vexfsctl.logs.sieve import sieve
from vexfsctl.logs.stretches.finder import StretchFinder
from vexfsctl.logs.stretches.stretch import Stretch
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

TODAY = datetime(2026, 11, 29, 22, 0)
OWN = (
    "VexFS: state vol=loop0 epoch=1 from=uninitialized to=initialized driver=fuse version=1.0",
    "VexFS: state vol=loop0 epoch=2 from=initialized to=read_only driver=fuse version=1.0",
    "VexFS: [CORR-6F1C93A20000002A] rejected vol=loop0 op=file call=read retry_after_ms=0",
)
MEANT = (
    *(form.sample for form in EVIDENCE_FORMS),
    *(form.sample for form in UPSTREAM_FORMS),
    *(mention.sample for mention in MENTIONS),
    *OWN,
)
ORDINARY = (
    "usb 1-1: new high-speed USB device number 5 using xhci_hcd",
    "[UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=40",
    'audit: type=1400 audit(1700000000.123:45): apparmor="STATUS"',
    " schedule+0x1e/0x80",
    "sda: rw",
    "größe: ready",
    "text \\x41 \\x0a with escapes",
    'audit: apparmor="STATUS" \\ operation="profile_load"',
    '"quoted": \u2013 \u7121 \U0001f600',
    "host kernel: [    9.000000] a line in a line",
    "",
)
PLAIN_JSON = (
    b'"_BOOT_ID":"00000000000000000000000000000000","__MONOTONIC_TIMESTAMP":"77000000",'
    b'"__REALTIME_TIMESTAMP":"1795900077000000","MESSAGE":"usb 1-1: reset"'
)
ODD = (
    b"",
    b"   ",
    b"rubbish",
    b" SUBSYSTEM=block",
    b" DEVICE=b7:0",
    b"               VexFS: indented",
    b"                and so on",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf[   77.000000] usb 1-1: reset",
    b"[   78.000000] usb 1-1: reset\r",
    b"-- Reboot --",
    b"-- Boot 0123456789abcdef0123456789abcdef --",
    b"-- Boot fedcba98765432100123456789abcdef --",
    b"Feb 30 10:00:00 host kernel: usb 1-1: a day that is none",
    b"2026-02-30T10:00:00+00:00 host kernel: usb 1-1: a day that is none",
    b"2026-11-29T10:00:00.123456Z ERROR vexfs_fuse::main: Search failed: x",
    b"2026-11-29T10:00:00.123456Z  INFO hyper::client: connected",
    b"2026-11-29 10:00:00 UTC host kernel: BUG: kernel NULL pointer dereference",
    b"<6>[   79.000000] usb 1-1: reset",
    b"<13>Nov 29 10:00:00 host kernel: usb 1-1: reset",
    b"<34>1 2026-11-29T10:00:00Z host kernel - - - BUG: kernel NULL pointer dereference",
    b"Nov 29 10:00:00 host kernel - - - BUG: kernel NULL pointer dereference",
    b"Nov 29 10:00:00 host vexfs_fuse[12]: Search failed: x",
    b"Nov 29 10:00:00 host sd 0:0:0:0: [sda] tag#12 FAILED Result: hostbyte=DID_OK",
    b"12,5,99,c;usb 1-1: a continued line",
    b"6,6,99,-,caller=T1;usb 1-1: with its caller",
    b"__CURSOR=s=1",
    b"MESSAGE=VexFS: read failed",
    b"SYSLOG_FACILITY=0",
    b"{",
    b'  "MESSAGE" : "VexFS: x",',
    b"}",
    b'{"MESSAGE": "VexFS: read failed", "_TRANSPORT": "kernel", "_BOOT_ID": "ab"}',
    b'{"dmesg":[{"pri":6,"time":1.5,"msg":"usb 1-1"},{"pri":6,"time":1.6,"msg":"VexFS: x"}]}',
    *(
        b"".join((b"{", fields, b"}"))
        for fields in (
            PLAIN_JSON,
            PLAIN_JSON + b',"MESSAGE":"VexFS: x"',
            PLAIN_JSON + b',"MESSAGE":"I/O error, dev sda, sector 1 op 0x0:(READ)"',
            PLAIN_JSON + b',"MESSAGE":null',
            PLAIN_JSON + b',"_BOOT_ID":"' + b"0" * 32 + b'"',
            PLAIN_JSON + b',"_BOOT_ID":""',
            PLAIN_JSON + b',"__MONOTONIC_TIMESTAMP":"8000000"',
            PLAIN_JSON + b',"__MONOTONIC_TIMESTAMP":"99000000"',
            PLAIN_JSON + b',"_SOURCE_MONOTONIC_TIMESTAMP":"8000000"',
            PLAIN_JSON + b',"_SOURCE_MONOTONIC_TIMESTAMP":"99000000"',
            PLAIN_JSON + b',"_SOURCE_MONOTONIC_TIMESTAMP":"later"',
            PLAIN_JSON + b',"__REALTIME_TIMESTAMP":"1"',
            PLAIN_JSON + b',"__REALTIME_TIMESTAMP":"1795900099000000"',
            PLAIN_JSON + b',"SYSLOG_IDENTIFIER":"loop0","_PID":"1: rw=1"',
            PLAIN_JSON + b',"SYSLOG_IDENTIFIER":"BUG"',
            PLAIN_JSON + b',"A":{"MESSAGE":"x"}',
            PLAIN_JSON + b',"A":[1,2]',
            PLAIN_JSON + b',"A":"\t"',
            PLAIN_JSON + b',"A":"\xff"',
            PLAIN_JSON + b',"A":"b" ',
            PLAIN_JSON + b',"A":"b"}{',
            PLAIN_JSON + b",",
            PLAIN_JSON + b',"A":"' + b"b" * 70_000 + b'"',
            PLAIN_JSON.replace(b"usb", b"\\u0056exFS"),
            PLAIN_JSON.replace(b"usb", b"\xed\xa0\x80"),
            PLAIN_JSON.replace(b"usb", b"\xc0\x80"),
            PLAIN_JSON.replace(b"usb", b"\\x"),
            PLAIN_JSON.replace(b"usb", b'\\"' * 100 + b": rw=1"),
            PLAIN_JSON.replace(b"MESSAGE", b"MESSAG"),
            PLAIN_JSON.replace(b"_BOOT_ID", b"_BOOT"),
            PLAIN_JSON.replace(b"__MONOTONIC", b"_MONOTONIC"),
        )
    ),
    *(
        head + text
        for text in (
            b"usb 1-1: reset",
            b"Aborting journal on device sda1-8.",
            b"VexFS: [CORR-6F1C93A20000002A] rejected vol=loop0 op=file call=read",
        )
        for head in (
            *(
                b"> [   77.000000] ",
                b"\t[   77.000000] ",
                b"messages:Nov 29 10:00:00 host kernel: ",
            ),
            *(b"[  +0.000004] ", b"[Nov 7 13:49] ", b"[wo jul 28 05:19:43 2021] ", b"kernel: "),
            *(b"\x1b[32m[   77.000000] \x1b[0m", b"<pre>[   77.000000] ", b"x|[   77.000000] "),
            *(b"Nov 29 10:00:00 kernel: ", b"Nov 29 10:00:00 kern.err kernel: ", b"- - > "),
            *(b"Nov 29 10:00:00 host kern.err kernel: ", b"Jul 1 10:00:00 host kernel: "),
            *(b"Nov 29 10:00:00 [kernel] ", b"Sun 2026-11-29 10:00:00 CEST host kernel: "),
            *(b"[   77.000000] [      T0] ", b"[   77.000000] kernel: ", b"> ", b"", b"sshd: "),
            *(b"Nov 29 10:00:00 host kernel: [   77.000000] [      T0] ", b"the text "),
        )
    ),
    b"Nov 29 10:00:00 host sshd[1]: a message of more than one line, which is 80 long in all",
    b"[   77.000000] blk_update_request: critical medium error, dev sdb, sector",
    b"123456 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
    b"x" * 9000,
    b"[   80.000000] " + b"y" * 9000,
    b"[   81.000000] " + b"z" * 70_000,
)
TRICKY = {
    "comma in a syslog time": (
        b"2026-11-29 10:00:00,123456+0000 host BUG: kernel NULL pointer dereference\nrubbish\n"
    ),
    "priority before a syslog time": (
        b"2026-11-29T10:00:00,123456 host usb 1-1\n"
        b"kern  :info  : 2026-11-29T10:00:00,123456 host usb 1-1\nrubbish\n"
    ),
    "fractions of any length": (
        b"2026-11-29T10:00:05.5Z host usb 1-1\n2026-11-29T10:00:05.55Z host usb 1-1\n"
        b"2026-11-29T10:00:05Z host usb 1-1\nrubbish\n"
    ),
    "zones here and there": b"".join(
        b"2026-11-29T10:0%d:00%s host usb 1-1\n" % (n // 8, b"" if n % 16 < 9 else b"Z")
        for n in range(64)
    ),
    "indented after a mark of byte order": (
        b"[   77.000000] usb 1-1: reset\n\xef\xbb\xbf               VexFS: indented\nrubbish\n"
    ),
    "metadata of a daemon": b"6,1,1,-;x\n TARGET=vexgraph::x\n6,2,2,-;y\nrubbish\n",
    "escaped metadata": b"6,1,1,-;x\n \\x54ARGET=vexgraph\n6,2,2,-;y\nrubbish\n",
    "overlong metadata": b"6,1,1,-;x\n A=" + b"x" * 70_000 + b"\n6,2,2,-;y\nrubbish\n",
    "tag as in RFC 5424": (
        b"Nov 29 10:00:00 host BUG - - - kernel NULL pointer dereference\n"
        b"Nov 29 10:00:00 host loop0 1 - - writeback error on inode 1, offset 0, sector 4\n"
        b"rubbish\n"
    ),
    "tag alone": b"Nov 29 10:00:00 host fuse:\nrubbish\n",
    "days that are none": b"".join(
        line + b"\n"
        for day in (b"28", b"29", b"30", b"31", b"32", b" 0", b"00", b"01")
        for month in (b"Feb", b"Apr", b"May", b"Foo")
        for line in (
            b"%s %s 10:00:00 host usb 1-1" % (month, day),
            b"[Fri %s %s 10:00:00 2027] usb 1-1" % (month, day),
        )
    ),
    "leap days": b"".join(
        b"%d-02-29T10:00:00Z host usb 1-1\n" % year for year in range(1967, 2105)
    ),
    "hours and zones that are none": (
        b"Nov 29 24:00:00 host usb 1-1\nNov 29 23:60:00 host usb 1-1\n"
        b"2026-11-29T10:00:00+24:00 host usb 1-1\n2026-11-29T10:00:00-23:59 host usb 1-1\n"
        b"2026-11-29T10:00:00+0960 host usb 1-1\n2026-11-29T10:00:00+0959 host usb 1-1\n"
    ),
    "leading zeros": b"[    9.000000] usb 1-1\n[00001.000000] usb 1-1\n[  001.000000] usb 1-1\n",
    "escapes here and there": b"".join(
        b"6,%d,%d,-;usb %s1-1\n" % (n, n, b"\\x41" if n % 3 == 0 else b"") for n in range(20)
    ),
}
"""Logs with lines that look plain and are not what they look like."""


def rendered(text: str, uptime_us: int, sequence: int, form: int) -> bytes:
    """Return a record with this text as one of the common programs prints it."""
    if form >= PRINTED_FORMS:
        return in_json(text, uptime_us, sequence, form - PRINTED_FORMS)
    seconds, micros = divmod(uptime_us, 1_000_000)
    uptime = f"{seconds:5d}.{micros:06d}"
    moment = datetime.fromtimestamp(1_795_900_000 + seconds, UTC).replace(microsecond=micros)
    head = (
        f"[{uptime}] ",
        f"<6>[{uptime}] ",
        f"kern  :info  : [{uptime}] ",
        f"[{uptime}][  T123] ",
        f"6,{sequence},{uptime_us},-;",
        f"{moment:%b %d %H:%M:%S} host kernel: [{uptime}] ",
        f"{moment:%b %d %H:%M:%S} host kernel: ",
        f"{moment:%b %d %H:%M:%S} host ",
        f"{moment.isoformat()} host kernel: [{uptime}] ",
        f"{moment.isoformat()} host systemd[1]: ",
        f"{moment.timestamp():.6f} host kernel: ",
        f"[{moment:%a %b %d %H:%M:%S %Y}] ",
        f"{moment:%Y-%m-%dT%H:%M:%S},{micros:06d}+00:00 ",
        f"[{uptime}] host kernel: ",
        f"[{uptime}] kernel: ",
        f"[{uptime}] [    T123] ",
        f"{moment:%b %d %H:%M:%S} host kernel: [{uptime}] [     T0] ",
        f"> [{uptime}] ",
        f"messages:{moment:%b %d %H:%M:%S} host kernel: [{uptime}] ",
        f"> 6,{sequence},{uptime_us},-;",
        f"6,{sequence},{uptime_us},-,caller=T{sequence % 7};",
        f"{moment:%b %d %H:%M:%S} kern.info kernel: [{uptime}] ",
        f"{moment:%a %Y-%m-%d %H:%M:%S} UTC host kernel: ",
    )[form]
    return f"{head}{text}".encode()


def in_json(text: str, uptime_us: int, sequence: int, form: int) -> bytes:
    """Return a record as `journalctl -o json` prints it, with its fields in one order or another.

    journald takes the first word off a text (form 1), if not any that stands before a colon (2);
    a program of that name has a process, too (3).
    """
    tag, colon, rest = text.partition(": ")
    if form == 0 or not colon or (form == 1 and " " in tag):
        tag, rest = "kernel", text
    boot = f"{'0123456789abcdef'[uptime_us // 60_000_000 % 2]:0>32}"
    fields = {
        "__CURSOR": f"s=0f3b;i={sequence:x};b={boot};m={uptime_us:x};t=649e;x=1",
        "__REALTIME_TIMESTAMP": str(1_795_900_000_000_000 + uptime_us),
        "__MONOTONIC_TIMESTAMP": str(uptime_us + sequence % 3),
        "_BOOT_ID": boot,
        "_HOSTNAME": "host",
        "_TRANSPORT": "syslog" if form == 3 else "kernel",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": tag,
        "MESSAGE": rest,
        "_SOURCE_MONOTONIC_TIMESTAMP": str(uptime_us),
    }
    if form == 3:
        del fields["_SOURCE_MONOTONIC_TIMESTAMP"]
        fields |= {"_PID": "12", "SYSLOG_PID": "12", "_CMDLINE": 'sh -c "a\\b"'}
    # Somebody may have taken it from a few.
    if uptime_us % 16 == 5:
        del fields["__REALTIME_TIMESTAMP"]
    at = (uptime_us + sequence) % len(fields)
    names = [*fields][at:] + [*fields][:at]
    entry = {name: fields[name] for name in names}
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=sequence % 8 == 7).encode()


PRINTED_FORMS = 23
FORMS = PRINTED_FORMS + 4
DECORATED_FORMS = (17, 18, 19)
SLOW_FORMS = (21, 22)
"""Those of which every line is decoded."""
OF_PROGRAMS = (9, FORMS - 1)
"""Whose records a program sent to a log daemon: none is the kernel's."""
TEXTS = st.sampled_from(MEANT) | st.sampled_from(ORDINARY) | st.sampled_from(ORDINARY)


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a log: runs of records of one form, with anything in between."""
    lines: list[bytes] = []
    uptime_us = draw(st.integers(0, 20_000_000))
    sequence = draw(st.integers(0, 3))
    for _ in range(draw(st.integers(1, 6))):
        form = draw(st.integers(0, FORMS - 1))
        for text in draw(st.lists(TEXTS, max_size=12)):
            uptime_us = max(0, uptime_us + draw(st.sampled_from(STEPS_US)))
            sequence += draw(st.sampled_from((1, 1, 1, 1, 1, 1, 3, -1)))
            lines.append(rendered(text, uptime_us, max(0, sequence), form))
        lines += draw(st.lists(st.sampled_from(ODD), max_size=2))
    return b"\n".join(lines) + draw(st.sampled_from((b"", b"\n")))


STEPS_US = (
    *(0, 1, 10, 1_000, 100_000, 400_000, 900_000, 3_000_000, 5_000_000, 8_000_000, 70_000_000),
    *(-1, -400_000, -4_000_000, -4_999_999, -5_000_000, -5_000_001, -6_000_000, -60_000_000),
)


def chunks(log: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    """Yield *log* cut where *cuts* say, as a pipe may give it."""
    bounds = sorted({0, len(log), *(cut % (len(log) + 1) for cut in cuts)})
    for start, end in pairwise(bounds):
        yield log[start:end]


def read(log: bytes, cuts: Sequence[int], manner: Manner) -> Contents:
    """Read *log* in pieces."""
    return read_contents(chunks(log, cuts), "log", TODAY, manner)


def summary(contents: Contents) -> object:
    """Return all that conclusions depend on."""
    finder = contents.finder
    boots = [boot_summary(boot) for boot in contents.boots]
    return contents.first, finder.holes, finder.names_writers, finder.notes(""), boots


def boot_summary(boot: Boot) -> object:
    """Which records matter, and the ends; lines that go on with those do not count."""
    kept = [placed for part in boot.parts for placed in part if sieve().accepts(placed[1])]
    ends = {boot_id: _plain(end) for boot_id, end in boot.ends.items()}
    return kept, ends, boot.last and _plain(boot.last), boot.end


def _plain(record: LogRecord) -> LogRecord:
    return replace(record, text=record.text.partition("\n")[0])


@given(logs(), st.lists(st.integers(0, 1 << 20), max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_log_is_read_as_if_every_line_were_decoded(log: bytes, cuts: list[int]) -> None:
    """The records that matter, their place among others, boots, ends and holes are the same."""
    every = read(log, cuts, Manner(every_record=True))

    assert summary(read(log, cuts, Manner())) == summary(every)


@pytest.mark.parametrize("log", TRICKY.values(), ids=TRICKY)
def test_a_tricky_log_is_read_as_if_every_line_were_decoded(log: bytes) -> None:
    """The same of lines that random ones seldom are."""
    assert summary(read(log, (), Manner())) == summary(read(log, (), Manner(every_record=True)))


def test_all_lines_of_a_minute_are_of_the_same_year() -> None:
    """Also those of 29 February when only a part of the minute is in the future."""
    log = b"Feb 29 10:00:05 host a\nFeb 29 10:00:55 host a\nrubbish\n"
    today = datetime(2028, 2, 28, 10, 0, 30)
    sifted, every = (
        read_contents(iter([log]), "log", today, manner)
        for manner in (Manner(), Manner(every_record=True))
    )

    assert summary(sifted) == summary(every)


FOREIGN = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))


@pytest.mark.parametrize("form", range(FORMS))
@given(
    start=st.sampled_from((b"", b"[    1.000002] ", b"host kernel: [    1.000002] ")),
    texts=st.lists(FOREIGN | TEXTS.map(str.encode), max_size=5),
    end=st.sampled_from((b"", b"\r")),
)
@settings(deadline=None)
def test_a_record_of_a_stretch_is_read_as_if_it_stood_alone(
    form: int, start: bytes, texts: list[bytes], end: bytes
) -> None:
    """Also where the form has a quicker way to read it."""
    block = b"".join(
        rendered("", 1_000_000 + n, n, form) + start + text + b" vexfs" + end + b"\n"
        for n, text in enumerate((*texts, b""))
    )
    reading = Reading("log", "0123456789abcdef0123456789abcdef", TODAY)
    for stretch in StretchFinder().find(block, block.lower(), 0, len(block), reading):
        for begin, stop in stretch.named():
            assert stretch.record(begin, stop) == parse_record(block[begin : stop - 1], reading)


@pytest.mark.parametrize("form", range(FORMS))
def test_a_text_with_a_prefix_is_found_in_every_form(form: int) -> None:
    """Each kind of line behind each inner prefix, among ordinary ones."""
    texts = [prefix + each.sample for prefix in SAMPLES for each in EVIDENCE_FORMS]
    log = b"".join(
        rendered(text, 1_000_000 + n, n, form) + b"\n"
        for n, text in enumerate(each for text in texts for each in ("usb: reset", text))
        if "\n" not in text
    )
    every = read(log, (), Manner(every_record=True))

    assert summary(read(log, (), Manner())) == summary(every)
    found = [record for boot in every.boots for record in boot.records]
    meant = [entry.record for entry in interpret_records(found) if entry.evidence is not None]
    assert (meant == []) is (form in OF_PROGRAMS)
    assert [record for record in meant if not sieve().accepts(record)] == []


@given(logs())
@settings(max_examples=150, deadline=None)
def test_what_has_a_meaning_matters(log: bytes) -> None:
    """The sieve keeps each record that means anything."""
    every = read(log, (), Manner(every_record=True))
    records = [record for boot in every.boots for record in boot.records]

    meant = [entry.record for entry in interpret_records(records) if entry.meaning is not None]
    assert [record for record in meant if not sieve().accepts(record)] == []


@pytest.mark.parametrize("form", sorted({*range(FORMS)} - {*DECORATED_FORMS, *SLOW_FORMS}))
def test_ordinary_lines_are_passed_over(form: int) -> None:
    """Whatever program printed them: all but the last, which a further line may belong to."""
    lines = [rendered("usb: reset", 1_000_000 + n, n, form) + b"\n" for n in range(100)]
    first, *others = RecordDecoder("log", today=TODAY).sift(b"".join(lines))

    assert isinstance(first, Stretch)
    assert first.block[first.start : first.end] == b"".join(lines[:-1])
    assert others == []


@pytest.mark.parametrize("form", DECORATED_FORMS)
def test_what_a_whole_block_shares_is_taken_off_at_once(form: int) -> None:
    """The first line shows it; those after it are passed over like any others."""
    lines = [rendered("usb: reset", 1_000_000 + n, n, form) + b"\n" for n in range(100)]
    first, stretch, *others = RecordDecoder("log", today=TODAY).sift(b"".join(lines))

    assert isinstance(first, LogRecord)
    assert isinstance(stretch, Stretch)
    assert stretch.block.count(b"\n", stretch.start, stretch.end) == 98
    assert others == []


def test_a_stretch_has_more_than_one_minute() -> None:
    """Few lines of a log are of the same one."""
    lines = [b"Nov 29 10:%02d:00 host kernel: usb 1-1: reset\n" % n for n in range(60)]
    first, *others = RecordDecoder("log", today=TODAY).sift(b"".join(lines))

    assert isinstance(first, Stretch)
    assert first.block[first.start : first.end] == b"".join(lines[:-1])
    assert others == []


@pytest.mark.parametrize("line", [line for line in ODD if line.startswith(b"{")])
def test_an_odd_object_is_read_as_if_every_line_were_decoded(line: bytes) -> None:
    """Also between plain ones, of which it could be one."""
    plain = b"{" + PLAIN_JSON + b"}\n"
    log = plain + plain + line + b"\n" + plain + plain + plain.replace(b"77", b"78") + plain

    assert summary(read(log, (), Manner())) == summary(read(log, (), Manner(every_record=True)))


def test_a_stretch_is_of_one_boot() -> None:
    """Even if its clock goes on where that of another boot was."""
    plain = b"{" + PLAIN_JSON + b"}\n"
    found = [*RecordDecoder("log").sift(2 * plain + 2 * plain.replace(b"0" * 32, b"a" * 32))]

    assert [boot_id_of(each) for each in found if not isinstance(each, Unread)] == [
        "0" * 32,
        "a" * 32,
    ]


def test_lines_whose_numbers_jump_are_searched_once() -> None:
    """Not once for each jump: that would take time by the square of their number."""
    block = b"".join(b"6,%d,%d,-;usb 1-1: reset\n" % (2 * n, n) for n in range(100))
    reading = Reading("log", None, TODAY)
    found = StretchFinder().find(block, block.lower(), 0, len(block), reading)

    assert [each.first_sequence for each in found] == list(range(0, 200, 2))
    assert b"".join(each.block[each.start : each.end] for each in found) == block


@pytest.mark.parametrize("capture", sorted(KERNEL_LOGS.rglob("*.*")), ids=lambda path: path.name)
def test_a_real_log_is_read_as_if_every_line_were_decoded(capture: Path) -> None:
    """Captures in all forms, whole and in pieces."""
    log = capture.read_bytes()
    every = summary(read(log, (), Manner(every_record=True)))

    assert summary(read(log, (), Manner())) == every
    assert summary(read(log, range(0, len(log), 4096), Manner())) == every


@pytest.mark.parametrize("form", EVIDENCE_FORMS, ids=lambda form: form.sample[:40])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_no_line_of_a_form_is_sieved_out(form: EvidenceForm, data: st.DataObject) -> None:
    """Whatever the pattern of a form matches begins as the form declares, and is tried with it."""
    text = data.draw(st.from_regex(re.compile(form.pattern)))

    if (match := form.match(text)) is not None:
        assert sieve().accepts_text(text)
        assert form in forms_for(text)
        form.read(match)
