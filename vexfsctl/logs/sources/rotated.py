"""Rotated sets: `kern.log`, `kern.log.1`, `kern.log.2.gz`, `kern.log-20260701` as one log.

All files of a set are open before any is read, and it is checked that their names still mean what
they meant before: a rotation in between neither loses records nor doubles them.
"""

import re
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import Identity
from vexfsctl.logs.files.stream import FileStream

_PACKED = frozenset((".gz", ".xz", ".bz2", ".zst", ".lz4"))
_NAME = re.compile(
    r"(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:[-_]?\d{2,10})?)|\.(?P<number>\d{1,4}))?"
    rf"(?P<packed>{'|'.join(map(re.escape, sorted(_PACKED)))})?"
)
TRIES = 5
"""How often it is tried to open a set that changes meanwhile."""


class Opened(NamedTuple):
    """One file of a set."""

    path: Path
    identity: Identity
    stream: FileStream


def is_packed(path: Path) -> bool:
    """Whether a file called *path* is compressed, and so does not grow."""
    return path.suffix in _PACKED


def sets_of(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """Return the files of each rotated set by the name without suffix, each the oldest first."""
    found: dict[Path, list[tuple[tuple[int, str, int, bool], Path]]] = {}
    for path in paths:
        match = _NAME.fullmatch(path.name)
        base = path if match is None else path.with_name(match["base"])
        found.setdefault(base, []).append((_age(match), path))
    return {base: [path for _, path in sorted(files)] for base, files in sorted(found.items())}


def without_copies(files: Mapping[Path, Identity]) -> dict[Path, Identity]:
    """Return *files* without what is still being compressed: its original is there until then."""

    def is_copy(path: Path) -> bool:
        original = files.get(path.with_suffix("")) if is_packed(path) else None
        return original is not None and files[path].modified_ns >= original.modified_ns

    return {path: identity for path, identity in files.items() if not is_copy(path)}


@contextmanager
def opened_together(
    files: Mapping[Path, Identity],
    list_again: Callable[[], Mapping[Path, Identity]],
    silence_s: float,
) -> Iterator[list[Opened]]:
    """Yield the *files* of a set, oldest first, all of them open; one with two names only once.

    If it has changed meanwhile, what is listed then is opened instead. Raises LogUnreadable if it
    changes all the time.
    """
    for _ in range(TRIES):
        with ExitStack() as opened:
            all_opened = _open_all(files, silence_s, opened)
            found = list_again()
            if _is_unchanged(files, found):
                yield all_opened
                return
        files = found
    raise rotated_meanwhile()


def rotated_meanwhile() -> LogUnreadable:
    """Return the exception for a set that changed whenever it was opened."""
    return LogUnreadable("it was rotated again and again meanwhile", hint="run it again")


def _age(match: re.Match[str] | None) -> tuple[int, str, int, bool]:
    """Return a key by which the files of a set are in order, the oldest first."""
    if match is None:
        return 2, "", 0, True
    unpacked = match["packed"] is None
    if match["number"] is not None:
        return 1, "", -int(match["number"]), unpacked
    if match["date"] is not None:
        return 0, match["date"], 0, unpacked
    return 2, "", 0, unpacked


def _open_all(files: Mapping[Path, Identity], silence_s: float, opened: ExitStack) -> list[Opened]:
    known: set[tuple[int, int]] = set()
    found: list[Opened] = []
    for path, identity in reversed([*files.items()]):
        same = identity.device, identity.inode
        if same not in known:
            known.add(same)
            found.insert(0, Opened(path, identity, FileStream(path, silence_s)))
            opened.callback(found[0].stream.close)
    _wait_until_open((each.stream for each in found), silence_s)
    return found


def _wait_until_open(streams: Iterable[FileStream], silence_s: float) -> None:
    """Open *streams*; why one cannot be opened is learnt when it is read."""
    poll = select.poll()
    waiting = set()
    for stream in streams:
        with suppress(LogUnreadable):
            waiting.add(stream.open())
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + silence_s
    while waiting and (left_s := deadline - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(left_s * 1000):
            poll.unregister(descriptor)
            waiting.discard(descriptor)


def _is_unchanged(before: Mapping[Path, Identity], now: Mapping[Path, Identity]) -> bool:
    return before.keys() == now.keys() and all(
        now[path].may_be(identity) for path, identity in before.items()
    )
