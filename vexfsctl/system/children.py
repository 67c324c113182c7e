"""Work that may stick in the kernel, done in child processes that can be left behind.

A file of a hung FUSE mount holds whoever touches it, beyond SIGKILL while its request is with the
driver. A thread so held keeps its process from ending, a child does not. fork without exec costs
about 1 ms; multiprocessing would cost more than reading a volume.
"""

import contextlib
import marshal
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

_STDIO = (0, 1, 2)
_left: set[int] = set()
"""Children that were not seen to end yet: looked after at the next call, never waited for."""


class NoAnswer:
    """What stands for a child that did not answer: too late, or killed."""


NO_ANSWER: Final = NoAnswer()


def run_in_children(tasks: Sequence[Callable[[], Any]], timeout_s: float) -> list[Any]:
    """Run *tasks* at the same time, each in a child; return their answers in order.

    An answer is what marshal can carry: numbers, bytes, text, and tuples, lists, dicts of them.
    In place of one that is not there within *timeout_s* stands NO_ANSWER, and its child is
    killed and left. An exception of a task is a bug here and raised as RuntimeError.
    """
    _reap()
    children: list[_Child] = []
    try:
        with _signals_held():
            for task in tasks:
                children.append(_Child(task))  # noqa: PERF401 - known, should the next one fail
        _collect(children, time.monotonic() + timeout_s)
    finally:
        for child in children:
            child.leave()
    return [child.answer() for child in children]


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold all signals back for the block, and in children made in it for good.

    A handler that raises would make a new child go on as its parent, and leave one that the
    parent does not know yet.
    """
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def reap_when_ended(pid: int) -> None:
    """Leave no zombie of the child *pid*, without ever waiting for it."""
    _left.add(pid)
    _reap()


class _Child:
    def __init__(self, task: Callable[[], Any]) -> None:
        self.pipe, write_end = os.pipe()
        self.received = bytearray()
        self.complete = False
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.pipe)
            os.close(write_end)
            raise
        if self.pid == 0:
            _work(task, write_end)
        os.close(write_end)

    def receive(self) -> None:
        chunk = os.read(self.pipe, 1 << 16)
        self.received += chunk
        self.complete = not chunk

    def leave(self) -> None:
        os.close(self.pipe)
        if not self.complete:
            # Gone where somebody ignores SIGCHLD: then the kernel reaps for us.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        reap_when_ended(self.pid)

    def answer(self) -> Any:
        if not (self.complete and self.received):
            return NO_ANSWER
        succeeded, answer = marshal.loads(self.received)
        if not succeeded:
            raise RuntimeError(f"in a child process:\n{answer}")
        return answer


def _collect(children: Sequence[_Child], deadline: float) -> None:
    by_pipe = {child.pipe: child for child in children}
    poll = select.poll()
    for pipe in by_pipe:
        poll.register(pipe, select.POLLIN)
    while by_pipe and (left := deadline - time.monotonic()) > 0:
        for pipe, _ in poll.poll(left * 1000):
            by_pipe[pipe].receive()
            if by_pipe[pipe].complete:
                poll.unregister(pipe)
                del by_pipe[pipe]


def _reap() -> None:
    for pid in tuple(_left):
        # A wait that blocks would hang on a child that cannot end.
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
        _left.discard(pid)


def _work(task: Callable[[], Any], write_end: int) -> None:
    """Be the child: answer over the pipe and end, whatever happens."""
    try:
        _give_up_descriptors(write_end)
        try:
            answer = (True, task())
        except Exception:  # noqa: BLE001 - told to the parent, which raises it
            # Deferred: only a bug has need of it.
            import traceback

            answer = (False, traceback.format_exc())
        data = memoryview(marshal.dumps(answer))
        while data:
            data = data[os.write(write_end, data) :]
    finally:
        # Not sys.exit: what the parent registered to happen at its end is not the child's to do.
        os._exit(0)


def _give_up_descriptors(kept: int) -> None:
    """Close all but *kept*: a child left behind would hold the pipes of who reads our output."""
    # Not closerange: where close_range(2) is missing or forbidden it tries every number there is.
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor not in (*_STDIO, kept):
            with contextlib.suppress(OSError):
                os.close(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in _STDIO:
        os.dup2(null, descriptor)
    os.close(null)
