import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.hints import HintKind, RecoveryHint, hints_from_flags


def test_flags_are_those_of_the_header() -> None:
    """VEXFS_RECOVERY_* of vexfs_ffi.h, 0x01 to 0x40, under the log's words."""
    assert {str(kind): kind.flag for kind in HintKind} == {
        "retry": 0x01,
        "use_fallback": 0x02,
        "invalidate_cache": 0x04,
        "reduce_scope": 0x08,
        "read_only": 0x10,
        "restart": 0x20,
        "manual": 0x40,
    }


@given(flags=st.integers(0, 0x7F))
def test_a_flag_word_and_its_hints_say_the_same(flags: int) -> None:
    """Every word of the seven bits is the sum of the hints read from it."""
    assert sum(kind.flag for kind in hints_from_flags(flags)) == flags


@pytest.mark.parametrize("flags", [0x80, 0x1FF, -1])
def test_bits_without_meaning_are_refused(flags: int) -> None:
    """A flag word with an unknown bit is of a later version, and not guessed at."""
    with pytest.raises(ValueError, match="bits beyond 0x7f"):
        hints_from_flags(flags)


@given(kind=st.sampled_from(HintKind), delay_ms=st.integers(0, 999_999_999))
def test_a_hint_is_read_as_it_is_written(kind: HintKind, delay_ms: int) -> None:
    """`retry:500` and the bare words read back to the same hint."""
    hint = RecoveryHint(kind, delay_ms if kind is HintKind.RETRY else None)

    assert RecoveryHint.from_word(str(hint)) == hint


@pytest.mark.parametrize(
    "word",
    [
        "",
        "retry",
        "retry:",
        "retry:-1",
        "retry:\u0665",
        "retry:" + "9" * 5000,
        "manual:1",
        "Retry:1",
    ],
)
def test_what_is_no_hint_is_refused(word: str) -> None:
    """Only `retry` has a delay, and it always has one; anything else raises ValueError."""
    with pytest.raises(ValueError, match=r"not a hint|not a valid HintKind"):
        RecoveryHint.from_word(word)
