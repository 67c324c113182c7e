"""Several logs under one name: a directory, or a pattern such as `/var/log/kern.log*`.

Each rotated set in it is a source of its own; what has no record is no log and left out.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from glob import glob, has_magic
from pathlib import Path

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.child import ReadingChild
from vexfsctl.logs.sources.contents import Contents, Manner, read_contents
from vexfsctl.logs.sources.reading import SourceReading
from vexfsctl.logs.sources.rotated import opened_together, sets_of
from vexfsctl.system.access import access_hint


def is_pattern(name: str) -> bool:
    """Whether a source called *name* is a pattern."""
    return has_magic(name)


def read_sets(
    name: str, today: datetime | None, silence_s: float, manner: Manner
) -> list[SourceReading]:
    """Read the rotated sets in the directory, or of the pattern, *name*.

    Raises LogUnreadable if there is no log among them.
    """
    manner = manner._replace(ordered=True, recent_us=None, searched=False)
    readings = []
    for base, files in sets_of(_files(name)).items():
        reading = _read_set(str(base), files, today, silence_s, manner)
        if reading is not None:
            readings.append(reading)
    if not readings:
        raise LogUnreadable(f"cannot read {name}: there is no log", hint="name a log file")
    return readings


def _files(name: str) -> list[Path]:
    """Return the files there; raise LogUnreadable."""
    if not os.path.isdir(name):
        return [Path(path) for path in glob(name) if os.path.isfile(path)]
    try:
        return [entry for entry in Path(name).iterdir() if _may_be_log(entry)]
    except OSError as cause:
        hint = access_hint(Path(name), os.R_OK)
        raise LogUnreadable(f"cannot read {name}: {cause.strerror}", hint=hint) from cause


def _may_be_log(entry: Path) -> bool:
    return not entry.name.startswith(".") and entry.is_file()


def _read_set(
    name: str, files: Sequence[Path], today: datetime | None, silence_s: float, manner: Manner
) -> SourceReading | None:
    """Return what a set has; None if it is no log."""
    whole: Contents | None = None
    failures: list[str] = []
    with opened_together(files) as opened:
        for path, descriptor in opened.items():
            if isinstance(descriptor, OSError):
                failures.append(f"cannot read {path}: {descriptor.strerror}")
                continue
            with closing(ReadingChild(silence_s=silence_s, stdin=descriptor)) as child:
                contents = read_contents(iter(child), name, today, manner)
            if contents.first is None and (contents.failure is None or not contents.empty):
                continue
            if contents.failure is not None:
                failures.append(f"{path}: not read to its end: {contents.failure.message}")
                contents = replace(contents, failure=None)
            if contents.first is not None:
                whole = contents if whole is None else whole.followed_by(contents)
    if whole is None and not failures:
        return None
    reading = SourceReading(name) if whole is None else whole.into_reading(name)
    return replace(reading, failure="; ".join(failures) or None).forget_older_boots()
