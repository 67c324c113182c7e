"""Whole expected outputs kept in files: tests/golden/.

`VEXFSCTL_UPDATE_GOLDEN=1 pytest …` writes them anew; then read the diff.
"""

import os
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"
_UPDATE = "VEXFSCTL_UPDATE_GOLDEN"


def assert_golden(name: str, output: str) -> None:
    """Fail unless *output* is what the golden file called *name* holds."""
    path = GOLDEN / name
    if os.environ.get(_UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(output)
    assert output == path.read_text(), f"differs from {path}; {_UPDATE}=1 updates it"
