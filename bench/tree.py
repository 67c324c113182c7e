"""Reading a volume whole beside reading its files, on a tree of plain files.

Ours does so in a child process with a deadline and makes a checked `Volume` of it.
"""

from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from bench.measure import Comparison
from tests.support.tree import FakeTree
from vexfsctl.sysfs.attributes import attributes
from vexfsctl.sysfs.tree import SysfsTree


def comparisons() -> Iterator[Comparison]:
    """Hand out what there is to measure."""
    with TemporaryDirectory(prefix="vexfs-bench-") as root:
        directory, tree = FakeTree(Path(root)).add("loop0"), SysfsTree(Path(root))
        files = [directory / attribute.path for attribute in attributes() if attribute.readable]
        # Into a pipe: seeing /dev/null, grep would stop at its first match. -s: what can only be
        # written is unreadable to anybody but root.
        grep = ["grep", "-rs", ".", str(directory)]
        yield Comparison(
            f"tree: the {len(files)} attributes of a volume",
            {
                "vexfsctl SysfsTree.read_volume": lambda: tree.read_volume("loop0"),
                "grep -r . DIR": lambda: run(grep, stdout=PIPE, check=False),
                "Path.read_text in a loop": lambda: {file: file.read_text() for file in files},
            },
        )
