"""Records that several sources have, each once: the kernel's log, the journal and a syslog file.

Two records are the same if their boot, sequence, writer, uptime and text agree as far as both
sources say them, without an uptime by Unix time and text. Equal records of one source are not
duplicates: what a source has twice is shown twice, whatever the others have. Nor is one that may be
anybody's (`loose`) the same as one that is not: it must not hide what the kernel said.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from vexfsctl.logs.reading.boots import plain_id
from vexfsctl.model.record import LogRecord


class _Identity(NamedTuple):
    """What else than time and text tells one record from another; None: its source does not say."""

    boot_id: str | None
    sequence: int | None
    facility: int | None

    def is_same(self, other: "_Identity") -> bool:
        """Whether neither boot, nor sequence, nor writer speaks against it."""
        return all(None in pair or pair[0] == pair[1] for pair in zip(self, other, strict=True))


class _Seen(NamedTuple):
    """A record that was shown, and which sources have it."""

    identity: _Identity
    sources: set[int]


class Shown:
    """The records that were shown so far."""

    def __init__(self) -> None:
        self._known: dict[int, list[_Seen]] = {}

    def take(self, records: Iterable[tuple[int, LogRecord]]) -> Iterator[LogRecord]:
        """Yield those once that several sources have; each comes with the number of its source.

        One that has no time at all is never a duplicate.
        """
        for source, record in records:
            time = record.wall_time_s if record.uptime_us is None else record.uptime_us
            if time is not None:
                # Hashes: the texts of a large log would need much memory.
                seen = self._known.setdefault(hash((time, record.text, record.loose)), [])
                identity = _Identity(
                    plain_id(record.boot_id) or None, record.sequence, record.facility
                )
                if _is_known(seen, source, identity):
                    continue
                seen.append(_Seen(identity, {source}))
            yield record

    def forget_older(self, most: int) -> None:
        """Forget all but about the last *most* of them."""
        for key in [*islice(self._known, max(0, len(self._known) - most))]:
            del self._known[key]


def _is_known(seen: list[_Seen], source: int, identity: _Identity) -> bool:
    """Whether another source had it, in which case this source has it now, too."""
    for each in seen:
        if source not in each.sources and each.identity.is_same(identity):
            each.sources.add(source)
            return True
    return False
