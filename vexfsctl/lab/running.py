"""Run one command inside a lab that lasts as long as the command does."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vexfsctl.driver.volume.daemon import START_TIMEOUT_S
from vexfsctl.exceptions import InvalidInput
from vexfsctl.lab.assembly import Lab, bring_up, take_down
from vexfsctl.lab.layout import Layout
from vexfsctl.system.signals import ENDING, held

_POLL_S = 1.0


def run_inside(
    layout: Layout,
    command: Sequence[str],
    *,
    size: int | None = None,
    config_file: Path | None = None,
    timeout_s: float = START_TIMEOUT_S,
) -> int:
    """Bring a lab up, run *command* in it, take it down; return the command's exit status.

    Options are those of `bring_up`.
    A command ended by signal N returns 128 + N, as a shell reports it. Signals that would end this
    process are passed to the command, so that the lab is taken down in any case.
    """
    lab = bring_up(layout, size=size, config_file=config_file, timeout_s=timeout_s)
    try:
        with held():
            return _run(command, lab)
    finally:
        with held():
            take_down(layout)


def _run(command: Sequence[str], lab: Lab) -> int:
    environment = os.environ | {
        "VEXFSCTL_LAB": lab.name,
        "VEXFSCTL_LAB_MOUNTPOINT": str(lab.mountpoint),
        "VEXFSCTL_LAB_DEVICE": lab.device or "",
    }
    try:
        child = subprocess.Popen(command, env=environment, preexec_fn=_hear_signals)
    except OSError as cause:
        raise InvalidInput(f"cannot run {command[0]}: {cause.strerror}") from cause
    while (status := child.poll()) is None:
        received = signal.sigtimedwait({*ENDING, signal.SIGCHLD}, _POLL_S)
        # The command itself gets signals from the kernel (Ctrl-C on the terminal, si_code > 0).
        if received is not None and received.si_signo in ENDING and received.si_code <= 0:
            child.send_signal(received.si_signo)
    return status if status >= 0 else 128 - status


def _hear_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*ENDING, signal.SIGCHLD})
