"""`script/record-answers DIRECTORY [LOGS] [--package CHECKOUT]`: record, to compare with `diff -r`.

Every process that asks is started with an environment of its own, of which nothing is inherited.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.recording import cases
from tests.recording.case import ROOM, Case
from tests.recording.room import INCIDENT, captures
from tests.recording.running import Rooms, rooms

_CHECKOUT = Path(__file__).parents[2]
_NO_LOG = "/dev/null"

_IN_C = "c-locale"
"""The part that is asked in the C locale, of which the program hears when it starts."""
_HIDE = r"""
# Mounts of its own would keep what others unmount meanwhile: no lab could detach its device.
awk '/ - fuse\.vexfs/ || $5 ~ "^/run/vexfs" { print $5 }' /proc/self/mountinfo | tac |
    while read -r each; do umount --lazy "$each"; done
for each in /run/vexfs* /sys/block /sys/dev/block /sys/class/block; do
    if [ -d "$each" ]; then mount -t tmpfs none "$each"; fi
done
exec "$@"
"""
_ALONE = ("unshare", "--mount", "sh", "-e", "-c", _HIDE, "sh")
"""Runs a command with mounts of its own, where labs, volumes and disks of the host are hidden."""


def main() -> int:
    """Record below the directory named; return the exit status."""
    given = _arguments()
    if given.part is not None:
        _record_part(given)
        return 0
    given.directory.mkdir(parents=True)
    parts = [f"{number}/{given.jobs}" for number in range(given.jobs)]
    parts += [_IN_C] if fnmatch(_IN_C, given.only) else []
    alone = _alone()
    processes = [_start(part, alone) for part in parts]
    failed = [process.args for process in processes if process.wait() != 0]
    number = sum(1 for _ in given.directory.rglob("*.txt"))
    sys.stderr.write(f"{number} answers below {given.directory}\n")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "record-answers",
        description="Record what vexfsctl answers to every command, format and capture, at a fixed"
        " clock, below DIRECTORY. Compare two such directories with diff -r.",
    )
    parser.add_argument("directory", metavar="DIRECTORY", type=_absolute, help="to be made")
    parser.add_argument(
        "logs", metavar="LOGS", type=_absolute, nargs="?", help="directory of further captures"
    )
    parser.add_argument(
        "--package", metavar="CHECKOUT", type=_absolute, default=_CHECKOUT, help="whose vexfsctl"
    )
    parser.add_argument("--only", metavar="GLOB", default="*", help="directories to be made in it")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count())
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser.parse_args()


def _absolute(path: str) -> Path:
    return Path(path).absolute()


def _alone() -> tuple[str, ...]:
    if subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode == 0:
        return _ALONE
    sys.stderr.write("Not root: labs, volumes and disks of this host may show in answers.\n")
    return ()


def _start(part: str, alone: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C" if part == _IN_C else "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_CHECKOUT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # -P: what is in the working directory is not ours.
    command = [sys.executable, "-P", "-m", "tests.recording", *sys.argv[1:], "--part", part]
    return subprocess.Popen([*alone, *command], env=environment)


def _record_part(given: argparse.Namespace) -> None:
    with rooms(given.package, given.logs) as lent:
        for name, asked in _of_part(lent, given.part):
            if fnmatch(name, given.only):
                for case in asked:
                    _record(lent, case, given.directory / name)


def _of_part(lent: Rooms, part: str) -> list[tuple[str, Iterable[Case]]]:
    if part == _IN_C:
        return [(_IN_C, cases.in_the_c_locale())]
    number, _, count = part.partition("/")
    return list(_groups(lent).items())[int(number) :: int(count)]


def _groups(lent: Rooms) -> dict[str, Iterable[Case]]:
    return {
        "changes": cases.that_change(),
        "words": cases.about_words(),
        "usage": cases.about_usage(),
        "waiting": cases.about_waiting(),
        "completion": cases.about_completion(),
        "history": cases.about_history(),
        "volumes": cases.about_volumes(),
        **{f"terminal/{tree}": cases.on_a_terminal(tree) for tree in ("recorded", "several")},
        **{f"many/{name}": cases.about_many_logs(logs) for name, logs in cases.MANY_LOGS.items()},
        **{
            f"trees/{tree}-{beside}": cases.about_tree(tree, log)
            for tree in ("several", "live", "recorded", "empty", "none")
            for beside, log in (("incident", INCIDENT), ("no-log", _NO_LOG))
        },
        "trees/live-own-log": cases.about_tree("live", f"{ROOM}/{INCIDENT}"),
        **{log: _about_capture(lent, log) for log in captures(lent.shared)},
    }


def _about_capture(lent: Rooms, log: str) -> Iterator[Case]:
    answer, _ = lent.ask(Case(("log",), "json", log))
    yield from cases.about_capture(log, answer.stdout.decode())


def _record(lent: Rooms, case: Case, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    _, text = lent.ask(case)
    # Not over another answer: two cases of one name are one too many.
    with (directory / case.file_name).open(
        "x", encoding="utf-8", errors="backslashreplace"
    ) as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
