"""Text of attribute values: what is written is read back, and nothing else is taken."""

import contextlib
from errno import EINVAL, ERANGE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.exceptions import ValueRefused
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.volume import DegradationLevel
from vexfsctl.sysfs.attributes import INJECT_ATTRIBUTES, Attribute, attributes
from vexfsctl.sysfs.values import EscapedPath, Id, Number, OrNone, ValueType, Word

ANY_TEXT = st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))
PATHS = ANY_TEXT.map(lambda text: "/" + text.replace("\0", ""))
PERCENT = Number("percent", 0, 100)


def refusal(type_: ValueType, text: str) -> int:
    """Return the errno with which *type_* refuses *text*."""
    with pytest.raises(ValueRefused) as refused:
        type_.parse(text)
    return refused.value.errno


@given(st.integers(0, 100))
def test_numbers_survive(number: int) -> None:
    """A number in range is what it was after being written and read."""
    assert PERCENT.parse(PERCENT.format(number)) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.5", "0x10", " 1", "1 ", "1\n", "one", "½", "\u0661", "1_000", "\0"]
)
def test_what_is_no_number_is_malformed(text: str) -> None:
    """Only decimal digits are a number: no sign, space, underscore, or digit of other scripts."""
    assert refusal(PERCENT, text) == EINVAL


@pytest.mark.parametrize("text", ["101", str(1 << 64), "9" * 4000])
def test_a_number_out_of_range_is_told_from_a_malformed_one(text: str) -> None:
    """Too large is ERANGE, however large."""
    assert refusal(PERCENT, text) == ERANGE


def test_leading_zeros_are_no_reason_to_refuse() -> None:
    """007 is seven, as kstrtouint(…, 10) has it."""
    assert PERCENT.parse("007") == 7


def test_a_reader_takes_numbers_out_of_range() -> None:
    """What a newer provider allows is shown, not refused."""
    assert PERCENT.interpret("250") == 250


@pytest.mark.parametrize("text", ["", "x", "-1", "9" * 21, "\udcff"])
def test_a_reader_does_not_guess_numbers(text: str) -> None:
    """What is no number is no value."""
    with pytest.raises(ValueError, match="not a number"):
        PERCENT.interpret(text)


@pytest.mark.parametrize("level", DegradationLevel)
def test_words_survive(level: DegradationLevel) -> None:
    """Each member is written as its word and read as itself."""
    type_ = Word(DegradationLevel)

    assert type_.parse(type_.format(level)) is level


@pytest.mark.parametrize("text", ["", "Open", "open ", "ope", "melted", "open\nclosed"])
def test_an_unknown_word_is_refused_from_a_writer(text: str) -> None:
    """A writer must use the words there are, exactly."""
    assert refusal(Word(BreakerState), text) == EINVAL


def test_an_unknown_word_is_kept_for_a_reader() -> None:
    """A state that a newer provider invented is shown as it stands."""
    assert Word(BreakerState).interpret("melted") == "melted"


@pytest.mark.parametrize("text", ["", "two words", "melted\udcff", "\x1b[31mopen", "x" * 65])
def test_what_is_no_word_is_not_shown_as_one(text: str) -> None:
    """Garbage is no state of a later version."""
    with pytest.raises(ValueError, match="not a word"):
        Word(BreakerState).interpret(text)


@given(PATHS)
def test_paths_survive(path: str) -> None:
    """Any path a system can have comes back, whatever bytes are in its names."""
    type_ = EscapedPath()

    assert type_.parse(type_.format(path)) == path


def test_paths_are_escaped_as_in_mountinfo() -> None:
    """White space and backslashes are octal, nothing else is."""
    assert EscapedPath().format("/mnt/a b\tc\nd\\e#ü") == r"/mnt/a\040b\011c\012d\134e#ü"


def test_a_word_may_stand_for_a_path() -> None:
    """`kmsg` is no relative path, and the only thing without a slash that is taken."""
    type_ = EscapedPath(("kmsg",))

    assert type_.parse("kmsg") == "kmsg"
    assert refusal(type_, "dmesg") == EINVAL


@given(st.integers(0, (1 << 64) - 1).map(CorrelationId) | st.none())
def test_ids_survive(identifier: CorrelationId | None) -> None:
    """An id, or the dash for none, is what it was."""
    type_ = OrNone(Id())

    assert type_.parse(type_.format(identifier)) == identifier


@given(st.sampled_from(attributes()[:80] + INJECT_ATTRIBUTES), ANY_TEXT)
def test_no_text_breaks_a_type(attribute: Attribute, text: str) -> None:
    """Whatever stands in a file, a type answers with a value or with its own refusal."""
    type_ = attribute.type
    with contextlib.suppress(ValueError):
        type_.interpret(text)
    try:
        type_.parse(text)
    except ValueRefused as refused:
        assert refused.errno in (EINVAL, ERANGE)
