"""Crash logs that pstore kept: what the kernel said last before it died.

The kernel writes a dump in parts, `dmesg-BACKEND-ID`, the last words first: each begins with a line
such as `Panic#1 Part1`, and Part2 stands before Part1. systemd-pstore(8) moves them to directories
below /var/lib/systemd/pstore and joins them there to a `dmesg.txt`, in the right order. Parts that
the kernel compressed and could not expand again (`.enc.z`) are not readable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import ask
from vexfsctl.logs.files.stream import FileStream

STANDARD = (Path("/sys/fs/pstore"), Path("/var/lib/systemd/pstore"))
_PART = re.compile(r"dmesg-[\w-]+-(?P<id>\d+)(?P<compressed>\.enc\.z)?")
_JOINED = "dmesg.txt"
_HEADER = re.compile(rb"(?P<reason>[A-Z][A-Za-z -]{1,30})#(?P<count>\d{1,9}) Part(?P<part>\d{1,9})")
_LARGEST = 64 << 20
"""Bytes of a part; pstore keeps much less."""
_DEEPEST = 3
"""Directories below the one that is named: systemd-pstore makes two."""


class Part(NamedTuple):
    """One file of a dump."""

    made_s: float
    """When it was written, Unix time."""
    number: int
    """The id in its name."""
    text: bytes

    @property
    def header(self) -> re.Match[bytes] | None:
        """Its first line, if it says which part of which dump it is."""
        return _HEADER.fullmatch(self.text.partition(b"\n")[0])


def is_crash_log(name: str) -> bool:
    """Whether a file called *name*, without directories, is one that pstore made."""
    return name == _JOINED or _PART.fullmatch(name) is not None


def crash_files(directories: Iterable[Path]) -> dict[Path, float]:
    """Return all crash logs below *directories* and when each was written, Unix time.

    Raises OSError for one that may not be listed.
    """
    found = (file for directory in directories for file in _files_in(directory, _DEEPEST))
    return {file: file.stat().st_mtime for file in found}


def crash_logs_in(name: str, silence_s: float) -> dict[Path, float]:
    """Return the crash logs below a directory; none if it has other logs, too.

    Raises LogUnreadable.
    """

    def find() -> dict[str, float]:
        directory = Path(name)
        if any(entry.is_file() and not is_crash_log(entry.name) for entry in directory.iterdir()):
            return {}
        return _as_texts(crash_files([directory]))

    return _as_paths(ask(find, silence_s))


def standard_files(silence_s: float, directories: Sequence[Path] = STANDARD) -> dict[Path, float]:
    """Return the crash logs of this host as `crash_files` does; raise LogUnreadable with a hint."""

    def find() -> dict[str, float] | None:
        present = [directory for directory in directories if directory.is_dir()]
        return _as_texts(crash_files(present)) if present else None

    found = ask(find, silence_s)
    if found is None:
        places = " or ".join(map(str, directories))
        raise LogUnreadable(f"there is no {places}", hint="--log DIR names saved crash logs")
    return _as_paths(found)


def read_crashes(files: Mapping[Path, float], silence_s: float) -> Iterator[bytes]:
    """Yield the text of all dumps, oldest first; LogUnreadable, at the end, for what was not read.

    *files* are as `crash_files` returns them. Parts next to a `dmesg.txt` are left out: it has what
    they have.
    """
    joined = {file.parent for file in files if file.name == _JOINED}
    failures: list[LogUnreadable] = []
    parts: list[Part] = []
    for file, made_s in files.items():
        match = _PART.fullmatch(file.name)
        if match is not None and file.parent in joined:
            continue
        if match is not None and match["compressed"]:
            failures.append(LogUnreadable(f"{file.name} is compressed and could not be expanded"))
            continue
        try:
            text = _read(file, silence_s)
        except LogUnreadable as failure:
            failures.append(LogUnreadable(f"{file.name}: {failure.message}", hint=failure.hint))
            continue
        parts.append(Part(made_s, 0 if match is None else int(match["id"]), text))
    yield from dumps_of(parts)
    if failures:
        words = "; ".join(failure.message for failure in failures)
        raise LogUnreadable(words, hint=failures[0].hint)


def dumps_of(parts: Iterable[Part]) -> Iterator[bytes]:
    """Yield the text of each dump, oldest first, without headers.

    Two dumps of one boot, an oops and the panic after it, have many lines in common: these are
    yielded once.
    """
    before: list[bytes] = []
    for dump in _grouped(parts):
        lines = [line for part in dump for line in part.text.splitlines(keepends=True)]
        lines = [line if line.endswith(b"\n") else line + b"\n" for line in lines]
        lines = [line for line in lines if _HEADER.fullmatch(line.strip()) is None]
        yield b"".join(lines[_overlap(before, lines) :])
        before = lines


def _grouped(parts: Iterable[Part]) -> list[list[Part]]:
    """Return the parts of each dump in the order of their lines; the oldest dump first."""
    dumps: list[list[Part]] = []
    known: dict[bytes, list[Part]] = {}
    for part in sorted(parts, key=lambda part: (part.made_s, part.number)):
        header = part.header
        key = b"" if header is None else header["reason"] + b"#" + header["count"]
        dump = known.get(key)
        # The same part again is of another boot.
        if header is None or dump is None or _number(part) in map(_number, dump):
            known[key] = dump = []
            dumps.append(dump)
        dump.append(part)
    return [sorted(dump, key=_number, reverse=True) for dump in dumps]


def _number(part: Part) -> int:
    header = part.header
    return 0 if header is None else int(header["part"])


def _overlap(before: Sequence[bytes], lines: Sequence[bytes]) -> int:
    """Return with how many of *lines* the lines *before* end."""
    if not lines:
        return 0
    for at, line in enumerate(before):
        if line == lines[0] and before[at:] == lines[: len(before) - at]:
            return len(before) - at
    return 0


def _files_in(directory: Path, depth: int) -> Iterator[Path]:
    for entry in sorted(directory.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            if depth:
                yield from _files_in(entry, depth - 1)
        elif is_crash_log(entry.name):
            yield entry


def _as_texts(files: Mapping[Path, float]) -> dict[str, float]:
    return {str(file): made_s for file, made_s in files.items()}


def _as_paths(files: Mapping[str, float]) -> dict[Path, float]:
    return {Path(file): made_s for file, made_s in files.items()}


def _read(file: Path, silence_s: float) -> bytes:
    text = bytearray()
    with closing(FileStream(file, silence_s)) as stream:
        for chunk in stream:
            text += chunk
            if len(text) > _LARGEST:
                raise LogUnreadable("larger than any crash log")
    return bytes(text)
