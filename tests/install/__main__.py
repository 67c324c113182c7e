"""`script/test-install`: both Debians side by side, then the suite; DIRECTORY takes all of it."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.install.builds import build_twice, sdist_of
from tests.install.debian import CommandError, Debian, copy_of, make_base
from tests.install.suite import run_suite
from tests.install.ways import WAYS, go_through

OLDEST = "bookworm"
NEWEST = "trixie"


def main(directory: Path, source: Path) -> int:
    """Return the exit status: 0 if everything holds."""
    make = partial(_try_release, directory=directory, source=source)
    try:
        with ThreadPoolExecutor() as executor:
            oldest, _newest = executor.map(make, (OLDEST, NEWEST))
        base, sdist = oldest
        with _told(f"{OLDEST}: the suite with the oldest dependencies"):
            _say(run_suite(copy_of(base, "suite"), sdist))
    except (AssertionError, CommandError) as cause:
        _say(f"FAILED: {cause}")
        return 1
    return 0


def _try_release(release: str, directory: Path, source: Path) -> tuple[Debian, Path]:
    """Return the base of *release*, and an sdist, after every way and build."""
    with _told(f"{release}: a fresh system"):
        base = make_base(release, directory / release, source)
    for way in WAYS:
        with _told(f"{release}: {way}: installed, used, removed"):
            go_through(copy_of(base, way), way)
    builder = copy_of(base, "builder")
    with _told(f"{release}: package, wheel, sdist: twice the same, clean"):
        build_twice(builder, isolated=release == NEWEST)
    return base, sdist_of(builder)


@contextmanager
def _told(what: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    except Exception:
        _say(f"{what}: no")
        raise
    _say(f"{what} ({time.monotonic() - start:.0f} s)")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
