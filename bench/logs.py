"""A large kernel log from elsewhere, read by whole processes.

grep only counts the lines that name VexFS, dmesg only prints all of them again: neither tells an
error from noise, joins what belongs together, or says what is missing.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from bench.measure import Comparison
from bench.startup import PROGRAM
from tests.support.program import base_environment

_CAPTURE = Path(__file__).parents[1] / "tests/data/kernel-logs/vexfs/head_normal.dmesg"
_LINES = 100_000
_STAMP = re.compile(r"^\[ *[\d.]+\] ")


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure."""
    with TemporaryDirectory(prefix="vexfs-bench-") as directory:
        log = Path(directory, "large.dmesg")
        log.write_text("".join(_grown()), encoding="utf-8")

        def process(*command: str) -> Callable[[], object]:
            return partial(run, command, env=base_environment(), stdout=PIPE, check=True)

        yield Comparison(
            f"logs: errors of a kernel log of {_LINES} lines",
            {
                "vexfsctl errors --log": process(PROGRAM, "errors", "--log", str(log)),
                "dmesg --file": process("dmesg", "--file", str(log)),
                "grep -c VexFS": process("grep", "-c", "VexFS", str(log)),
            },
        )


def _grown() -> Iterator[str]:
    """Hand out the lines of a real log over and over, with time going on."""
    texts = [_STAMP.sub("", line) for line in _CAPTURE.read_text(encoding="utf-8").splitlines()]
    for number, text in enumerate(islice(cycle(texts), _LINES)):
        yield f"[{number / 100:12.6f}] {text}\n"
