import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.correlation import (
    CorrelationId,
    CorrelationSource,
    matches_suffix,
    parse_id_suffix,
)

ids = st.integers(0, 2**64 - 1).map(CorrelationId)


@given(identifier=ids)
def test_an_id_is_read_as_it_is_written(identifier: CorrelationId) -> None:
    """All 64 bits survive text, in every way of making text of it."""
    assert str(identifier) == repr(identifier) == f"{identifier}"
    assert CorrelationId.parse(str(identifier)) == identifier
    assert pickle.loads(pickle.dumps(identifier)) == identifier


def test_an_id_is_written_as_everywhere_in_vexfs() -> None:
    """`CORR-` and sixteen upper-case hex digits."""
    assert str(CorrelationId(0x6F1C93A20000002A)) == "CORR-6F1C93A20000002A"
    assert str(CorrelationId(1)) == "CORR-0000000000000001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CORR-",
        "6F1C93A20000002A",
        "CORR-6f1c93a20000002a",
        "CORR-6F1C93A20000002",
        "CORR-6F1C93A20000002AA",
        "CORR-6F1C93A20000002A\n",
        "CORR-+F1C93A20000002A",
        "CORR-6F1C_3A20000002A",
    ],
)
def test_only_the_full_form_is_an_id(text: str) -> None:
    """A log is read strictly: anything but the written form raises ValueError."""
    with pytest.raises(ValueError, match="not a correlation id"):
        CorrelationId.parse(text)


@given(identifier=ids, length=st.integers(2, 16), lower=st.booleans(), prefix=st.booleans())
def test_a_person_may_type_any_end_of_an_id(
    identifier: CorrelationId, length: int, lower: bool, prefix: bool
) -> None:
    """Two digits or more, either case, with or without `CORR-`."""
    typed = "CORR-" * prefix + str(identifier)[-length:]
    typed = typed.lower() if lower else typed

    assert matches_suffix(identifier, parse_id_suffix(typed))


@given(identifier=ids, other=ids)
def test_a_whole_id_matches_itself_alone(identifier: CorrelationId, other: CorrelationId) -> None:
    """With all sixteen digits nothing is ambiguous."""
    whole = parse_id_suffix(str(identifier))

    assert matches_suffix(other, whole) == (identifier == other)


@pytest.mark.parametrize(
    "text", ["", "A", "CORR-", "CORR-A", "2G", "0x2A", "6F1C93A20000002A0", "2A 2B", "-2A"]
)
def test_less_than_two_digits_name_nothing(text: str) -> None:
    """One digit, no hex, or more than an id has raise ValueError."""
    with pytest.raises(ValueError, match="not a correlation id"):
        parse_id_suffix(text)


@given(random62=st.integers(0, 2**62 - 100))
def test_ids_rise_from_the_number_drawn(random62: int) -> None:
    """An id is 2^62 + random + counter."""
    source = CorrelationSource(random62)

    assert [source.draw() for _ in range(3)] == [2**62 + random62 + step for step in range(3)]


def test_the_first_digit_is_4_to_7_even_where_the_counter_wraps() -> None:
    """Our ids never look like those of earlier providers, which count from 1."""
    source = CorrelationSource(2**62 - 1)

    assert [str(source.draw()) for _ in range(2)] == [
        "CORR-7FFFFFFFFFFFFFFF",
        "CORR-4000000000000000",
    ]
    assert str(CorrelationSource().draw())[5] in "4567"


def test_threads_never_draw_the_same_id() -> None:
    """One source serves all threads of a driver."""
    source = CorrelationSource()
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: [source.draw() for _ in range(2_000)], range(8)))

    assert len({identifier for part in drawn for identifier in part}) == 16_000


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_draws_afresh() -> None:
    """A child does not continue its parent's ids: they would mean two different calls."""
    source = CorrelationSource()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(source.draw()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    drawn = CorrelationId.parse(os.read(reading, 64).decode())
    os.close(reading)
    os.close(writing)

    assert abs(drawn - source.draw()) > 1_000
