"""Messages as programs print them: dmesg, /dev/kmsg, a syslog daemon, `journalctl -o json`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from random import Random

from bench.generated_logs.messages import Message

_SECOND_US = 1_000_000
_ID = "0f3b7c1e5a7c4d439d0c5b6f2a1c8e11"
_TAGGED = re.compile(r"(?P<tag>[\w-]+)(?:\[(?P<pid>\d+)\])?: (?P<text>.*)")
_ORDERS = 8
"""journalctl prints the fields of each entry in another order; so many take turns here."""


class Rendering(StrEnum):
    """What the log was printed by."""

    DMESG = "dmesg"
    KMSG = "kmsg"
    SYSLOG = "syslog"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that follow one another, with their times."""

    messages: Sequence[Message]
    stamps_us: Sequence[int]
    """Microseconds since boot, one for each message."""
    first: int
    """Number of the first message in the whole log."""
    booted: datetime

    def render(self, rendering: Rendering) -> str:
        """Return the lines that it is printed as, each with its newline."""
        return "".join(_RENDERERS[rendering](self))


def _dmesg(batch: Batch) -> Iterator[str]:
    for stamp_us, (_, text) in zip(batch.stamps_us, batch.messages, strict=True):
        yield f"{_uptime(stamp_us)} {text}\n"


def _kmsg(batch: Batch) -> Iterator[str]:
    pairs = zip(batch.stamps_us, batch.messages, strict=True)
    for number, (stamp_us, (priority, text)) in enumerate(pairs, batch.first):
        yield f"{priority},{number},{stamp_us},-;{text}\n"


def _syslog(batch: Batch) -> Iterator[str]:
    for stamp_us, (_, text) in zip(batch.stamps_us, batch.messages, strict=True):
        clock = _syslog_time(batch.booted, stamp_us // _SECOND_US)
        yield f"{clock} host kernel: {_uptime(stamp_us)} {text}\n"


def _journal(batch: Batch) -> Iterator[str]:
    orders = _journal_orders()
    booted_us = int(batch.booted.timestamp()) * _SECOND_US
    pairs = zip(batch.stamps_us, batch.messages, strict=True)
    for number, (stamp_us, message) in enumerate(pairs, batch.first):
        tag, text = _tagged(message)
        values = {
            "number": number + 1,
            "stamp": stamp_us,
            "time": booted_us + stamp_us,
            "level": message.priority & 7,
            "facility": message.priority >> 3,
            "tag": tag,
            "text": json.dumps(text),
        }
        yield orders[number % _ORDERS] % values


def _uptime(stamp_us: int) -> str:
    return f"[{stamp_us // _SECOND_US:5d}.{stamp_us % _SECOND_US:06d}]"


@lru_cache(maxsize=16)
def _syslog_time(booted: datetime, second: int) -> str:
    return f"{booted + timedelta(seconds=second):%b %e %H:%M:%S}"


def _tagged(message: Message) -> tuple[str, str]:
    """Return identifier and text as journald has them: what user space wrote loses its tag."""
    match = _TAGGED.fullmatch(message.text) if message.priority > 7 else None
    if match is None:
        return '"kernel"', message.text
    pid = "" if match["pid"] is None else f',"SYSLOG_PID":"{match["pid"]}"'
    return f'"{match["tag"]}"{pid}', match["text"]


def _journal_orders() -> tuple[str, ...]:
    fields = [
        f'"__CURSOR":"s={_ID};i=%(number)x;b={_ID};m=%(stamp)x;t=%(time)x;x=%(number)016x"',
        '"__REALTIME_TIMESTAMP":"%(time)d"',
        '"__MONOTONIC_TIMESTAMP":"%(stamp)d"',
        '"__SEQNUM":"%(number)d"',
        f'"__SEQNUM_ID":"{_ID}"',
        f'"_BOOT_ID":"{_ID}"',
        '"_MACHINE_ID":"11111111111111111111111111111111"',
        '"_HOSTNAME":"host"',
        '"_RUNTIME_SCOPE":"system"',
        '"_TRANSPORT":"kernel"',
        '"PRIORITY":"%(level)d"',
        '"SYSLOG_FACILITY":"%(facility)d"',
        '"SYSLOG_IDENTIFIER":%(tag)s',
        '"_SOURCE_MONOTONIC_TIMESTAMP":"%(stamp)d"',
        '"MESSAGE":%(text)s',
    ]
    orders = [fields, *(Random(seed).sample(fields, len(fields)) for seed in range(1, _ORDERS))]
    return tuple(f"{{{','.join(order)}}}\n" for order in orders)


_RENDERERS: Mapping[Rendering, Callable[[Batch], Iterator[str]]] = {
    Rendering.DMESG: _dmesg,
    Rendering.KMSG: _kmsg,
    Rendering.SYSLOG: _syslog,
    Rendering.JOURNAL: _journal,
}
