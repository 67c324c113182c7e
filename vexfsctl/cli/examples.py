"""Examples of a command, fitted to the width of what they are shown on.

They are written one a line, the command and behind it what it is for. Where that is too wide,
what it is for stands below, and a command that is still too wide goes on behind a backslash, so
that it can be copied as it stands.
"""

import re
from collections.abc import Iterator

_EXAMPLE = re.compile(r"(?P<command>  \S(?:.*?\S)?)(?: {2,}(?P<purpose>\S.*))?")
_BELOW = " " * 6


def fit_examples(examples: str, width: int) -> str:
    """Return *examples* with no line longer than *width*, as far as words allow."""
    lines = examples.splitlines()
    if all(len(line) <= width for line in lines):
        return examples
    return "\n".join(fitted for line in lines for fitted in _fit_line(line, width))


def _fit_line(line: str, width: int) -> Iterator[str]:
    match = _EXAMPLE.fullmatch(line)
    if match is None:
        yield line
        return
    yield from _continued(match["command"], width)
    if match["purpose"] is not None:
        yield _BELOW + match["purpose"]


def _continued(command: str, width: int) -> Iterator[str]:
    while len(command) > width:
        # Behind a space that is no part of the indentation; two characters go to the backslash.
        end = command.rfind(" ", len(_BELOW), width - 1)
        if end < 0:
            break
        yield f"{command[:end]} \\"
        command = _BELOW + command[end + 1 :]
    yield command
