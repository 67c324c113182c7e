r"""Raw kernel log records, and /dev/kmsg itself."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import drained
from vexfsctl.exceptions import LogUnreadable, MalformedRecord
from vexfsctl.logs.formats.kmsg import (
    decode_kmsg_text,
    encode_kmsg_text,
    format_kmsg_record,
    parse_kmsg_record,
)
from vexfsctl.logs.sources.kmsg import KmsgReader, kmsg_unavailable, write_kmsg
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.model.record import LogRecord

CLEAN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_record_is_taken_apart() -> None:
    """Level, facility, number, time and text stand where the kernel puts them."""
    assert parse_kmsg_record(b"12,42,1858346513,-;VexFS: suppressed\n") == LogRecord(
        text="VexFS: suppressed",
        source="kmsg",
        uptime_us=1858346513,
        sequence=42,
        level=4,
        facility=1,
    )


def test_metadata_lines_become_fields() -> None:
    """SUBSYSTEM and DEVICE follow the text, one line each; the caller field is passed over."""
    record = parse_kmsg_record(
        b"5,341,4833120,c,caller=T1;sd 0:0:0:0: [sda] Attached SCSI disk\n"
        b" SUBSYSTEM=scsi\n DEVICE=+scsi:0:0:0:0\n",
        source="saved.kmsg",
        boot_id="33f02bf7-1e24-471d-b010-7afe6724f069",
    )

    assert record.text == "sd 0:0:0:0: [sda] Attached SCSI disk"
    assert record.fields == (("SUBSYSTEM", "scsi"), ("DEVICE", "+scsi:0:0:0:0"))
    assert (record.level, record.facility) == (5, 0)
    assert record.source == "saved.kmsg"
    assert record.boot_id == "33f02bf7-1e24-471d-b010-7afe6724f069"


def test_escapes_are_decoded() -> None:
    """Tab, newline, backslash and UTF-8 come back; what is no UTF-8 stays as written."""
    text = parse_kmsg_record(rb"6,1,0,-;a\x09b\x0ac \x5c_SB_ \xc3\xa9 \xff \x5cx41").text
    assert text == "a\tb\nc \\_SB_ é \\xff \\x41"


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"6,1,0,-",
        b"6,1,0;text",
        b"6,1,-;text",
        b"-6,1,0,-;text",
        b"6,1,0,-;text\nno metadata",
        b"6,1,0,-;text\n no metadata",
        b"6,1,0,-;text\n\n A=b",
        "\N{ARABIC-INDIC DIGIT SIX},1,0,-;text".encode(),
        b"6," + b"9" * 5000 + b",0,-;text",
        b"[    1.000000] text",
        b"\x00\x00\x006,1,0,-;text",
    ],
)
def test_what_is_no_record_is_malformed(record: bytes) -> None:
    """Anything but the kernel's form is refused."""
    with pytest.raises(MalformedRecord):
        parse_kmsg_record(record)


@given(st.binary() | st.binary().map(b"6,1,0,-;".__add__))
def test_arbitrary_bytes_raise_only_malformed_record(record: bytes) -> None:
    """Hostile bytes are a record or MalformedRecord; a text can always be encoded."""
    with suppress(MalformedRecord):
        parse_kmsg_record(record).text.encode()


@given(
    st.integers(0, 7),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**63 - 1),
    CLEAN_TEXT,
)
def test_a_written_record_is_read_again(level: int, sequence: int, usec: int, text: str) -> None:
    """Any text survives; the record is one line of printable ASCII."""
    line = format_kmsg_record(level, sequence, usec, text)

    assert line.removesuffix(b"\n").decode("ascii").isprintable()
    assert parse_kmsg_record(line) == LogRecord(
        text=text, source="kmsg", uptime_us=usec, sequence=sequence, level=level, facility=1
    )


@given(st.binary())
def test_escaping_is_what_the_kernel_does(raw: bytes) -> None:
    """Printable ASCII but the backslash stays, every other byte becomes four."""
    text = raw.decode("latin-1")
    expected = "".join(
        character if " " <= character <= "~" and character != "\\" else f"\\x{byte:02x}"
        for character in text
        for byte in character.encode()
    )
    assert encode_kmsg_text(text) == expected.encode()
    assert decode_kmsg_text(expected.encode()) == text


@given(
    st.lists(
        st.tuples(
            st.integers(0, 191),
            st.integers(0, 1 << 40),
            st.sampled_from(("-", "c", "-,caller=T12")),
            st.text(),
            st.dictionaries(st.sampled_from(("SUBSYSTEM", "DEVICE")), st.text()),
        )
    )
)
def test_records_one_after_the_other_are_a_text(
    written: list[tuple[int, int, str, str, dict[str, str]]],
) -> None:
    """To look for records in a text of them gives the same as to read each alone."""
    records = [
        f"{priority},{number},{usec},{flags};".encode()
        + encode_kmsg_text(text)
        + b"\n"
        + b"".join(f" {key}=".encode() + encode_kmsg_text(fields[key]) + b"\n" for key in fields)
        for number, (priority, usec, flags, text, fields) in enumerate(written)
    ]
    live = LiveText("kmsg", every_record=True)

    assert [*live.take(b"".join(records)), *live.finish()] == [*map(parse_kmsg_record, records)]


def test_a_missing_log_says_what_to_do(tmp_path: Path) -> None:
    """No kernel log is an unreadable log with a next step."""
    with pytest.raises(LogUnreadable) as raised:
        KmsgReader(tmp_path / "kmsg")

    assert raised.value.message == f"cannot read {tmp_path}/kmsg: No such file or directory"
    assert raised.value.hint == "pass --log FILE for a saved log"


def test_writing_where_there_is_no_log_is_an_oserror(tmp_path: Path) -> None:
    """The writer leaves it to its caller what a lost record means."""
    with pytest.raises(FileNotFoundError):
        write_kmsg("text", 6, path=tmp_path / "kmsg")


@pytest.mark.privileged("kmsg")
def test_a_restricted_log_names_the_restriction() -> None:
    """Without the right to read the kernel log the hint says which switch forbids it."""
    if Path("/proc/sys/kernel/dmesg_restrict").read_text().strip() != "1":
        pytest.skip("kernel.dmesg_restrict is off here")
    os.seteuid(65534)
    try:
        with pytest.raises(LogUnreadable) as raised:
            KmsgReader()
    finally:
        os.seteuid(0)

    assert raised.value.message == "cannot read /dev/kmsg: Operation not permitted"
    assert raised.value.hint is not None
    assert "kernel.dmesg_restrict" in raised.value.hint


@pytest.mark.privileged("kmsg")
def test_a_record_goes_through_the_kernel() -> None:
    """What is written to /dev/kmsg is read back whole, as user's, with number and time."""
    mark = secrets.token_hex(8)
    reader = KmsgReader(boot_id="this boot", every_record=True)
    try:
        drained(reader)
        write_kmsg(f'VexFS test {mark} é \\ "quoted"', 7)
        records = [record for record in drained(reader) if mark in record.text]
    finally:
        reader.close()

    assert [record.text for record in records] == [f'VexFS test {mark} é \\ "quoted"']
    assert (records[0].level, records[0].facility) == (7, 1)
    assert records[0].sequence is not None
    assert records[0].uptime_us is not None
    assert records[0].boot_id == "this boot"


@pytest.mark.privileged("kmsg")
def test_our_escapes_are_those_of_the_kernel() -> None:
    """The kernel itself hands back what `encode_kmsg_text` says, for every byte but newline."""
    mark = secrets.token_hex(8)
    text = mark + "".join(map(chr, (*range(1, 10), *range(11, 256))))
    descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.lseek(descriptor, 0, os.SEEK_END)
        write_kmsg(text, 7)
        with suppress(BlockingIOError):
            while mark.encode() not in (record := os.read(descriptor, 8192)):
                pass
    finally:
        os.close(descriptor)

    assert record.partition(b";")[2] == encode_kmsg_text(text) + b"\n"


@pytest.mark.privileged("kmsg")
def test_more_than_ten_records_at_once_are_all_kept() -> None:
    """The kernel's limit of 10 records in 5 s is per descriptor: one for each record avoids it."""
    mark = secrets.token_hex(8)
    reader = KmsgReader(every_record=True)
    try:
        drained(reader)
        for number in range(30):
            write_kmsg(f"VexFS test {mark} {number}", 7)
        texts = [record.text for record in drained(reader) if mark in record.text]
    finally:
        reader.close()

    assert texts == [f"VexFS test {mark} {number}" for number in range(30)]


@pytest.mark.privileged("kmsg")
def test_an_overlong_record_is_refused_by_the_kernel() -> None:
    """More than 1024 bytes is EINVAL: nothing is written and the caller knows."""
    with pytest.raises(OSError, match="Invalid argument"):
        write_kmsg("x" * 1100, 7)


@pytest.mark.parametrize(("setting", "usable"), [("on", True), ("ratelimit", True), ("off", False)])
def test_what_the_kernel_setting_means(tmp_path: Path, setting: str, usable: bool) -> None:
    """With `off` the kernel takes records and drops them without a word."""
    (tmp_path / "printk_devkmsg").write_text(f"{setting}\n")
    (tmp_path / "kmsg").touch()

    reason = kmsg_unavailable(tmp_path / "kmsg", tmp_path / "printk_devkmsg")

    assert (reason is None) == usable


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    """Containers often have none; an unreadable setting alone is no hindrance."""
    assert kmsg_unavailable(tmp_path / "kmsg", tmp_path / "setting") == (
        f"no permission to write {tmp_path}/kmsg"
    )
