"""Reads and writes volumes through their attribute trees, each with a deadline.

Whether a volume answers or not, it is a `Volume` with a presence; only something that was asked for
by name and does not exist is an exception. Every access is made in a child process (`children`):
the kernel does not say in advance which directory will hang.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from errno import ENOENT
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from vexfsctl.exceptions import DeadlineExceeded, SysfsUnreadable
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import Volume
from vexfsctl.sysfs import failures
from vexfsctl.sysfs.attributes import (
    TREE_VERSION,
    Attribute,
    Directory,
    attributes,
    find_attribute,
)
from vexfsctl.sysfs.files import (
    list_directories,
    read_change,
    read_contents,
    read_one,
    write_one,
)
from vexfsctl.sysfs.interpretation import interpret_content, interpret_volume
from vexfsctl.sysfs.server import Server
from vexfsctl.system.children import NO_ANSWER, await_children, run_in_children
from vexfsctl.system.patience import Patience
from vexfsctl.system.processes import Process
from vexfsctl.system.processor_time import Look

DEADLINE_S = 2.0
"""How long a volume may take to answer, unless the caller says otherwise; three times as long where
the host may only be busy (`vexfsctl.system.patience`)."""


class Survey(NamedTuple):
    """Every volume that was found, and which roots could not be listed."""

    volumes: tuple[Volume, ...]
    """In the order of the roots, then of the names."""
    coverage: Coverage


def survey_volumes(
    roots: Sequence[Path],
    names: Iterable[str] | None = None,
    *,
    operations: Collection[OperationType] | None = None,
    timeout_s: float = DEADLINE_S,
    must_exist: bool = False,
) -> Survey:
    """Read the volumes of all *roots*, or those called *names*, at the same time.

    With *operations*, only those and the volume's own directory are read: no other counters, no
    retry settings. A name in two roots is there twice, a name in none is not there. A root that
    does not exist has no volumes; with *must_exist* (it was asked for) it is a gap.
    """
    wanted = None if names is None else set(names)
    places: list[tuple[Path, str]] = []
    gaps: list[Gap] = []
    listings = run_in_children([partial(list_directories, root) for root in roots], timeout_s)
    for root, listing in zip(roots, listings, strict=True):
        if isinstance(listing, list):
            places += [(root, name) for name in listing if wanted is None or name in wanted]
        elif listing != ENOENT or must_exist:
            error = None if listing is NO_ANSWER else listing
            gaps.append(Gap(str(root), "unreadable", detail=failures.unlisted(root, error)))
    found = _read_all(places, operations, timeout_s)
    volumes = [volume for volume in found if volume is not None]
    return Survey(tuple(volumes), Coverage(tuple(map(str, roots)), tuple(gaps)))


def read_volumes(
    roots: Sequence[Path], names: Iterable[str] | None = None, *, timeout_s: float = DEADLINE_S
) -> tuple[Volume, ...]:
    """Return the volumes of a survey; raise SysfsUnreadable when it has a gap."""
    survey = survey_volumes(roots, names, timeout_s=timeout_s)
    for gap in survey.coverage.gaps:
        raise SysfsUnreadable(f"{gap.source} cannot be read: {gap.detail}")
    return survey.volumes


class SysfsTree:
    """One root, and what can be done with a volume in it by name."""

    def __init__(self, root: Path, timeout_s: float = DEADLINE_S) -> None:
        self.root = root
        self.timeout_s = timeout_s

    def read_volume(
        self, volume: str, operations: Collection[OperationType] | None = None
    ) -> Volume:
        """Return the volume, whatever its presence; raise VolumeNotFound if there is none.

        With *operations* it is read as by `survey_volumes`.
        """
        directory = self._file(volume, "")
        (found,) = _read_all([(directory.parent, volume)], operations, self.timeout_s)
        if found is None:
            raise failures.volume_not_found(volume)
        return found

    def read(self, volume: str, path: str) -> Any:
        """Return the value of one attribute, `operations/file/breaker/state`.

        A word that this version does not know is returned as a string. Raises a subclass of
        EvidenceMissing, VolumeNotFound or AttributeMissing.
        """
        attribute = find_attribute(path)
        content = self._ask(volume, partial(read_one, self._file(volume, path)))
        return self._value(volume, attribute, content)

    def write(self, volume: str, path: str, value: Any) -> None:
        """Write a *value* of the attribute's type.

        Raises a WriteRefused subclass; nothing has changed then. After VolumeUnresponsive or
        VolumeBusy it is not known whether the write took effect.
        """
        attribute = find_attribute(path)
        text = attribute.type.format(value)
        data = text.encode("utf-8", "surrogateescape") + b"\n"
        error = self._ask(volume, partial(write_one, self._file(volume, path), data))
        if error:
            self._raise_if_gone(volume, error)
            # Deferred: needed only when access is refused.
            from vexfsctl.system.access import owner_hint

            who = owner_hint(self.root)
            raise failures.write_failure(volume, attribute, text, error, who=who)

    def wait_until(
        self, volume: str, path: str, accept: Callable[[Any], bool], *, timeout_s: float
    ) -> Any:
        """Return the value of an attribute as soon as *accept* returns true for it.

        The provider wakes it if it can; otherwise it looks every quarter of a second. Raises
        DeadlineExceeded after *timeout_s*, and what `read` raises.
        """
        deadline = time.monotonic() + timeout_s
        attribute, file = find_attribute(path), self._file(volume, path)
        content = self._ask(volume, partial(read_one, file))
        while not accept(value := self._value(volume, attribute, content)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineExceeded(
                    f"{volume}/{path} is still {attribute.type.format(value)} after {timeout_s:g} s"
                )
            content = self._ask(volume, partial(read_change, file, content, left), more_s=left)
        return value

    def _ask(self, volume: str, task: Callable[[], Any], *, more_s: float = 0) -> Any:
        (reply,) = _await([(self._file(volume, ""), task)], self.timeout_s, more_s)
        if reply.answer is NO_ANSWER:
            raise failures.silence(volume, reply.patience, reply.server)
        return reply.answer

    def _value(self, volume: str, attribute: Attribute, content: bytes | int) -> Any:
        if isinstance(content, int):
            self._raise_if_gone(volume, content)
            raise failures.read_failure(volume, attribute, content)
        try:
            return interpret_content(attribute, content)
        except ValueError as cause:
            raise SysfsUnreadable(f"{volume}/{attribute.path}: {cause}") from cause

    def _raise_if_gone(self, volume: str, error: int) -> None:
        """Raise VolumeNotFound if the volume, not just that attribute, is missing."""
        if error != ENOENT:
            return
        if self._ask(volume, partial(read_one, self._file(volume, TREE_VERSION.path))) == ENOENT:
            raise failures.volume_not_found(volume)

    def _file(self, volume: str, path: str) -> Path:
        if "/" in volume or volume in ("", ".", ".."):
            raise failures.volume_not_found(volume)
        return self.root / volume / path


def _read_all(
    places: Sequence[tuple[Path, str]],
    operations: Collection[OperationType] | None,
    timeout_s: float,
) -> list[Volume | None]:
    """Read volumes, given as root and name, at the same time; None if there is none."""
    paths = [a.path for a in attributes() if a.readable and _is_wanted(a, operations)]
    tasks = [(root / name, partial(read_contents, root / name, paths)) for root, name in places]
    replies = _await(tasks, timeout_s)
    return [_volume(root, name, reply) for (root, name), reply in zip(places, replies, strict=True)]


class _Reply(NamedTuple):
    answer: Any
    """NO_ANSWER if there is none."""
    patience: Patience
    server: Process | None
    """Which process serves the volume; known only if the answer is late."""


def _await(
    tasks: Sequence[tuple[Path, Callable[[], Any]]], timeout_s: float, more_s: float = 0
) -> list[_Reply]:
    """Run *tasks*, each on the volume at a path, and judge the silence of those that are late."""
    servers = [Server(tree, timeout_s) for tree, _ in tasks]
    waits: list[Patience] = []

    def patience(number: int, asking: Look) -> Patience:
        waits.append(Patience(timeout_s, asking, servers[number].look, more_s=more_s))
        return waits[number]

    answers = await_children([task for _, task in tasks], patience)
    return [
        _Reply(answer, wait, server.process)
        for answer, wait, server in zip(answers, waits, servers, strict=True)
    ]


def _is_wanted(attribute: Attribute, operations: Collection[OperationType] | None) -> bool:
    if operations is None or attribute.directory is Directory.VOLUME:
        return True
    return attribute.operation in operations


def _volume(root: Path, name: str, reply: _Reply) -> Volume | None:
    if reply.answer is NO_ANSWER:
        return failures.silent_volume(name, root, reply.patience, reply.server)
    error, contents = reply.answer
    if error == ENOENT:
        return None
    if error:
        return failures.absent_volume(name, root, error)
    return failures.late_volume(interpret_volume(name, root, contents), reply.patience)
