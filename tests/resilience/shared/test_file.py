"""The file of a shared breaker: whose it must be, and what is done with one that is no good."""

import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.resilience.shared.breakers import Bench, fail
from vexfsctl.resilience import CircuitBreaker, SharedFileUnusable
from vexfsctl.resilience.shared.file import peek
from vexfsctl.resilience.shared.layout import COPIES_AT, HEADER, SIZE, WORDS_AT


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A file that does not exist yet."""
    return Bench(tmp_path / "backup")


def _write(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def _open_to_others(path: Path) -> None:
    path.touch()
    path.chmod(0o620)


FOREIGN: dict[str, tuple[Callable[[Path], object], str]] = {
    "symbolic link": (lambda path: path.symlink_to("/etc/passwd"), "is no regular file"),
    "directory": (lambda path: path.mkdir(), "is no regular file"),
    "pipe": (os.mkfifo, "is no regular file"),
    "text": (lambda path: path.write_text("failures: 3\n" * 9), "is no breaker file"),
    "open to others": (_open_to_others, "is open to others (mode 0620)"),
    "large and empty": (lambda path: path.write_bytes(bytes(SIZE + 1)), "is no breaker file"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_file_is_set_aside(bench: Bench, name: str) -> None:
    """What is no breaker file of this user is renamed, which is said, and a new one is made."""
    make, reason = FOREIGN[name]
    make(bench.path)
    if name in ("text", "large and empty"):
        bench.path.chmod(0o600)
    fail(bench.breaker(), 3)
    assert bench.breaker().state == "open"
    assert bench.aside() == ["backup"]
    assert len(bench.said) == 1
    assert bench.said[0].startswith(f"{bench.path} {reason}: set aside as {bench.path.parent}/.")


def test_file_is_of_its_owner_alone(bench: Bench) -> None:
    """The file that is made has mode 0600, whatever the umask."""
    before = os.umask(0o277)
    bench.breaker()
    os.umask(before)
    assert bench.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.privileged()
def test_file_of_another_user_is_set_aside(bench: Bench) -> None:
    """A file that belongs to somebody else is not trusted."""
    bench.breaker()
    os.chown(bench.path, 1, 1)
    bench.breaker()
    assert "belongs to user 1: set aside" in bench.said[0]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit of the record": lambda path: _write(path, COPIES_AT[0] + 20, b"\xff"),
    "the state word": lambda path: _write(path, WORDS_AT, struct.pack("=Q", 12345)),
    "the number of failures": lambda path: _write(path, WORDS_AT + 8, struct.pack("=Q", 0)),
    "the end": lambda path: os.truncate(path, SIZE - 1),
    "the version": lambda path: _write(path, 8, b"\x09"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_torn_file_is_set_aside(bench: Bench, what: str) -> None:
    """A file that is damaged is renamed, which is said, under a breaker in use as for a new one."""
    warm = bench.breaker()
    fail(warm)
    warm.reset()
    bench.path.write_bytes(_as_in_first_copy(bench.path.read_bytes()))
    DAMAGE[what](bench.path)
    cold = bench.breaker()
    assert bench.aside() == ["backup"]
    assert [text.split(": ")[0].rpartition("/")[2] for text in bench.said] == [
        "backup is torn"
        if what not in ("the end", "the version")
        else "backup is torn, or of another version"
    ]
    fail(warm, 2)
    fail(cold)
    assert (warm.state, cold.state) == ("open", "open")
    assert (warm.stats().unrecorded, cold.stats().unrecorded) == (0, 0)


def _as_in_first_copy(data: bytes) -> bytes:
    word = struct.unpack_from("=Q", data, WORDS_AT)[0]
    if not word >> 3 & 1:
        return data
    data = data[:WORDS_AT] + struct.pack("=Q", word & ~8) + data[WORDS_AT + 8 :]
    return data[: COPIES_AT[0]] + data[COPIES_AT[1] : COPIES_AT[1] + 2048] + data[COPIES_AT[1] :]


def test_removed_file_is_made_again(bench: Bench) -> None:
    """To remove the file resets the breaker, also for those who have it open."""
    warm, other = bench.breaker(), bench.breaker()
    fail(warm, 3)
    bench.path.unlink()
    assert warm.call(len, "") == 0
    fail(other, 3)
    assert (warm.state, other.state, bench.said) == ("open", "open", [])


def test_emptied_file_kills_nobody(bench: Bench) -> None:
    """A file that is emptied under a breaker in use is begun anew."""
    warm = bench.breaker()
    fail(warm, 2)
    os.truncate(bench.path, 0)
    assert warm.call(len, "") == 0
    fail(warm, 3)
    assert bench.breaker().state == "open"


def test_earlier_boot_is_void(bench: Bench) -> None:
    """What a file has from before a reboot does not count, and is nothing to speak of."""
    fail(bench.breaker(), 3)
    _write(bench.path, HEADER.size - 16, bytes(range(16)))
    assert peek(bench.path) is None
    assert bench.breaker().state == "closed"
    assert (bench.said, bench.aside()) == ([], [])


def test_peek_changes_nothing(bench: Bench) -> None:
    """To look at a file neither makes nor changes nor sets aside one."""
    with pytest.raises(FileNotFoundError):
        peek(bench.path)
    bench.path.write_text("failures: 3\n" * 9)
    bench.path.chmod(0o600)
    with pytest.raises(SharedFileUnusable, match="is no breaker file"):
        peek(bench.path)
    assert [each.name for each in bench.path.parent.iterdir()] == ["backup"]


def test_log_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody else is told, the log `vexfsctl.resilience` has a warning."""
    path = tmp_path / "backup"
    path.mkdir()
    CircuitBreaker(shared=path)
    assert [(each.name, each.levelno) for each in caplog.records] == [
        ("vexfsctl.resilience", logging.WARNING)
    ]
