"""Which log a driver writes to, and that a full one fails nobody."""

import os
from pathlib import Path

import pytest

from tests.support.clock import VirtualClock
from vexfsctl.driver.volume.records import RecordLog, open_records
from vexfsctl.exceptions import ActionFailed
from vexfsctl.model.events import DegradationChanged


def test_a_file_is_made_with_its_directory(tmp_path: Path, clock: VirtualClock) -> None:
    """The log's name is its absolute path, as the attribute shows it."""
    log = open_records(str(tmp_path / "new" / "log.kmsg"), "loop0", clock)
    log(DegradationChanged(volume="loop0", before="normal", after="light", cause=None))
    log.close()

    assert log.name == str(tmp_path / "new" / "log.kmsg")
    assert (tmp_path / "new" / "log.kmsg").read_text() == (
        "12,0,3600000000,-;VexFS: degradation vol=loop0 from=normal to=light\n"
    )


def test_a_directory_is_no_log(tmp_path: Path, clock: VirtualClock) -> None:
    """What was asked for by name must work."""
    with pytest.raises(ActionFailed, match="cannot write the log"):
        open_records(str(tmp_path), "loop0", clock)


def test_a_record_that_cannot_be_written_is_counted(clock: VirtualClock) -> None:
    """A full log must not fail a read."""

    class Full:
        def write(self, level: int, text: str) -> None:
            raise OSError(28, os.strerror(28))

        def reopen(self) -> None:
            raise OSError(28, os.strerror(28))

        def close(self) -> None: ...

    log = RecordLog("full", Full())
    log(DegradationChanged(volume="loop0", before="normal", after="light", cause=None))
    log.reopen()

    assert log.lost == 2
