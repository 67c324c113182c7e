"""Where the records of one volume go: to the kernel log, or a file in the same raw kmsg form."""

import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from vexfsctl.exceptions import ActionFailed
from vexfsctl.guard.records import Receipt
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.grammar import event_level, format_event
from vexfsctl.logs.sources.kmsg import kmsg_unavailable
from vexfsctl.logs.writing import FinishedRecord, KmsgFileWriter, KmsgWriter, RecordWriter
from vexfsctl.model.clock import Clock
from vexfsctl.model.events import Event
from vexfsctl.system.directories import default_file

CALLS_ROOM = 1024
"""Records of calls that may wait before no further call is recorded. A call has up to two for each
attempt, and the rate limit lets 20 calls pass in 5 s, so this is half a minute of a log that hangs
and, with calls that have begun, less than a megabyte."""
RESERVE = 256
"""Records of everything else that may wait: state, breakers, operators, recovery."""
LOG_BOUND_S = 2.0
"""How long a stop waits for the last records to be written."""
_OPERATORS_PART = 16
"""What of it is left to the engine when operators are refused: it cannot put off a change."""


def open_records(target: str | None, volume: str, clock: Clock) -> "RecordLog":
    """Open the log of *volume*: `kmsg`, a path, or None for the kernel log if that works.

    Raises ActionFailed if a log that was named cannot be written.
    """
    if target is None:
        target = SOURCE_NAME if kmsg_unavailable() is None else str(default_file(volume))
    if target == SOURCE_NAME:
        reason = kmsg_unavailable()
        if reason is not None:
            raise ActionFailed(f"cannot write to the kernel log: {reason}", hint="--log-to FILE")
        return RecordLog(SOURCE_NAME, KmsgWriter(), clock)
    path = Path(os.path.realpath(target))
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        return RecordLog(str(path), KmsgFileWriter(path), clock)
    except OSError as cause:
        raise ActionFailed(
            f"cannot write the log {path}: {cause.strerror}", hint="--log-to FILE puts it elsewhere"
        ) from cause


class RecordLog:
    """The log of one volume: takes events from any thread and writes their records from its own.

    So a log that hangs delays no call. Records wait in the order in which they were taken. Those of
    calls have room for `CALLS_ROOM`: a failing call that begins when it is used up has no records
    at all, and one that has begun is told to its end. All others have room of their own.
    """

    def __init__(self, name: str, writer: RecordWriter, clock: Clock) -> None:
        self.name = name
        """`kmsg` or the path, as the attribute `log` shows it."""
        self._writer = writer
        self._now_ns = clock.now_ns
        self._changed = threading.Condition()
        self._waiting: deque[tuple[FinishedRecord, Receipt | None]] = deque()
        self._of_calls = 0
        """How many of those that wait are of calls."""
        self._sequence = 0
        self._reopening = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self._thread.start()

    def admit(self) -> bool:
        """Whether the records of another failing call can be taken; if not, a number is left out.

        The numbers then show a reader of the file that something is missing.
        """
        with self._changed:
            admitted = self._of_calls < CALLS_ROOM
            self._sequence += not admitted
            return admitted

    def has_reserve(self) -> bool:
        """Whether the records of an operator's command can be taken."""
        with self._changed:
            return self._reserve_used < RESERVE - _OPERATORS_PART

    def take(self, event: Event, receipt: Receipt | None = None) -> None:
        """Queue the record of *event*; count it out by its number if there is no room for it."""
        try:
            level, text = event_level(event), format_event(event)
        except BaseException:
            _settle(receipt, written=False)
            raise
        with self._changed:
            record = FinishedRecord(level, text, self._now_ns() // 1000, self._sequence)
            self._sequence += 1
            kept = not self._closing and (receipt is not None or self._reserve_used < RESERVE)
            if kept:
                self._waiting.append((record, receipt))
                self._of_calls += receipt is not None
                self._changed.notify()
        if not kept:
            _settle(receipt, written=False)

    def reopen(self) -> None:
        """Reopen a log file that was moved away (SIGHUP), before the next record is written."""
        with self._changed:
            self._reopening = True
            self._changed.notify()

    def close(self, timeout_s: float) -> bool:
        """Write what waits and close the file; False if that takes longer than *timeout_s*."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def _reserve_used(self) -> int:
        return len(self._waiting) - self._of_calls

    def _run(self) -> None:
        while self._next_step():
            pass
        self._writer.close()

    def _next_step(self) -> bool:
        """Wait for something to do and do it; False when the log is closed and all is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._reopening or self._closing)
            reopening, self._reopening = self._reopening, False
            record, receipt = self._waiting.popleft() if self._waiting else (None, None)
            self._of_calls -= receipt is not None
        if reopening:
            # If it fails, the file that was moved away takes the records.
            with suppress(OSError):
                self._writer.reopen()
        if record is not None:
            self._write(record, receipt)
        return reopening or record is not None

    def _write(self, record: FinishedRecord, receipt: Receipt | None) -> None:
        written = False
        with suppress(OSError):
            if receipt is None or not receipt.void:
                self._writer.write(record)
                written = True
        _settle(receipt, written=written)


def _settle(receipt: Receipt | None, *, written: bool) -> None:
    if receipt is not None:
        receipt.settle(written=written)
