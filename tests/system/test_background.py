"""Starting a serving process: what the starter learns of it."""

import os
import signal
import sys
import textwrap

import pytest

from vexfsctl.exceptions import FacilityUnavailable, MountFailed
from vexfsctl.system.background import start_in_background


def child(body: str) -> list[str]:
    """Return a command line that runs *body*, with `fd` set to the descriptor to report on."""
    prelude = "import sys, time; from vexfsctl.system import background; fd = int(sys.argv[-1])\n"
    return [sys.executable, "-c", prelude + textwrap.dedent(body)]


def test_what_a_child_reports_is_returned_and_it_goes_on() -> None:
    """A child that is ready is left running, in a session of its own."""
    pid, report = start_in_background(
        child("background.report_ready(fd, {'name': 'loop0'}); time.sleep(60)"), timeout_s=20
    )
    try:
        assert report == {"name": "loop0"}
        assert os.getsid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_the_exception_of_a_child_is_raised_here() -> None:
    """Kind, message and hint cross the process boundary."""
    body = """
        from vexfsctl.exceptions import FacilityUnavailable
        with background.reporting_failure(fd):
            raise FacilityUnavailable("no FUSE", hint="load it")
    """

    with pytest.raises(FacilityUnavailable, match="no FUSE") as caught:
        start_in_background(child(body), timeout_s=20)

    assert caught.value.hint == "load it"


def test_a_child_that_crashes_is_quoted() -> None:
    """The last line of its trace says what happened."""
    with pytest.raises(MountFailed) as caught:
        start_in_background(child("raise RuntimeError('out of luck')"), timeout_s=20)

    assert caught.value.message == (
        "the serving process ended with status 1 before it was ready: RuntimeError: out of luck"
    )


def test_a_child_that_says_nothing_is_ended() -> None:
    """Past the limit it is killed, whatever it does with SIGTERM."""
    body = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"

    with pytest.raises(MountFailed, match=r"was not ready within 1 s") as caught:
        start_in_background(child(body), timeout_s=1, patience_s=0.2)

    assert caught.value.hint is None


def test_a_child_that_is_at_work_has_three_times_as_long() -> None:
    """Then it is ended, too; what else it may need is said."""
    with pytest.raises(MountFailed, match=r"was not ready within 0.9 s") as caught:
        start_in_background(child("while True: pass"), timeout_s=0.3, patience_s=0.2)

    assert caught.value.hint == "the host is busy: try again with a longer --timeout"
