"""A cursor says where in a log a record stands, and survives being written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.cursor import Cursor
from vexfsctl.model.record import LogRecord

BOOT = "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11"
NUMBERS = st.none() | st.integers(0, 2**63)


def record(uptime_us: int | None = 5, **others: object) -> LogRecord:
    """Return a record with these properties."""
    return LogRecord(text="VexFS: x", source="kmsg", uptime_us=uptime_us, **others)  # type: ignore[arg-type]


def test_it_is_one_word() -> None:
    """With what the record has, and a checksum of its text."""
    full = record(boot_id=BOOT, sequence=7, wall_time_s=1_787_306_383.018)

    assert str(Cursor.after(full)) == (
        "b=0f3b7c1e5a7c4d439d0c5b6f2a1c8e11;n=7;m=5;t=1787306383018000;x=24397989"
    )
    assert str(Cursor.after(record(None))) == "x=24397989"


@given(
    st.builds(
        LogRecord,
        text=st.text(),
        source=st.just("x"),
        uptime_us=NUMBERS,
        sequence=NUMBERS,
        boot_id=st.none() | st.uuids().map(str),
        wall_time_s=st.none() | st.floats(0, 4e9),
    )
)
def test_it_can_be_read_again(written: LogRecord) -> None:
    """Whatever the record has."""
    cursor = Cursor.after(written)
    assert Cursor.parse(str(cursor)) == cursor


@given(
    st.text() | st.from_regex(r"(b=[0-9a-f]*;)?(n=\d*;)?(m=\d*;)?(x=[0-9a-f]*)?", fullmatch=True)
)
def test_anything_else_is_none(text: str) -> None:
    """Refused, never misunderstood."""
    try:
        cursor = Cursor.parse(text)
    except ValueError as cause:
        assert str(cause) == f"not a cursor: {text!a}"
    else:
        assert str(cursor) == text


@pytest.mark.parametrize(
    ("later", "passed"),
    [
        (record(6), True),
        (record(5), False),
        (record(4), False),
        (record(6, boot_id=BOOT), True),
        (record(6, boot_id="1" * 32), False),
        (record(2, boot_id="1" * 32, wall_time_s=101.0), True),
        (record(2, boot_id="1" * 32, wall_time_s=99.0), False),
        (record(None, wall_time_s=101.0), True),
        (record(None), False),
    ],
)
def test_what_was_written_later(later: LogRecord, passed: bool) -> None:
    """By uptime in the same boot, by date in another; without either nobody can say."""
    cursor = Cursor.after(record(5, boot_id=BOOT, wall_time_s=100.0))
    assert cursor.is_passed_by(later) is passed
