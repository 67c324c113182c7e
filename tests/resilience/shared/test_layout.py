"""The bytes of a breaker file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vexfsctl.resilience import BreakerState
from vexfsctl.resilience.shared.layout import (
    MOST_PLACES,
    RECORD_SIZE,
    Holder,
    Lease,
    Record,
    copy_of,
    pack_record,
    parse_record,
    word_of,
)

_NUMBERS = st.integers(0, 2**63 - 1)
_SMALL = st.integers(0, 2**32 - 1)
_TEXTS = st.none() | st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=15
)
_LEASES = st.builds(Lease, _NUMBERS, st.builds(Holder, _SMALL, _NUMBERS, _NUMBERS), _NUMBERS)
RECORDS = st.builds(
    Record,
    sequence=st.integers(1, 2**59),
    state=st.sampled_from(BreakerState),
    generation=_NUMBERS,
    trips=_NUMBERS,
    opened=_SMALL,
    opened_ns=_NUMBERS,
    began_ns=_NUMBERS,
    until_ns=st.none() | _NUMBERS,
    by=st.sampled_from(["outcome", "timer", "operator"]),
    rule=st.sampled_from([None, "failures", "half_open", "at_once"]),
    reason=_TEXTS,
    author=_TEXTS,
    cause=_TEXTS,
    successes=_SMALL,
    first=_NUMBERS,
    limit=_SMALL,
    within_ns=_NUMBERS,
    open_ns=_NUMBERS,
    leases=st.lists(_LEASES, max_size=MOST_PLACES).map(tuple),
)


@settings(max_examples=25)
@given(RECORDS)
def test_record_is_read_as_it_was_written(record: Record) -> None:
    """What is packed is parsed as the same record."""
    assert parse_record(pack_record(record)) == record


@settings(max_examples=25)
@given(RECORDS, st.integers(0, RECORD_SIZE * 8 - 1))
def test_one_wrong_bit_is_noticed(record: Record, bit: int) -> None:
    """A record in which any bit is wrong is none."""
    data = bytearray(pack_record(record))
    data[bit // 8] ^= 1 << bit % 8
    assert parse_record(bytes(data)) is None


@settings(max_examples=25)
@given(st.binary(max_size=RECORD_SIZE + 8))
def test_foreign_bytes_are_no_record(data: bytes) -> None:
    """Bytes that nobody packed are no record, and no exception."""
    assert parse_record(data) is None


def test_text_is_cut_between_characters() -> None:
    """A reason that is too long is cut, and never in the middle of a character."""
    read = parse_record(pack_record(Record(1, reason="ä" * 65 + "b")))
    assert read is not None
    assert read.reason == "ä" * 64


@pytest.mark.parametrize("copy", [0, 1])
@pytest.mark.parametrize("state", BreakerState)
def test_word_names_the_copy(state: BreakerState, copy: int) -> None:
    """A state word says which copy is valid, fits into eight bytes, and is never 0."""
    word = word_of(Record(2**59, state), copy)
    assert (copy_of(word), 0 < word < 2**64) == (copy, True)


def test_no_two_records_have_one_word() -> None:
    """Each record that follows another has another word, whatever it is about."""
    words = {word_of(Record(each, state), 0) for each in (1, 2, 3) for state in BreakerState}
    assert len(words) == 18
