"""Work that may get stuck in the kernel, abandoned after a while.

In a thread, because it needs files that this process has open. The thread is left behind. A process
with such a thread can still end (`os._exit`), though a zombie remains until the thread returns.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from vexfsctl.exceptions import DeadlineExceeded
from vexfsctl.system.processor_time import ProcessorDeadline, processor_time_of_thread

T = TypeVar("T")


def run_bounded(action: Callable[[], T], seconds: float, *, what: str) -> T:
    """Return what *action* returns, or raise what it raises; DeadlineExceeded after *seconds*.

    The time that it waits for a processor does not count.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(action())
        except BaseException as failure:  # noqa: BLE001 - raised where it is waited for
            failures.append(failure)

    worker = threading.Thread(target=run, name=what, daemon=True)
    worker.start()
    deadline = ProcessorDeadline(seconds, lambda: processor_time_of_thread(worker.native_id or 0))
    while worker.is_alive() and (left_s := deadline.left_s()) > 0:
        worker.join(left_s)
    if failures:
        raise failures[0]
    if not results:
        raise DeadlineExceeded(
            f"{what} did not end within {seconds:g} s",
            hint="the device below does not answer: see `dmesg`",
        )
    return results[0]
