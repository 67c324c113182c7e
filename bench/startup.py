"""CPU time of whole processes, beside those that do no more than import click, or start Python.

CPU time, user and system, of the process and of the children it waited for: what else the machine
does hardly moves it.
"""

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from bench.measure import Comparison
from bench.processes import PROGRAM, environment_in
from tests.support.tree import FakeTree

COMMANDS = (
    ("--version",),
    ("--help",),
    ("breaker", "list", "--format", "tsv"),
    ("status", "--json"),
    ("check",),
    ("explain", "EIO"),
)
COMPLETED = (
    ("st",),
    ("breaker", "reset", ""),
    ("volume", "set", "loop0", "access_mode="),
    ("explain", "IoE"),
    ("trace", ""),
    ("device", "show", ""),
)
"""Words of command lines at whose end TAB is pressed."""


def comparisons() -> Iterator[Comparison]:
    """Yield what there is to measure, with one volume and a log without records."""
    with TemporaryDirectory(prefix="vexfs-bench-") as directory:
        FakeTree(Path(directory, "sysfs")).add("loop0")
        environment = environment_in(Path(directory)) | {"VEXFSCTL_LOG": os.devnull}

        def process(*command: str, **more: str) -> Callable[[], object]:
            return partial(run, command, env=environment | more, stdout=PIPE, check=True)

        def comparison(title: str, ours: Callable[[], object]) -> Comparison:
            contestants = {
                "vexfsctl": ours,
                "python -c 'import click'": process(sys.executable, "-c", "import click"),
                "python -c pass": process(sys.executable, "-c", "pass"),
            }
            return Comparison(f"startup, CPU: {title}", contestants, clock_ns=children_cpu_ns)

        for arguments in COMMANDS:
            yield comparison(f"vexfsctl {' '.join(arguments)}", process(PROGRAM, *arguments))
        for words in COMPLETED:
            pressed = process(PROGRAM, *words, _VEXFSCTL_COMPLETE="zsh")
            yield comparison(f"vexfsctl {' '.join(words)}<TAB>", pressed)


def children_cpu_ns() -> int:
    """Return the CPU time of all children that were waited for."""
    usage = getrusage(RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)
