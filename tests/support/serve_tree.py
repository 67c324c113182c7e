"""A provider to kill: `python -m tests.support.serve_tree DIRECTORY` serves a fresh tree there."""

import sys
import traceback
from pathlib import Path

from vexfsctl.driver.fuse import Connection, MountOptions, serve
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.driver.volume.ownership import take_ownership
from vexfsctl.driver.volume.tree import TreeFilesystem
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.volume import ModuleState
from vexfsctl.system.clock import MonotonicClock


def main(directory: str) -> None:
    """Serve until unmounted, or killed."""
    guard = Guard(
        "loop0", clock=MonotonicClock(), log=ImmediateLog(lambda _: None), ids=CorrelationSource()
    )
    facts = VolumeFacts("loop0", epoch=7, mountpoint="/mnt", log="kmsg")
    facts.move_to(ModuleState.INITIALIZED, lambda _: None)
    connection = Connection.mount(directory, MountOptions("loop0", subtype="test-sysfs"))
    filesystem = TreeFilesystem(AttributeSource(guard, facts))
    filesystem.attach(connection)
    serve(connection, filesystem, on_crash=traceback.print_exception)
    take_ownership(Path(directory))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    connection.wait()


if __name__ == "__main__":
    main(sys.argv[1])
