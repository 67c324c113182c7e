"""A host on which all is well, judged with what that needs."""

import subprocess
import sys
from pathlib import Path

from tests.support.tree import FakeTree

CODE = """
import sys
from pathlib import Path
from vexfsctl.analysis.health.gauges import read_gauges
from vexfsctl.analysis.health.summary import summarize
from vexfsctl.analysis.health.verdict import Observation
from vexfsctl.analysis.window import Window
from vexfsctl.model.coverage import Coverage
from vexfsctl.sysfs.tree import read_volumes

volumes = read_volumes([Path(sys.argv[1])])
observation = Observation(volumes, (), Coverage(("kmsg",)), Window(0, 1), 1)
gauges = {gauge.label: gauge.value for gauge in read_gauges(observation)}
print(summarize(observation).verdict, gauges["volumes"], gauges["errors_high"])
print(*(name for name in sys.modules if name.startswith("vexfsctl.")))
"""


def test_neither_events_nor_the_catalogue_are_loaded(tmp_path: Path) -> None:
    """Start-up is a feature: they are more than all the rest of a look at such a host."""
    FakeTree(tmp_path).add("loop0")

    shown = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=True
    )

    answer, modules = shown.stdout.splitlines()
    unwanted = {"model.events", "catalogue", "analysis.errors.groups", "analysis.incident", "logs"}
    assert answer == "ok 1 0"
    assert {f"vexfsctl.{name}" for name in unwanted}.isdisjoint(modules.split())
