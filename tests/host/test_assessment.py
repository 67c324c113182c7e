"""What a program asks of a host without any command line."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.tree import FakeTree
from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.exceptions import LogUnreadable, VolumeNotFound
from vexfsctl.host import Host, assess
from vexfsctl.host.volumes import Target

_PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path
from vexfsctl.host import Host, assess

host = replace(Host.of_this_machine(), roots=(Path(sys.argv[1]),), logs=("/dev/null",))
summary = assess(host).summary
loaded = sorted({"click", "rich", "pyudev", "vexfsctl.cli", "vexfsctl.answers"} & set(sys.modules))
print(json.dumps([str(summary.verdict), [volume.name for volume in summary.volumes], loaded]))
"""


def test_a_program_of_ten_lines_gets_the_assessment(tree: FakeTree) -> None:
    """What `status` knows, without a terminal program among its modules."""
    tree.write("loop0/operations/storage/breaker/state", "open")

    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, tree.root], capture_output=True, text=True, check=True
    )

    assert json.loads(told.stdout) == ["critical", ["loop0"], []]


@pytest.fixture
def host(tree: FakeTree) -> Host:
    """This machine, looking at the volumes of `tree` and an empty log."""
    return replace(Host.of_this_machine({}), roots=(tree.root,), logs=("/dev/null",))


def test_a_volume_that_is_not_there_is_told_with_the_roots_that_were_read(
    host: Host, tree: FakeTree
) -> None:
    """The exception has the coverage of what was consulted before it."""
    with pytest.raises(VolumeNotFound) as failure:
        assess(host, [Target("loop9")])

    assert failure.value.coverage is not None
    assert failure.value.coverage.sources == (str(tree.root),)


def test_a_log_that_was_asked_for_and_cannot_be_read_is_the_gap(host: Host, tmp_path: Path) -> None:
    """Not an answer without it."""
    missing = str(tmp_path / "no-such-log")

    with pytest.raises(LogUnreadable) as failure:
        assess(replace(host, logs=(missing,)))

    assert failure.value.coverage is not None
    assert [gap.source for gap in failure.value.coverage.gaps] == [missing]


def test_a_healthy_volume_is_ok(host: Host) -> None:
    """All volumes without a target, the window of `status` without one."""
    assert assess(host).summary.verdict is Verdict.OK
