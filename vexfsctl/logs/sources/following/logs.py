"""Directories and patterns that are followed: each rotated set as its newest file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.compression import decompressed
from vexfsctl.logs.files.listing import Identity
from vexfsctl.logs.files.names import naming
from vexfsctl.logs.reading.holes import HoleFinder
from vexfsctl.logs.sources.following.descriptors import open_file
from vexfsctl.logs.sources.following.file import FollowedFile
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.logs.sources.log_directory import list_set, list_sets, nothing_in
from vexfsctl.logs.sources.rotated import (
    TRIES,
    Opened,
    is_packed,
    opened_together,
    rotated_meanwhile,
)
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch

Files = Mapping[Path, Identity]
"""Those of a set, the oldest first."""


class FollowedLogs:
    """The sets of a directory, or of a pattern, also those that appear later."""

    def __init__(self, name: str, silence_s: float, text_of: Callable[[str], LiveText]) -> None:
        """*text_of* makes what takes the text of a set of some name."""
        self.name = name
        self._silence_s = silence_s
        self._text_of = text_of
        self._known: dict[Path, FollowedSet] = {}
        self._files: dict[tuple[int, int], Identity] = {}
        """Those of the last look, by device and inode."""

    @property
    def has_logs(self) -> bool:
        """Whether anything in it may still grow."""
        return not all(each.ended for each in self._known.values())

    def look(self) -> "list[FollowedSet]":
        """Return those that are there now and were not at the last look; raise LogUnreadable.

        The others learn which file is their newest.
        """
        with naming(self.name):
            found = list_sets(self.name, self._silence_s)
        if not found and not self._known:
            raise nothing_in(self.name)
        before = self._files
        self._files = {each[:2]: each for files in found.values() for each in files.values()}
        new: list[FollowedSet] = []
        for base, files in found.items():
            # What was moved is not new, whatever it is called now.
            newest = [*files][-1]
            earlier = before.get(files[newest][:2])
            if earlier is not None and files[newest].may_be(earlier):
                continue
            if base in self._known:
                self._known[base].continue_with(newest, files[newest])
            else:
                new.append(self._set_of(base, files))
        return new

    def _set_of(self, base: Path, files: Files) -> "FollowedSet":
        def list_again() -> Files:
            return list_set(base, self.name, self._silence_s)

        name = str(base)
        self._known[base] = FollowedSet(
            name, files, list_again, self._text_of(name), self._silence_s
        )
        return self._known[base]


class FollowedSet:
    """A log and what was rotated of it: that first, then what comes.

    One without any record at first is no log, and not followed.
    """

    def __init__(
        self,
        name: str,
        files: Files,
        list_again: Callable[[], Files],
        text: LiveText,
        silence_s: float,
    ) -> None:
        """*list_again* finds out what the files are by then; raises LogUnreadable."""
        self.name = name
        self.text = text
        self.ended = False
        self._files: Files | None = files
        """None once the older ones were read."""
        self._list_again = list_again
        self._silence_s = silence_s
        self._file: FollowedFile | None = None

    def drain(self, most: float) -> "Iterator[LogRecord | Stretch]":
        """Yield what was added since the last time, at first all; raise LogUnreadable."""
        files, self._files = self._files, None
        try:
            if files is not None:
                yield from self._drain_older(files)
            if self._file is not None:
                yield from self._file.drain(most)
        except LogUnreadable:
            if not self.text.is_no_log:
                raise
        if files is not None and self.text.is_no_log:
            self.text.finder = HoleFinder()
            self.close()

    def continue_with(self, newest: Path, identity: Identity) -> None:
        """Go on with its *newest* file, once all of the present one is read."""
        if self.ended or is_packed(newest):
            return
        if self._file is None:
            self._open(newest)
        elif not self._file.is_file(identity):
            self._file.name = str(newest)

    def fileno(self) -> int | None:
        """Return the descriptor of the newest file, if more of it can be read at once."""
        return None if self._file is None else self._file.fileno()

    def close(self) -> None:
        """Close the newest file, and follow no other."""
        self.ended = True
        self._close_file()

    def _drain_older(self, files: Files) -> "Iterator[LogRecord | Stretch]":
        """Open the newest of *files* and yield what the others have; raise LogUnreadable."""
        for _ in range(TRIES):
            with opened_together(files, self._list_again, self._silence_s) as opened:
                older = self._open_newest(opened)
                if older is not None:
                    yield from self._read(older)
                    return
            files = self._list_again()
        raise rotated_meanwhile()

    def _open_newest(self, opened: Sequence[Opened]) -> Sequence[Opened] | None:
        """Open what is to be followed of a set; return the others, None if it was rotated."""
        if not opened or is_packed(opened[-1].path):
            return opened
        *older, newest = opened
        self._open(newest.path)
        if self._file is not None and self._file.is_file(newest.identity):
            return older
        self._close_file()
        return None

    def _open(self, path: Path) -> None:
        descriptor = open_file(str(path), self._silence_s)
        if descriptor is not None:
            self._file = FollowedFile(str(path), descriptor, self.text, self._silence_s)

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, files: Sequence[Opened]) -> "Iterator[LogRecord | Stretch]":
        """Yield what they have, and note what cannot be read."""
        failures: list[str] = []
        for path, _, stream in files:
            given = self.text.size
            try:
                for chunk in decompressed(iter(stream)):
                    yield from self.text.take(chunk)
            except LogUnreadable as failure:
                if self.text.is_no_log:
                    raise
                how = "cannot read" if self.text.size == given else "not read to its end:"
                failures.append(f"{how} {path}: {failure.advice}")
            yield from self.text.finish()
        self.text.failure = "; ".join(failures) or None
