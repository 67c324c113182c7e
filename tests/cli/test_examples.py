"""Examples as they are shown on narrow terminals."""

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.cli.command import fit_examples

EXAMPLES = """\
Examples:
  vexfsctl lab up                          a volume of its own
  vexfsctl lab inject write --offset 1MiB --count 3
  vexfsctl lab down"""


def test_examples_that_fit_stay_as_they_are() -> None:
    """One a line, with what they are for behind them."""
    assert fit_examples(EXAMPLES, 80) == EXAMPLES


def test_what_an_example_is_for_goes_below_where_there_is_no_room() -> None:
    """In all of them alike; a long command is continued as a shell reads it."""
    assert fit_examples(EXAMPLES, 40) == (
        "Examples:\n"
        "  vexfsctl lab up\n"
        "      a volume of its own\n"
        "  vexfsctl lab inject write --offset \\\n"
        "      1MiB --count 3\n"
        "  vexfsctl lab down"
    )


@given(
    words=st.lists(st.text("ab'-|>", min_size=1, max_size=12), min_size=1, max_size=30),
    width=st.integers(20, 100),
)
def test_a_continued_command_is_the_same_command(words: list[str], width: int) -> None:
    """No word is lost or torn, and every line fits."""
    command = " ".join(words)

    lines = fit_examples(f"  {command}", width).splitlines()

    assert " ".join(line.removesuffix("\\").strip() for line in lines) == command
    assert max(map(len, lines)) <= width
