"""The kinds of generated logs, and how they are written: in batches, so that any size will do.

A log begins at boot, as that of a host that lost nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from random import Random

from bench.generated_logs.kernel import ordinary_messages, storm_messages
from bench.generated_logs.messages import Message
from bench.generated_logs.older_builds import older_messages
from bench.generated_logs.own import own_messages
from bench.generated_logs.renderings import Batch, Rendering

BOOTED = datetime(2026, 2, 1, 10, tzinfo=UTC)
"""When the host of a log was booted, unless told otherwise; then the log begins."""

_LINES = 4_000
"""In a batch: half a percent of it is a whole number."""
_STEPS, _TIES = 1_000, 20
"""So many different waits between two messages, and how many of them are none."""


class Kind(StrEnum):
    """What a log is full of."""

    SPARSE = "sparse"
    """Ordinary lines; one in two hundred is of VexFS, of ours or of older builds."""
    DENSE = "dense"
    """Three of five lines are of older builds of VexFS."""
    OWN = "own"
    """Nothing but records of our format: the file that a driver writes."""
    STORM = "storm"
    """Nine of ten lines are errors of a disk; one in a hundred of these is a record of VexFS."""


@dataclass(frozen=True, slots=True)
class GeneratedLog:
    """A log that was written."""

    path: Path
    lines: int
    size: int
    """Bytes."""
    ends: datetime
    """Time of the last record."""


@dataclass(frozen=True, slots=True)
class _Mixture:
    messages: Callable[[Random], Iterator[Message]]
    share: float
    """Of all lines; the others are ordinary ones."""
    step_us: int
    """Mean time from one message to the next."""


def write_log(
    path: Path,
    kind: Kind,
    rendering: Rendering,
    size: int,
    *,
    seed: int = 0,
    booted: datetime = BOOTED,
) -> GeneratedLog:
    """Write whole lines of at most *size* bytes to *path*, the same for the same arguments.

    A smaller log is the beginning of a larger one, and all renderings hold the same messages.
    """
    lines, written, last_us = 0, 0, 0
    with path.open("wb") as file:
        for batch in _batches(kind, seed, booted):
            text = batch.render(rendering).encode("ascii")
            fitting = text[: text.rfind(b"\n", 0, size - written) + 1]
            if count := fitting.count(b"\n"):
                last_us = batch.stamps_us[count - 1]
            lines += count
            written += file.write(fitting)
            if len(fitting) < len(text):
                break
    return GeneratedLog(path, lines, written, booted + timedelta(microseconds=last_us))


def _batches(kind: Kind, seed: int, booted: datetime) -> Iterator[Batch]:
    mixture, rng = _MIXTURES[kind], Random(f"{kind} {seed}")
    messages = mixture.messages(rng)
    waits = [0] * _TIES + [rng.randrange(1, 2 * mixture.step_us) for _ in range(_STEPS - _TIES)]
    first, last_us = 0, 0
    while True:
        lines = ordinary_messages(rng, _LINES) if mixture.share < 1 else [_NOTHING] * _LINES
        for place in sorted(rng.sample(range(_LINES), round(mixture.share * _LINES))):
            lines[place] = next(messages)
        stamps_us = list(accumulate(rng.choices(waits, k=_LINES - 1), initial=last_us))
        yield Batch(lines, stamps_us, first, booted)
        first, last_us = first + _LINES, stamps_us[-1] + rng.choice(waits)


def _own_and_older_messages(rng: Random) -> Iterator[Message]:
    sources = own_messages(rng), older_messages(rng)
    while True:
        yield next(rng.choice(sources))


_NOTHING = Message(0, "")
_MIXTURES = {
    Kind.SPARSE: _Mixture(_own_and_older_messages, 0.005, 300_000),
    Kind.DENSE: _Mixture(older_messages, 0.6, 100_000),
    Kind.OWN: _Mixture(own_messages, 1.0, 300_000),
    Kind.STORM: _Mixture(storm_messages, 0.9, 20_000),
}
