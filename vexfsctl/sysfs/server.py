"""The process that serves a volume, from a file beside its tree, `.NAME.pid`.

The userspace driver writes it; a volume of the kernel module has none. It is not needed for a tree
that answers. It distinguishes a server that is busy or stopped, whose volume must not be taken
away, from one that was killed while calls were stuck in it: none of them answers. It names the
process by pid and start time, so a reused pid, or that of another pid namespace, does not match.
"""

from functools import partial
from pathlib import Path

from vexfsctl.sysfs.files import read_one
from vexfsctl.system.children import run_in_children
from vexfsctl.system.processes import Process
from vexfsctl.system.processor_time import ProcessorTime


def server_file(tree: Path) -> Path:
    """Return where the volume whose tree is at *tree* has its file."""
    return tree.with_name(f".{tree.name}.pid")


def format_server(process: Process) -> str:
    """Return what the file says when *process* serves the volume."""
    return f"{process.pid} {process.started}\n"


def parse_server(content: bytes) -> Process | None:
    """Return the process that *content* of the file names; None if it names none."""
    try:
        pid, started = content.decode().split()
        return Process(int(pid), started)
    except ValueError:
        return None


class Server:
    """The process that serves the volume at *tree*, looked up when it is first asked for."""

    def __init__(self, tree: Path, timeout_s: float) -> None:
        self._tree, self._timeout_s = tree, timeout_s
        self._looked_up = False
        self.process: Process | None = None
        """None if there is no such file, or before it was asked for."""

    def look(self) -> ProcessorTime | None:
        """Return its processor time; None if the process is not known or not to be seen."""
        if not self._looked_up:
            self._looked_up = True
            # The root may be on something that hangs, too.
            (content,) = run_in_children(
                [partial(read_one, server_file(self._tree))], self._timeout_s
            )
            self.process = parse_server(content) if isinstance(content, bytes) else None
        return self.process.processor_time() if self.process is not None else None
