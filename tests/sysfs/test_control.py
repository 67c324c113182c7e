"""The command language of breaker/control, from both ends."""

from errno import EINVAL, ERANGE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.exceptions import ValueRefused
from vexfsctl.model.breaker import TIMED_ACTIONS, BreakerAction, BreakerCommand
from vexfsctl.sysfs.control import Reason, format_breaker_command, parse_breaker_command
from vexfsctl.sysfs.values import OrNone

NUMBERS = st.integers(1, (1 << 32) - 1)


@st.composite
def commands(draw: st.DrawFn) -> BreakerCommand:
    """Any command that means something."""
    action = draw(st.sampled_from(BreakerAction))
    for_ms = draw(st.none() | NUMBERS) if action in TIMED_ACTIONS else None
    reason = draw(st.none() | st.text(st.characters(codec="utf-8"), max_size=17))
    return BreakerCommand(action, for_ms, draw(st.none() | st.integers(0, 2**64 - 1)), reason)


@given(commands())
def test_commands_survive(command: BreakerCommand) -> None:
    """What an operator asks for is what the provider reads, reason included."""
    assert parse_breaker_command(format_breaker_command(command)) == command


@given(st.text(st.characters(codec="utf-8")))
def test_a_reason_is_one_line_of_the_tree(reason: str) -> None:
    """As an attribute it comes back whole, and is never taken for none."""
    text = OrNone(Reason()).format(reason)

    assert not {"\n", "\0"} & set(text)
    assert OrNone(Reason()).interpret(text) == reason


def test_a_whole_command_reads_as_specified() -> None:
    """Parts stand in the order of the specification, the reason quoted."""
    command = BreakerCommand(BreakerAction.TRIP, 900_000, 7, 'disk "a"\nis \\ out')

    assert format_breaker_command(command) == (
        r'trip for 900000 if-generation 7 reason="disk \"a\"\x0ais \\ out"'
    )


@pytest.mark.parametrize(
    ("text", "errno"),
    [
        ("", EINVAL),
        ("open", EINVAL),
        ("observer", EINVAL),
        ("enable for 5", EINVAL),
        ("TRIP", EINVAL),
        (" trip", EINVAL),
        ("trip now", EINVAL),
        ("trip for", EINVAL),
        ("trip for x", EINVAL),
        ("trip for -5", EINVAL),
        ("trip for 0", ERANGE),
        ("trip for 4294967296", ERANGE),
        ("reset for 5", EINVAL),
        ("reset if-generation 7 for 5", EINVAL),
        ("reset if-generation", EINVAL),
        ("reset if-generation 18446744073709551616", ERANGE),
        ("reset reason=unquoted", EINVAL),
        ('reset reason="open', EINVAL),
        ('reset reason="a" "b"', EINVAL),
        (r'reset reason="\n"', EINVAL),
        (r'reset reason="\xZZ"', EINVAL),
        ("reset\nreset", EINVAL),
        ("reset\0", EINVAL),
        (f'reset reason="{"x" * 513}"', EINVAL),
        (f'reset reason="{"ü" * 37}"', EINVAL),
        ("trip" + " for" * 900, EINVAL),
        ("trip" + " " * 4000 + "x", EINVAL),
    ],
)
def test_what_is_no_command_is_refused(text: str, errno: int) -> None:
    """Anything else is refused as a whole, and number ranges are told apart."""
    with pytest.raises(ValueRefused) as refused:
        parse_breaker_command(text)
    assert refused.value.errno == errno


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    """A write is either a command or refused."""
    try:
        parse_breaker_command(text)
    except ValueRefused as refused:
        assert refused.errno in (EINVAL, ERANGE)


def test_a_command_no_provider_takes_is_not_sent() -> None:
    """The writing end refuses what the reading end would."""
    said = "`for` goes with trip, disable, observe, not with reset"
    with pytest.raises(ValueRefused, match=said):
        format_breaker_command(BreakerCommand(BreakerAction.RESET, for_ms=5))
    with pytest.raises(ValueRefused, match="too long"):
        format_breaker_command(BreakerCommand(BreakerAction.RESET, reason="x" * 513))
