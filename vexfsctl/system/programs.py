"""Run one system program to its end, or to its deadline.

The only place that starts losetup, mount, mkfs, fusermount3 and similar programs. A program may get
stuck in the kernel, immune to SIGKILL (D state, while a device does not answer). Then it is left
behind, which is reported, and reaped whenever it ends.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vexfsctl.exceptions import DeadlineExceeded, DeviceActionFailed, FacilityUnavailable
from vexfsctl.system.processor_time import ProcessorDeadline, processor_time

_DEBIAN_PACKAGES = {
    "blkid": "util-linux",
    "blockdev": "util-linux",
    "fusermount3": "fuse3",
    "losetup": "mount",
    "mkfs.ext4": "e2fsprogs",
    "mount": "mount",
    "umount": "mount",
}
_KILL_GRACE_S = 1.0
# mount(8) ends with this, after the line that says what went wrong.
_ADVICE = "dmesg(1) may have more information"


def run(
    argv: Sequence[str],
    *,
    timeout: float = 30.0,
    pass_fds: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return what *argv* wrote to its standard output (undecodable bytes as surrogates).

    It inherits the descriptors *pass_fds*; *environment* is added to the caller's. *timeout* is
    in seconds. Raises FacilityUnavailable if there is no such program, DeviceActionFailed with the
    program's last line if its exit status is not 0, and DeadlineExceeded if it does not end in
    time: then it is killed, with its children, and abandoned if even that does not end it. The time
    that it waits for a processor does not count.
    """
    name = PurePath(argv[0]).name
    process = _start(name, argv, pass_fds, environment)
    try:
        stdout, stderr = _communicate(process, timeout)
    except subprocess.TimeoutExpired as expired:
        raise DeadlineExceeded(
            f"{name} did not end within {timeout:g} s and {_give_up(process)}",
            hint="a device or filesystem under it may not answer: see `dmesg`",
        ) from expired
    except BaseException:
        # Ctrl-C does not reach another process group, and nobody else would end it.
        _give_up(process)
        raise
    if process.returncode != 0:
        raise DeviceActionFailed(_failure(name, process.returncode, stderr or stdout))
    return stdout


def _communicate(process: subprocess.Popen[str], timeout: float) -> tuple[str, str]:
    """Return what it wrote; raise TimeoutExpired."""
    deadline = ProcessorDeadline(timeout, lambda: processor_time(process.pid))
    left_s = timeout
    while True:
        try:
            return process.communicate(timeout=left_s)
        except subprocess.TimeoutExpired:
            left_s = deadline.left_s()
            if left_s <= 0:
                raise


def _start(
    name: str, argv: Sequence[str], pass_fds: Sequence[int], environment: Mapping[str, str] | None
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            env=_environment() | dict(environment or {}),
            pass_fds=pass_fds,
            process_group=0,
        )
    except OSError as cause:
        missing = isinstance(cause, FileNotFoundError) and name in _DEBIAN_PACKAGES
        raise FacilityUnavailable(
            f"cannot run {name}: {cause.strerror}",
            hint=f"install the Debian package `{_DEBIAN_PACKAGES[name]}`" if missing else None,
        ) from cause


def _environment() -> dict[str, str]:
    """The caller's environment, in English, with the directories of system programs in PATH.

    Users and cron jobs often have no sbin in their PATH.
    """
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "LC_ALL": "C", "PATH": f"{path}:/usr/sbin:/sbin:/usr/bin:/bin"}


def _give_up(process: subprocess.Popen[str]) -> str:
    """Kill *process* and its group; leave it behind if it does not end; return which happened."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.communicate(timeout=_KILL_GRACE_S)
    except subprocess.TimeoutExpired:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
        return f"cannot be killed: it was left behind in the kernel as process {process.pid}"
    return "was killed"


def _failure(name: str, returncode: int, words: str) -> str:
    how = (
        f"was killed by {signal.Signals(-returncode).name}"
        if returncode < 0
        else f"failed with status {returncode}"
    )
    lines = [line.strip() for line in words.split("\n")]
    lines = [line for line in lines if line and not line.startswith(_ADVICE)]
    last_words = lines[-1].removeprefix(f"{name}: ") if lines else ""
    return f"{name} {how}: {last_words}" if last_words else f"{name} {how}"
