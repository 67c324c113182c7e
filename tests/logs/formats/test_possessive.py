"""Repetitions that do not go back."""

import re

import pytest

from vexfsctl.logs.formats.possessive import possessive


@pytest.mark.parametrize(
    ("group", "repeat", "text", "end"),
    [
        ("ab?c", "+", "acaca", 4),
        ("ab?c", "+", "aca", 2),
        ("ab?c", "*", "ab", 0),
        (" ?x", "?", "xx", 1),
        ("a|b?c", "{1,2}", "abca", 3),
    ],
)
def test_a_round_that_fails_leaves_the_rounds_before_it(
    group: str, repeat: str, text: str, end: int
) -> None:
    """The match ends with the last whole round, whatever the last attempt went through."""
    match = re.match(possessive(group, repeat), text)

    assert match is not None
    assert match.end() == end


def test_there_is_no_way_back() -> None:
    """What a repetition has taken, what follows cannot have."""
    assert re.fullmatch(possessive("ab?", "+") + "b", "ab") is None
    assert re.fullmatch(possessive("[ab]c?", "*") + "b", "acb") is None
