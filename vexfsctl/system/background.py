"""Start a serving process in the background and learn whether it came up.

The child reports over a pipe of its own: one JSON line, `{"ready": {…}}` or `{"failed": {…}}`.
Until then its standard error is kept, so that a crash can be reported; afterwards it has no ties to
the terminal. `vexfsctl mount` and the image server of the lab are started this way.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

from vexfsctl.exceptions import MountFailed, VexfsctlException, exception_of
from vexfsctl.system.children import reap_when_ended
from vexfsctl.system.patience import Patience
from vexfsctl.system.processor_time import processor_time

_STOP_BOUND_S = 5.0
"""How long a child may take to end, including unmounting what it mounted."""


def own_module(name: str) -> list[str]:
    """Return the command line that runs one of our modules, from any current directory."""
    return [sys.executable, "-P", "-m", name]


def start_in_background(
    argv: Sequence[str], *, timeout_s: float, patience_s: float = _STOP_BOUND_S
) -> tuple[int, dict[str, Any]]:
    """Run *argv* plus `--ready-fd N` in its own session; return its pid and what it reported.

    Raises the exception that the child reported, or MountFailed if it ended or reported nothing
    within *timeout_s*; one that is only busy has longer (`Patience`). A child that is not ready by
    then is asked to end, and killed if it has not ended within *patience_s*.
    """
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as pipe, tempfile.TemporaryFile() as words:
        try:
            child = subprocess.Popen(
                [*argv, "--ready-fd", str(write_end)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                pass_fds=(write_end,),
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        try:
            patience = Patience(timeout_s, lambda: processor_time(child.pid))
            report = _read_report(pipe, patience)
        except BaseException:
            # Ctrl-C does not reach another session, and nobody else would end it.
            _end(child, patience_s=patience_s)
            raise
        if "ready" in report:
            _leave(child)
            return child.pid, report["ready"]
        # A child that failed has undone its work, and only has to end.
        _end(child, patience_s=0.5 if "failed" in report else patience_s)
        if "failed" in report:
            raise exception_of(**report["failed"])
        raise _silent(child, words, patience)


@contextlib.contextmanager
def reporting_failure(ready_fd: int | None) -> Iterator[None]:
    """Report an exception of the block to the starting process, and raise it here too."""
    try:
        yield
    except VexfsctlException as failure:
        words = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        _report(ready_fd, {"failed": words})
        raise


def report_ready(ready_fd: int | None, what: dict[str, Any]) -> None:
    """Report readiness to the starting process; release its terminal and directory."""
    _report(ready_fd, {"ready": what})
    if ready_fd is not None:
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 2)
        os.close(null)


def _report(ready_fd: int | None, message: dict[str, Any]) -> None:
    if ready_fd is None:
        return
    # The starting process may have given up and ended; that must not end the volume.
    with contextlib.suppress(BrokenPipeError), os.fdopen(ready_fd, "w") as pipe:
        pipe.write(json.dumps(message) + "\n")


def _read_report(pipe: IO[bytes], patience: Patience) -> dict[str, Any]:
    received = b""
    while not received.endswith(b"\n"):
        left_s = patience.left_s()
        if not select.select([pipe], [], [], max(left_s, 0))[0]:
            if left_s <= 0:
                return {}
            continue
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            return {}
        received += chunk
    report: dict[str, Any] = json.loads(received)
    return report


def _end(child: subprocess.Popen[bytes], *, patience_s: float) -> None:
    """End *child*; a child that is stuck in the kernel is left behind."""
    for number, seconds in ((None, 0.2), (signal.SIGTERM, patience_s), (signal.SIGKILL, 1.0)):
        if number is not None:
            child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            return
    _leave(child)


def _leave(child: subprocess.Popen[bytes]) -> None:
    # It may end while this process continues.
    reap_when_ended(child.pid)
    # It outlives us on purpose; without this Popen would warn about it.
    child.returncode = 0


def _silent(child: subprocess.Popen[bytes], words: IO[bytes], patience: Patience) -> MountFailed:
    words.seek(0)
    lines = words.read().decode(errors="replace").strip().splitlines()
    last = f": {lines[-1]}" if lines else ""
    if child.returncode is not None and child.returncode > 0:
        status = f"status {child.returncode}"
        return MountFailed(f"the serving process ended with {status} before it was ready{last}")
    return MountFailed(
        f"the serving process was not ready within {patience.passed_s:g} s{last}",
        hint="the host is busy: try again with a longer --timeout" if patience.busy else None,
    )
