"""Log text into records and events, and back, beside the least that could be done with it.

The peers undo no escapes, check nothing and make no values: they are the floor.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from structlog.processors import LogfmtRenderer

from bench.measure import Comparison
from tests.guard.volume import ALWAYS_EIO, GuardedVolume
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.grammar import format_event, parse_event
from vexfsctl.model.events import Event
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

_KERNEL_LOGS = Path(__file__).parents[1] / "tests/data/kernel-logs"
_RECORD = re.compile(rb"^(\d+),(\d+),(\d+),([^;\n]*);(.*)", re.MULTILINE)
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure."""
    kernel = b"".join(path.read_bytes() for path in _KERNEL_LOGS.rglob("*.kmsg"))
    lines = len(kernel.splitlines())
    events = _events()
    texts = [format_event(event) for event in events]
    values = [{key: value.strip('"') for key, value in _PAIR.findall(text)} for text in texts]
    render = LogfmtRenderer()
    yield Comparison(
        f"records: {lines} lines of raw kmsg",
        {
            "vexfsctl RecordDecoder": lambda: _decode(kernel),
            "regex, lists of bytes": lambda: _RECORD.findall(kernel),
        },
    )
    yield Comparison(
        f"records: {len(texts)} texts of VexFS into events",
        {
            "vexfsctl parse_event": lambda: [parse_event(text) for text in texts],
            "regex, dicts of strings": lambda: [dict(_PAIR.findall(text)) for text in texts],
        },
    )
    yield Comparison(
        f"records: {len(events)} events of VexFS into text",
        {
            "vexfsctl format_event": lambda: [format_event(event) for event in events],
            # It empties the dict that it is given.
            f"structlog {version('structlog')} LogfmtRenderer": lambda: [
                render(None, "", pairs.copy()) for pairs in values
            ],
            "join of f-strings": lambda: [
                " ".join([f"{key}={value}" for key, value in pairs.items()]) for pairs in values
            ],
        },
    )


def _events() -> list[Event]:
    """Return what the engine reports while a device fails, the breaker opens, and it heals."""
    volume = GuardedVolume()
    for _ in range(4):
        with suppress(OSError):
            volume.read(ALWAYS_EIO)
    volume.pass_time(60)
    for _ in range(3):
        volume.read(lambda: None)
    return volume.events


def _decode(text: bytes) -> list[LogRecord | Unread]:
    decoder = RecordDecoder("bench")
    return [*decoder.feed(text), *decoder.finish()]
