"""Several logs under one name: a directory, or a pattern such as `/var/log/kern.log*`.

Each rotated set in it is a source of its own; what has no record is no log and left out. Of a
directory, only the files in itself are read, not those in directories below.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from glob import escape
from pathlib import Path

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.listing import Identity, list_files
from vexfsctl.logs.files.names import is_pattern, naming
from vexfsctl.logs.reading.contents import Contents, Manner, read_contents
from vexfsctl.logs.reading.log import SourceReading
from vexfsctl.logs.sources.rotated import Opened, opened_together, sets_of, without_copies

_BINARY = frozenset(("btmp", "wtmp", "lastlog", "faillog", "tallylog"))
"""Files of /var/log that are no text; who may read the logs there may not read btmp."""
_NOT_BELOW = "name a log file; directories below a directory are not read, name them, too"


def read_sets(
    name: str, today: datetime | None, silence_s: float, manner: Manner
) -> list[SourceReading]:
    """Read the rotated sets in the directory, or of the pattern, *name*.

    Raises LogUnreadable if there is no log among them.
    """
    manner = manner._replace(ordered=True, recent_us=None, searched=False)
    with naming(name):
        readings = list(_read_sets(name, today, silence_s, manner))
    if not readings:
        raise nothing_in(name)
    return readings


def list_sets(name: str, silence_s: float) -> dict[Path, dict[Path, Identity]]:
    """Return the files of each set in the directory, or of the pattern, *name*, oldest first.

    Raises LogUnreadable with the reason.
    """
    files = without_copies(list_files(name, silence_s))
    return {
        base: {path: files[path] for path in paths}
        for base, paths in sets_of(files).items()
        if base.name not in _BINARY
    }


def list_set(base: Path, name: str, silence_s: float) -> dict[Path, Identity]:
    """Return the files of one set of those in *name*; none if it is gone. Raises LogUnreadable."""
    # Of a directory not all: of many sets, each would be listed as often as there are sets.
    place = f"{escape(str(base))}*" if base.parent == Path(name) else name
    return list_sets(place, silence_s).get(base, {})


def _read_sets(
    name: str, today: datetime | None, silence_s: float, manner: Manner
) -> Iterator[SourceReading]:
    for base, files in list_sets(name, silence_s).items():

        def list_again(base: Path = base) -> dict[Path, Identity]:
            return list_set(base, name, silence_s)

        try:
            with opened_together(files, list_again, silence_s) as opened:
                reading = _read_set(str(base), opened, today, manner)
        except LogUnreadable as failure:
            # Not the others either: what has ceased to answer would keep us waiting for each.
            reason = f"not read from {base.name} on: {failure.message}"
            yield SourceReading(name, failure=reason)
            return
        if reading is not None:
            yield reading


def _read_set(
    name: str, opened: Sequence[Opened], today: datetime | None, manner: Manner
) -> SourceReading | None:
    """Return what a set has; None if it is no log."""
    whole: Contents | None = None
    failures = [] if opened else ["it vanished before it was read"]
    hint: str | None = None
    for path, _, stream in opened:
        with closing(stream):
            contents = read_contents(iter(stream), name, today, manner)
        if contents.first is None and (contents.failure is None or not contents.empty):
            continue
        if contents.failure is not None:
            how = "cannot read" if contents.empty else "not read to its end:"
            failures.append(f"{how} {path}: {contents.failure.message}")
            hint = hint or contents.failure.hint
            contents = replace(contents, failure=None)
        if contents.first is not None:
            whole = contents if whole is None else whole.followed_by(contents)
    if whole is None and not failures:
        return None
    reading = SourceReading(name) if whole is None else whole.into_reading(name)
    failure = "; ".join((*failures, *filter(None, [hint])))
    return replace(reading, failure=failure or None).forget_older_boots()


def nothing_in(name: str) -> LogUnreadable:
    """Return the exception for a directory or pattern without any log."""
    if is_pattern(name):
        return LogUnreadable(f"cannot read {name}: no log is named like that", hint=_NOT_BELOW)
    return LogUnreadable(f"cannot read {name}: there is no log in it", hint=_NOT_BELOW)
