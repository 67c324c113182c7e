"""Log text in mixed forms, line by line into records."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import KERNEL_LOGS, record_or_none, recorded
from vexfsctl.logs.decoder import MAXIMUM_LINE, RecordDecoder
from vexfsctl.model.record import LogRecord


def decode(*chunks: bytes) -> list[LogRecord | None]:
    """Return what the decoder makes of the whole."""
    decoder = RecordDecoder("saved.log")
    items = [item for chunk in chunks for item in decoder.feed(chunk)]
    return [*map(record_or_none, (*items, *decoder.finish()))]


def test_forms_may_be_mixed() -> None:
    """Raw kmsg and both forms of dmesg text are told apart line by line."""
    items = decode(
        b"12,7,1500000,-;VexFS: one\n"
        b"[    2.000001] two\n"
        b"<4>[12345.678901] three\n"
        b"<14>[    3.000000][    T1] four\n"
    )

    assert items == [
        LogRecord("VexFS: one", "saved.log", 1500000, sequence=7, level=4, facility=1),
        LogRecord("two", "saved.log", 2000001),
        LogRecord("three", "saved.log", 12345678901, level=4),
        LogRecord("four", "saved.log", 3000000, level=6, facility=1),
    ]


@pytest.mark.parametrize("capture", ["head_normal.dmesg", "head_normal.raw"])
def test_dmesg_text_says_what_kmsg_says(capture: str) -> None:
    """A whole boot read from dmesg text has the texts and times of the same boot in raw kmsg."""
    from_kmsg = recorded("vexfs/head_normal.kmsg")
    from_text = recorded(f"vexfs/{capture}")

    assert [record.uptime_us for record in from_text] == [record.uptime_us for record in from_kmsg]
    assert [record.text for record in from_text] == [record.text for record in from_kmsg]
    if capture.endswith(".raw"):
        assert [record.level for record in from_text] == [record.level for record in from_kmsg]


def test_a_message_of_several_lines_is_one_record() -> None:
    """dmesg indents further lines to where the text began."""
    assert decode(
        b"[    4.826269] Unstable clock\n               then add\n[    5.000000] x\n"
    ) == [
        LogRecord("Unstable clock\nthen add", "saved.log", 4826269),
        LogRecord("x", "saved.log", 5000000),
    ]


def test_metadata_lines_belong_to_their_record() -> None:
    """Only directly after a raw record is ` KEY=value` metadata."""
    items = decode(b"6,1,0,-;a\n SUBSYSTEM=block\n DEVICE=b7:0\n[    1.000000] b\n DEVICE=b7:1\n")

    assert isinstance(items[0], LogRecord)
    assert items[0].fields == (("SUBSYSTEM", "block"), ("DEVICE", "b7:0"))
    assert items[2] is None


def test_metadata_without_end_is_no_metadata() -> None:
    """A record has at most 64 lines of it; what follows is torn, and quickly counted."""
    first, *torn = decode(b"6,1,0,-;a\n" + b" A=1\n" * 20_000)

    assert isinstance(first, LogRecord)
    assert len(first.fields) == 64
    assert torn == [None] * (20_000 - 64)


def test_a_byte_order_mark_is_no_part_of_a_line() -> None:
    """Editors of other systems put one at the beginning of a file."""
    assert decode(b"\xef\xbb\xbf[    1.000000] a\r\n\xef\xbb\xbf[    2.000000] b\r\n") == [
        LogRecord("a", "saved.log", 1_000_000),
        LogRecord("b", "saved.log", 2_000_000),
    ]


def test_torn_lines_are_counted_one_by_one() -> None:
    """Rubbish gives None for each line; blank lines are nothing, and CRLF is an end of line."""
    items = decode(b"12,0,1,-;one\r\ntorn li\n\n\x00\x01\xff\n12,1,2,-;two")

    assert [item.text if item else None for item in items] == ["one", None, None, "two"]


def test_a_line_without_end_is_given_up() -> None:
    """A megabyte without a newline is one torn line and is not kept in memory."""
    junk = b"x" * (MAXIMUM_LINE // 2 + 1)

    items = decode(*[junk] * 32, b"\n12,0,1,-;next\n")

    assert [item.text if item else None for item in items] == [None, "next"]


def test_a_last_overlong_line_is_counted() -> None:
    """It does not vanish because no newline comes any more."""
    assert decode(b"x" * (MAXIMUM_LINE + 1)) == [None]


LINES = st.lists(
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))
    | st.sampled_from(
        [
            b"12,7,1500000,-;VexFS: one",
            b" DEVICE=b7:0",
            b"[    2.000001] two",
            b"<4>[    2.000001] three",
            b"               more",
            b"",
        ]
    )
)


@given(LINES)
def test_every_line_is_accounted_for(lines: list[bytes]) -> None:
    """Records, their further lines, torn lines and blank lines add up to what was read."""
    items = decode(b"\n".join(lines))

    further = sum(len(item.fields) + item.text.count("\n") for item in items if item is not None)
    empty = sum(line.removeprefix(codecs.BOM_UTF8).strip() == b"" for line in lines)
    assert len(items) + further + empty == len(lines)


@given(LINES, st.data())
def test_chunks_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    """However the bytes come in pieces, the records are the same."""
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    assert decode(*pieces) == decode(whole)


def test_a_waiting_record_can_be_had_early() -> None:
    """A follower does not wait for the line after to show a record."""
    decoder = RecordDecoder("saved.log", boot_id="b")
    assert list(decoder.feed(b"12,0,1,-;one\n12,1,")) == []
    assert list(decoder.settle()) == [
        LogRecord("one", "saved.log", 1, sequence=0, level=4, facility=1, boot_id="b")
    ]
    assert list(decoder.feed(b"2,-;two\n")) == []
    assert [item and item.text for item in map(record_or_none, decoder.finish())] == ["two"]


def test_the_captures_are_read_without_a_torn_line() -> None:
    """Every line of every real capture is a record or part of one."""
    for path in KERNEL_LOGS.rglob("*.*"):
        if path.suffix != ".md":
            assert None not in decode(path.read_bytes()), path
