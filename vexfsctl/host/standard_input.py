"""Text pasted into standard input."""

from collections.abc import Iterator

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.host.host import Host
from vexfsctl.logs.files.stream import read_stream

MOST_INPUT = 1 << 20
"""Bytes that are read: this is for pasted lines; `log` and `trace` read whole logs."""


def read_standard_input(host: Host) -> str:
    """Return the text of standard input, at most `MOST_INPUT` bytes; raise LogUnreadable."""
    if host.stdin is None:
        raise LogUnreadable("cannot read standard input: it is closed")
    chunks = _bounded(read_stream(host.stdin, host.deadlines.source_s))
    return b"".join(chunks).decode(errors="backslashreplace")


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    room = MOST_INPUT
    for chunk in chunks:
        yield chunk[:room]
        room -= len(chunk)
        if room <= 0:
            return
