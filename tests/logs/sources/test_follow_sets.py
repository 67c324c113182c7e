"""Rotated sets, directories and patterns that go on."""

import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.following.follower import LogFollower
from vexfsctl.logs.sources.reader import LogHost
from vexfsctl.model.coverage import Gap

HOST = LogHost(silence_s=20)


def line(number: int) -> str:
    """Return a line of the kernel, dated *number* seconds after boot."""
    return f"[{number:5}.000000] VexFS: line {number}\n"


def numbers(follower: LogFollower) -> list[int]:
    """Return which lines have come since the last time."""
    return [int(record.text.split()[-1]) for record in follower.read()]


def follow(*names: Path | str) -> closing[LogFollower]:
    """Follow sources; in directories it is looked for new logs whenever something is read."""
    return closing(LogFollower([*map(str, names)], HOST, list_interval_s=0))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The newest file of a set in a directory of its own; another log and other files beside it."""
    (tmp_path / "kern.log.2.gz").write_bytes(gzip.compress(line(1).encode()))
    (tmp_path / "kern.log.1").write_text(line(2))
    (tmp_path / "kern.log").write_text(line(3))
    (tmp_path / "alternatives").write_text("no log\n")
    (tmp_path / "core").write_bytes(bytes(9999))
    return tmp_path / "kern.log"


@pytest.fixture(params=["", "/kern.log*"])
def follower(log: Path, request: pytest.FixtureRequest) -> Iterator[LogFollower]:
    """Follows the directory, or the pattern, and has read what was there."""
    with follow(f"{log.parent}{request.param}") as follower:
        assert numbers(follower) == [1, 2, 3]
        yield follower


def add(log: Path, number: int) -> None:
    """Add a line to *log*."""
    with log.open("a") as stream:
        stream.write(line(number))


def test_a_set_is_followed_as_its_newest_file(log: Path, follower: LogFollower) -> None:
    """After the older ones were read, packed or not; nothing is missing."""
    add(log, 4)

    reading = follower.read()

    assert [record.text for record in reading] == ["VexFS: line 4"]
    assert [gap for gap in reading.coverage().gaps if gap.reason != "starts_late"] == []
    assert not follower.ended


def test_a_set_that_is_rotated_goes_on(log: Path, follower: LogFollower) -> None:
    """By renaming, with what still came to the old file, and by copying and emptying."""
    rotated = log.with_name("kern.log.1")
    rotated.rename(log.with_name("kern.log.3"))
    log.rename(rotated)
    add(rotated, 4)
    assert numbers(follower) == [4]
    add(log, 5)
    assert numbers(follower) == [5]

    rotated.write_text(log.read_text())
    log.write_text(line(6))
    assert numbers(follower) == [6]


def test_a_set_whose_newest_file_has_a_date_goes_on(tmp_path: Path) -> None:
    """A daemon may write to a file of another name each day."""
    for number, day in enumerate(("20260701", "20260702")):
        add(tmp_path / f"kern.log-{day}", number)

    with follow(tmp_path) as follower:
        assert numbers(follower) == [0, 1]
        add(tmp_path / "kern.log-20260702", 2)
        add(tmp_path / "kern.log-20260703", 3)
        assert numbers(follower) == [2, 3]


def test_what_was_rotated_is_not_read_again(log: Path, follower: LogFollower) -> None:
    """Where the newest file is moved away, the one that is the newest then was read before."""
    log.rename(log.with_name("moved"))
    assert numbers(follower) == []

    add(log, 4)
    assert numbers(follower) == [4]


def test_a_log_that_appears_later_is_followed(log: Path, follower: LogFollower) -> None:
    """From its beginning; one that was empty at first, too."""
    (log.parent / "kern.log.old").touch()
    assert numbers(follower) == []
    add(log.parent / "kern.log.old", 5)
    add(log.parent / "kern.log-new", 4)

    assert numbers(follower) == [4, 5]


def test_older_files_that_cannot_be_read_are_a_gap(log: Path) -> None:
    """The others are read, and the newest is followed."""
    log.with_name("kern.log.2.gz").write_bytes(gzip.compress(line(1).encode())[:-8])

    with follow(log.parent) as follower:
        assert numbers(follower) == [1, 2, 3]
        add(log, 4)
        reading = follower.read()

    assert [record.text for record in reading] == ["VexFS: line 4"]
    packed = f"{log}.2.gz: its gzip data ends too early"
    assert Gap(str(log), "unreadable", None, f"not read to its end: {packed}") in (
        reading.coverage().gaps
    )


def test_a_directory_without_logs_is_given_up(tmp_path: Path) -> None:
    """Whether it is empty or has only other files."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(LogUnreadable, match="there is no log in it"):
        follow(tmp_path / "empty")

    (tmp_path / "core").write_text("no log\n" * 9)
    with follow(tmp_path) as follower:
        (gap,) = follower.read().coverage().gaps
        assert gap.source == str(tmp_path)
        assert "there is no log in it" in str(gap.detail)
        assert follower.ended


def test_what_several_logs_have_is_yielded_once_in_a_reading(tmp_path: Path) -> None:
    """As without following: the kernel's lines stand in several files of a syslog daemon."""
    for name in ("kern.log", "syslog"):
        (tmp_path / name).write_text(line(1) + line(2))

    with follow(tmp_path) as follower:
        assert numbers(follower) == [1, 2]


class Daemon:
    """Writes to a log in a directory, and rotates it in every manner of logrotate."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "kern.log"
        self._log.touch()
        self.written = 0

    def add(self) -> None:
        """Write a line."""
        add(self._log, self.written)
        self.written += 1

    def rename(self) -> None:
        """Rotate by renaming; the new file is there at once, and empty."""
        self._shift()
        self._log.rename(self._log.with_name("kern.log.1"))
        self._log.touch()

    def rename_late(self) -> None:
        """Rotate by renaming; what comes next makes the new file."""
        self._shift()
        self._log.rename(self._log.with_name("kern.log.1"))

    def copy(self) -> None:
        """Rotate by copying and emptying."""
        self._shift()
        self._log.with_name("kern.log.1").write_bytes(self._log.read_bytes())
        self._log.write_bytes(b"")

    def pack(self) -> None:
        """Compress what was rotated last."""
        older = self._log.with_name("kern.log.1")
        if older.exists():
            packed = self._log.with_name("kern.log.1.gz")
            packed.write_bytes(gzip.compress(older.read_bytes()))
            older.unlink()

    def _shift(self) -> None:
        if not self._log.exists():
            self._log.touch()
        for number in range(9, 0, -1):
            for suffix in ("", ".gz"):
                older = self._log.with_name(f"kern.log.{number}{suffix}")
                if older.exists():
                    older.rename(self._log.with_name(f"kern.log.{number + 1}{suffix}"))


ACTIONS = ("add", "rename", "rename_late", "copy", "pack")


@given(
    st.lists(st.sampled_from(ACTIONS), max_size=8),
    st.lists(st.sampled_from(ACTIONS), max_size=16),
)
@settings(max_examples=30, deadline=None)
def test_each_line_comes_once_however_a_log_is_rotated(before: list[str], after: list[str]) -> None:
    """Before it is followed and meanwhile; it is read as often as something happens to it."""
    with TemporaryDirectory() as directory:
        daemon = Daemon(Path(directory))
        daemon.add()
        for action in before:
            getattr(daemon, action)()
        with follow(directory) as follower:
            found = numbers(follower)
            for action in after:
                getattr(daemon, action)()
                found += numbers(follower)

    assert found == [*range(daemon.written)]
