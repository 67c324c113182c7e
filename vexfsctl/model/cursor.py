"""A place in a log to go on from, in one word that a script can keep."""

import re
import zlib
from dataclasses import dataclass
from typing import Self

from vexfsctl.model.record import LogRecord

_NUMBER = r"0|[1-9]\d{0,19}"
_CURSOR = (
    rf"(?:b=(?P<boot_id>[0-9a-f]{{32}});)?(?:n=(?P<sequence>{_NUMBER});)?"
    rf"(?:m=(?P<uptime_us>{_NUMBER});)?(?:t=(?P<time_us>{_NUMBER});)?x=(?P<checksum>[0-9a-f]{{8}})"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after one record, by what the record says of itself."""

    boot_id: str | None
    """32 hexadecimal digits."""
    sequence: int | None
    uptime_us: int | None
    time_us: int | None
    """Unix time in microseconds, where the source gives one."""
    checksum: str
    """CRC-32 of the text, 8 hexadecimal digits."""

    @classmethod
    def after(cls, record: LogRecord) -> Self:
        """Return the place after *record*."""
        time_s = record.wall_time_s
        return cls(
            boot_id=None if record.boot_id is None else record.boot_id.replace("-", ""),
            sequence=record.sequence,
            uptime_us=record.uptime_us,
            time_us=None if time_s is None else round(time_s * 1_000_000),
            checksum=f"{zlib.crc32(record.text.encode(errors='surrogatepass')):08x}",
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes; raise ValueError."""
        match = re.fullmatch(_CURSOR, text, re.ASCII)
        if match is None:
            raise ValueError(f"not a cursor: {text!a}")
        numbers = (match[name] for name in ("sequence", "uptime_us", "time_us"))
        sequence, uptime_us, time_us = (None if n is None else int(n) for n in numbers)
        return cls(match["boot_id"], sequence, uptime_us, time_us, match["checksum"])

    def __str__(self) -> str:
        """Write it with the keys that it has, called as in journalctl: `n=7;m=18446;x=1f8bc04e`."""
        known = {
            "b": self.boot_id,
            "n": self.sequence,
            "m": self.uptime_us,
            "t": self.time_us,
            "x": self.checksum,
        }
        return ";".join(f"{key}={value}" for key, value in known.items() if value is not None)

    def is_passed_by(self, record: LogRecord) -> bool:
        """Whether *record*, which is not the one before it, was written later, as far as is known.

        What was written in another boot is judged by the date; without any common clock, no record
        is taken for later.
        """
        other = Cursor.after(record)
        same_boot = None in (self.boot_id, other.boot_id) or self.boot_id == other.boot_id
        if same_boot and self.uptime_us is not None and other.uptime_us is not None:
            return other.uptime_us > self.uptime_us
        if self.time_us is not None and other.time_us is not None:
            return other.time_us > self.time_us
        return False
