"""Signals: held back or turned into an exception in the middle of work, and waited for."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
"""The signals with which a person or a service manager ends a command."""


@contextlib.contextmanager
def ending_as_interrupt(
    handler: Callable[[int, FrameType | None], object] = signal.default_int_handler,
) -> Iterator[None]:
    """Let each of them raise KeyboardInterrupt as Ctrl-C does, so that clean-up runs.

    *handler* raises it, or a kind of it that knows the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Signals that nohup or a similar program ignores stay ignored.
    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold them, and SIGCHLD, back until the end of the block, or until they are fetched.

    Programs started meanwhile have them blocked too.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDING, signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_by(number: int, *, group: bool = False) -> None:
    """End this process by the signal *number*, so that who waits for it sees that.

    With *group* the whole process group is sent it, as the terminal does at Ctrl-C.
    """
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    if group:
        os.killpg(0, number)
    os.kill(os.getpid(), number)


class Wakeups:
    """Lets the main thread of a server sleep until a signal comes or another thread calls it.

    An `Event` would not do: a signal that the kernel gives to another thread does not wake the
    main thread, which alone runs handlers, so it would have to look again and again.
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        """Take *numbers*, which have no other effect from now on. For the main thread."""
        self._heard: set[int] = set()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        for number in numbers:
            signal.signal(number, lambda heard, _: self._heard.add(heard))
        # The interpreter writes there in whatever thread the signal arrives.
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)

    def wait(self) -> set[int]:
        """Wait for the next wake-up; return the signals heard, none after a mere `call`."""
        os.read(self._read_end, 4096)
        heard, self._heard = self._heard, set()
        return heard

    def call(self) -> None:
        """Wake the main thread."""
        # A full pipe wakes it as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, b"\0")
