"""What tests of real shells share."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.tree import FakeTree

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def shell_environment(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> dict[str, str]:
    """Where a shell finds `vexfsctl`, and `vexfsctl` the volume loop0."""
    program = tmp_path / "bin" / "vexfsctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vexfsctl "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return vexfsctl.environ | {"PATH": path, "PYTHONPATH": str(REPOSITORY)}
