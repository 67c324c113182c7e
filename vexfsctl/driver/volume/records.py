"""Where the records of one volume go: to the kernel log, or a file in the same raw kmsg form."""

from pathlib import Path

from vexfsctl.exceptions import ActionFailed
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.grammar import event_level, format_event
from vexfsctl.logs.sources.kmsg import kmsg_unavailable
from vexfsctl.logs.writing import KmsgFileWriter, KmsgWriter, RecordWriter
from vexfsctl.model.clock import Clock
from vexfsctl.model.events import Event
from vexfsctl.system.directories import default_file


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
        return RecordLog(SOURCE_NAME, KmsgWriter())
    path = Path(target).absolute()
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        return RecordLog(str(path), KmsgFileWriter(path, clock))
    except OSError as cause:
        raise ActionFailed(
            f"cannot write the log {path}: {cause.strerror}", hint="--log-to FILE puts it elsewhere"
        ) from cause


class RecordLog:
    """Listener of the engine: one line in the log for each event.

    A record that cannot be written is counted and dropped: a full log must not make a read fail.
    """

    def __init__(self, name: str, writer: RecordWriter) -> None:
        self.name = name
        """`kmsg` or the path, as the attribute `log` shows it."""
        self.lost = 0
        """Records that could not be written."""
        self._writer = writer

    def __call__(self, event: Event) -> None:
        """Write the record of *event*."""
        try:
            self._writer.write(event_level(event), format_event(event))
        except OSError:
            self.lost += 1

    def reopen(self) -> None:
        """Reopen a log file that was moved away (SIGHUP)."""
        try:
            self._writer.reopen()
        except OSError:
            self.lost += 1

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
