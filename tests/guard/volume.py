"""A guarded volume on virtual time whose records can be read as lines of the log."""

from collections.abc import Callable
from dataclasses import replace
from errno import EIO
from itertools import count
from typing import TypeVar

from tests.support.clock import VirtualClock
from vexfsctl.guard.call import Call
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.logs.grammar import format_event
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import OperationStatus

T = TypeVar("T")

FILE, STORAGE = OperationType.FILE, OperationType.STORAGE


class GuardedVolume:
    """A `Guard` of volume `loop0`, by default without jitter; ids from CORR-4000000000000000."""

    def __init__(
        self, *, clock: VirtualClock | None = None, random: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.clock = clock or VirtualClock(now_ns=0)
        self.events: list[Event] = []
        self.reactions: dict[type[Event], Callable[[], object]] = {}
        """What a bystander does, once, at the next event of a kind."""
        self.guard = Guard(
            "loop0",
            clock=self.clock,
            log=ImmediateLog(self._listen),
            ids=CorrelationSource(random62=0),
            random=random,
        )

    @property
    def lines(self) -> list[str]:
        """The log so far."""
        return [format_event(event) for event in self.events]

    @property
    def kinds(self) -> list[str]:
        """Operation and kind of each record so far: `storage error`."""
        return [
            f"{getattr(event, 'operation', None) or '-'} {type(event).__name__}"
            for event in self.events
        ]

    def status(self, operation: OperationType) -> OperationStatus:
        """Counters of *operation*."""
        return self.guard.status(operation)

    def read(
        self, backing: Callable[[], T], *, fallback: Callable[[OSError], T] | None = None
    ) -> T:
        """An application's read: a `file` call whose data call is a nested `storage` call."""
        return self.guard.run(
            FILE,
            "read",
            lambda call: call.run(
                STORAGE, "read", lambda _: backing(), inode=12, offset=1048576, length=4096
            ),
            fallback=fallback,
            inode=12,
        )

    def set_breaker(self, operation: OperationType, **settings: int) -> None:
        """Replace settings of one breaker."""
        guarded = self.guard.operations[operation]
        guarded.breaker_settings = replace(guarded.breaker_settings, **settings)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the watch look at it."""
        self.guard.expire_overdue(self.clock.advance(seconds))

    def hang(self, seconds: float) -> Callable[[Call], None]:
        """Return the function of a call that takes *seconds*, while the watch goes on."""
        return lambda _: self.pass_time(seconds)

    def _listen(self, event: Event) -> None:
        self.events.append(event)
        self.reactions.pop(type(event), lambda: None)()


def failing(*errnos: int | None) -> Callable[[], str]:
    """Return a device that answers each errno in turn (None: success), the last for ever."""
    attempts = count()

    def backing() -> str:
        errno = errnos[min(next(attempts), len(errnos) - 1)]
        if errno is not None:
            raise OSError(errno, "from the device")
        return "data"

    return backing


def failing_call(*errnos: int | None) -> Callable[[Call], str]:
    """As `failing`, for a call of its own."""
    backing = failing(*errnos)
    return lambda _: backing()


ALWAYS_EIO = failing(EIO)
