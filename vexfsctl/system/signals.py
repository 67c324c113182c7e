"""Signals that end a process in the middle of work: held back, or turned into an exception."""

import contextlib
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
