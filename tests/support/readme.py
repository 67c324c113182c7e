"""The commands that README prints, so that what runs them runs what is printed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

README = Path(__file__).parents[2] / "README.md"
_HEADING = re.compile(r"^#+ (.*)", re.MULTILINE)
_AS_ROOT = "as root"


class Command(NamedTuple):
    """One line of a block."""

    text: str
    """As it is printed, with its comment."""
    as_root: bool
    """Whether its comment says so, or one at the top of its block."""


def blocks_below(heading: str, readme: Path = README) -> list[list[Command]]:
    """Return the shell blocks between *heading* and the next one, in order."""
    return [block for found, block in blocks(readme) if found == heading]


def blocks(readme: Path = README) -> Iterator[tuple[str, list[Command]]]:
    """Yield every shell block with the heading that it stands below."""
    heading = ""
    text = readme.read_text(encoding="utf-8")
    pieces = re.split(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    # Text, language, block, text, language, block, …: no `#` within a block is a heading.
    for prose, language, block in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=False):
        heading = (_HEADING.findall(prose) or [heading])[-1]
        if language == "sh":
            yield heading, list(_commands(block))


def _commands(block: str) -> Iterator[Command]:
    root = block.startswith(f"# {_AS_ROOT}\n")
    for line in block.splitlines():
        command, _, comment = line.partition(" #")
        if command.strip() and not line.startswith("#"):
            yield Command(line, root or comment.strip() == _AS_ROOT)
