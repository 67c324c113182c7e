"""Work that may get stuck in the kernel, done in child processes that can be left behind.

A file of a hung FUSE mount blocks any process that touches it, even against SIGKILL while the
request is with the driver. A blocked thread keeps its process from ending, a blocked child does
not. fork without exec costs about 1 ms; multiprocessing would cost more than reading a volume.
"""

import contextlib
import marshal
import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from vexfsctl.system.processor_time import (
    Look,
    ProcessorDeadline,
    ProcessorTime,
    processor_time,
)

_STDIO = (0, 1, 2)
_left: set[int] = set()
"""Children not yet known to have ended: reaped at the next call, never waited for."""


class NoAnswer:
    """Placeholder for the answer of a child that was too late or was killed."""


NO_ANSWER: Final = NoAnswer()


class Deadline(Protocol):
    """How long to wait for one child."""

    def left_s(self) -> float:
        """Return how many seconds to wait before asking again; 0 or less: no longer."""
        ...


def run_in_children(tasks: Sequence[Callable[[], Any]], timeout_s: float) -> list[Any]:
    """Run *tasks* at the same time, each in a child; return their answers in order.

    An answer must be something that marshal supports: numbers, bytes, text, and tuples, lists,
    dicts of them. If an answer does not come within *timeout_s*, NO_ANSWER takes its place, and
    the child is killed and left behind; the time that it waits for a processor does not count. An
    exception in a task is a bug and raised as RuntimeError.
    """
    return await_children(tasks, lambda _, look: ProcessorDeadline(timeout_s, look))


def await_children(
    tasks: Sequence[Callable[[], Any]], deadline_of: Callable[[int, Look], Deadline]
) -> list[Any]:
    """Run *tasks* as `run_in_children` does, each with a deadline of its own.

    *deadline_of* is given the number of a task and what returns its child's processor time.
    """
    _reap()
    children: list[_Child] = []
    try:
        with _signals_held():
            for task in tasks:
                children.append(_Child(task))  # noqa: PERF401 - known, should the next one fail
        _collect({c: deadline_of(number, c.look) for number, c in enumerate(children)})
    finally:
        for child in children:
            child.leave()
    return [child.answer() for child in children]


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Block all signals during the block, and permanently in children made in it.

    A handler that raises could make a new child continue as if it were the parent, or leave a
    child that the parent does not know yet.
    """
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def reap_when_ended(pid: int) -> None:
    """Reap the child *pid* if it has ended, without waiting for it."""
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

    def look(self) -> ProcessorTime | None:
        return processor_time(self.pid)

    def receive(self) -> None:
        chunk = os.read(self.pipe, 1 << 16)
        self.received += chunk
        self.complete = not chunk

    def leave(self) -> None:
        os.close(self.pipe)
        if not self.complete:
            # Gone if SIGCHLD is ignored: then the kernel reaps for us.
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


def _collect(deadlines: Mapping[_Child, Deadline]) -> None:
    by_pipe = {child.pipe: child for child in deadlines}
    poll = select.poll()
    for pipe in by_pipe:
        poll.register(pipe, select.POLLIN)
    over = False
    while by_pipe and not over:
        left_s = max(deadlines[child].left_s() for child in by_pipe.values())
        over = left_s <= 0
        # Asked once more at the end, however late that is noticed: the answers may be there.
        for pipe, _ in poll.poll(max(left_s, 0) * 1000):
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
    """Run in the child: answer over the pipe and end, whatever happens."""
    try:
        _give_up_descriptors(write_end)
        try:
            answer = (True, task())
        except Exception:  # noqa: BLE001 - told to the parent, which raises it
            # Deferred: only a bug needs it.
            import traceback

            answer = (False, traceback.format_exc())
        data = memoryview(marshal.dumps(answer))
        while data:
            data = data[os.write(write_end, data) :]
    finally:
        # Not sys.exit: the parent's exit handlers must not run in the child.
        os._exit(0)


def _give_up_descriptors(kept: int) -> None:
    """Close all but *kept*: a child left behind would keep the pipes of our reader open."""
    # Not closerange: if close_range(2) is missing or forbidden, it tries every possible number.
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor not in (*_STDIO, kept):
            with contextlib.suppress(OSError):
                os.close(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in _STDIO:
        os.dup2(null, descriptor)
    os.close(null)
