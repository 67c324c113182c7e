"""Start-up is a feature: what a command loads that finds nothing to tell of."""

import json
import subprocess
import sys

import pytest

from tests.support.program import BOUND_S, Program
from tests.support.tree import FakeTree

CODE = """
import json, sys
from vexfsctl.cli.main import run
run(sys.argv[1:])
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
HEAVY = {
    *("rich", "pyudev", "asyncio", "multiprocessing", "subprocess", "tempfile"),
    *("hashlib", "email", "vexfsctl.driver", "vexfsctl.lab", "vexfsctl.devices"),
}
READERS = {
    f"vexfsctl.logs.{name}"
    for name in (
        *("decoder", "interpret", "stretches", "pasted", "upstream", "kernel.evidence"),
        *("kernel.strong", "kernel.fs", "kernel.storage", "kernel.system", "reading.regions"),
    )
}
"""What reads lines, and knows what they may mean."""
EVENTS = {"vexfsctl.model.events", "vexfsctl.catalogue", "vexfsctl.logs.grammar"}
LOGS = READERS | EVENTS | {"vexfsctl.logs.sources", "vexfsctl.logs.reading"}


@pytest.mark.parametrize(
    ("arguments", "unwanted", "most"),
    [
        ("--version", LOGS | {"vexfsctl.host", "vexfsctl.answers"}, 30),
        ("--help", LOGS | {"vexfsctl.host", "vexfsctl.answers", "vexfsctl.model.record"}, 25),
        ("breaker list", LOGS | {"vexfsctl.analysis.health"}, 75),
        ("status", READERS | EVENTS | {"vexfsctl.model.device_graph"}, 130),
        ("check", READERS | EVENTS | {"vexfsctl.model.device_graph"}, 130),
        ("log", READERS | {"vexfsctl.logs.grammar", "vexfsctl.model.device_graph"}, 135),
        ("errors", READERS | {"vexfsctl.logs.grammar", "vexfsctl.model.device_graph"}, 150),
        ("trace --last", READERS | {"vexfsctl.answers.trace"}, 170),
        ("explain EIO", READERS - {"vexfsctl.logs.upstream"} | {"vexfsctl.host.log"}, 125),
    ],
)
def test_a_command_loads_what_it_needs(
    vexfsctl: Program, tree: FakeTree, arguments: str, unwanted: set[str], most: int
) -> None:
    """On a healthy host with an empty log none of what is unwanted, and few modules of ours.

    Each takes a good half of a millisecond. If there are more: is all that a command imports used
    whenever it runs?
    """
    finished = subprocess.run(
        [sys.executable, "-c", CODE, *arguments.split()],
        env=vexfsctl.environ,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )

    modules = json.loads(finished.stderr.splitlines()[-1])
    ours = [name for name in modules if name.split(".")[0] == "vexfsctl"]
    assert sorted((HEAVY | unwanted) & {*modules}) == []
    assert len(ours) <= most, ours
