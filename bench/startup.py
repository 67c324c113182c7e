"""Whole processes, beside those that do no more than start Python, or import click."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from bench.measure import Comparison
from tests.support.program import base_environment
from tests.support.tree import FakeTree

PROGRAM = str(Path(sys.executable).with_name("vexfsctl"))
"""The installed program."""


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure."""
    with TemporaryDirectory(prefix="vexfs-bench-") as directory:
        log, root = Path(directory, "log.kmsg"), Path(directory, "sysfs")
        log.touch()
        FakeTree(root).add("loop0")
        environment = base_environment() | {
            "VEXFSCTL_SYSFS_ROOT": str(root),
            "VEXFSCTL_LOG": str(log),
            "XDG_RUNTIME_DIR": directory,
            "XDG_STATE_HOME": directory,
        }

        def process(*command: str) -> Callable[[], object]:
            return partial(run, command, env=environment, stdout=PIPE, check=True)

        for arguments in (("--version",), ("status", "--json"), ("check",), ("explain", "EIO")):
            yield Comparison(
                f"startup: vexfsctl {' '.join(arguments)}",
                {
                    "vexfsctl": process(PROGRAM, *arguments),
                    "python -c pass": process(sys.executable, "-c", "pass"),
                    "python -c 'import click'": process(sys.executable, "-c", "import click"),
                },
            )
