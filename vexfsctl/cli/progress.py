"""Progress of long work: one line on standard error, on a terminal only, erased at its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vexfsctl.cli.context import AppContext
from vexfsctl.recovery.device.target import Progress
from vexfsctl.render.escape import escape_text

_ERASE = "\r\x1b[K"
_WIDTH = 78
"""A line that wraps could not be erased; hardly a terminal is narrower."""


@contextmanager
def progress_line(app: AppContext) -> Iterator[Progress]:
    """Hand out what is to be told how far the work is; say nothing under `--quiet`."""
    stderr = app.surroundings.stderr
    shown = stderr.isatty() and not app.quiet and app.surroundings.environ.get("TERM") != "dumb"

    def write(text: str) -> None:
        # The work must not fail for want of somebody to watch it.
        with suppress(OSError):
            stderr.write(text)
            stderr.flush()

    def tell(what: str, done: int, total: int) -> None:
        if shown:
            share = done * 100 // total if total else 0
            write(_ERASE + f"{escape_text(what)} {share} %"[:_WIDTH])

    try:
        yield tell
    finally:
        if shown:
            write(_ERASE)
