"""One guarded call: what it is, how much time it has left, and how it ends for its caller.

An *application call* is what an application asked for; the calls nested in it run in the same
thread, one inside the other, and share its fate: the deadline of the innermost one ends them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from errno import EBUSY, ETIMEDOUT
from typing import Any, Protocol, TypeVar

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.resilience.machine import Permit

T = TypeVar("T")


class CallRejected(OSError):  # noqa: N818 - an Error is what VexFS reports
    """An open breaker refused the call; errno is EBUSY."""

    def __init__(self, operation: OperationType) -> None:
        super().__init__(EBUSY, f"circuit breaker open for {operation} operations")


class CallAbandoned(OSError):  # noqa: N818
    """The application call this belongs to was answered ETIMEDOUT at its deadline.

    Code that catches it must not answer again, only undo side effects.
    """

    def __init__(self) -> None:
        super().__init__(ETIMEDOUT, "answered at its deadline already")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed."""

    cause: OSError
    error: str
    """Catalogue name."""
    errno: int
    """Positive, as it was met; the application may get another one."""
    rejected: bool = False
    """Whether the call's own breaker refused it."""


# Not frozen: that would triple its cost, and every call has one.
@dataclass(slots=True)
class Terms:
    """What a call may do about a failure, and which file its records name."""

    repeatable: bool
    fallback: Callable[[OSError], Any] | None
    via: str
    """What the records call the fallback."""
    inode: int | None
    offset: int | None
    length: int | None


class Fate(Enum):
    """What becomes of the records of an application call."""

    LOGGED = auto()
    SUPPRESSED = auto()
    """The rate limit leaves them out."""
    LOST = auto()
    """The log has no room for them, or could not write one: the rest would be half a story."""


@dataclass(slots=True)
class CallRecords:
    """The records of one application call and of those nested in it: logged whole or not at all.

    The log keeps it until it has written the last of them, so it refers to nothing of the call.
    """

    fate: Fate


class ApplicationCall:
    """What the calls nested in one application call share.

    The thread that runs it and the watch agree on its end under the executor's lock.
    """

    __slots__ = ("answered", "ended", "expired", "on_ended", "on_timeout", "records", "settling")

    def __init__(
        self, on_timeout: Callable[[], None] | None, on_ended: Callable[[], None] | None
    ) -> None:
        self.on_timeout = on_timeout
        self.on_ended = on_ended
        self.expired = False
        """Its deadline has passed and it is being, or has been, answered."""
        self.answered = False
        """`on_timeout` has returned."""
        self.ended = False
        """Its thread has come back after the deadline."""
        self.settling = False
        """Its thread is writing down a failure, which its deadline waits for."""
        self.records: CallRecords | None = None
        """What becomes of its records; decided at the first one."""


class Executor(Protocol):
    """What runs a call; `execution.CallExecutor`."""

    def run(
        self,
        application: ApplicationCall,
        outer: "Call | None",
        operation: OperationType,
        name: str,
        function: "Callable[[Call], T]",
        terms: Terms,
    ) -> T:
        """Run *function* as a call of *application*, nested in *outer* if given."""
        ...

    def now_ns(self) -> int:
        """Monotonic nanoseconds."""
        ...


class Call:
    """One call, handed to the function that does its work. Belongs to the thread that runs it."""

    __slots__ = (
        "_executor",
        "application",
        "attempt",
        "attempt_ns",
        "deadline_ns",
        "ended",
        "failure",
        "id",
        "ignored",
        "limit_ms",
        "name",
        "nested_answer",
        "nested_failure",
        "operation",
        "outer",
        "permit",
        "served",
        "started_ns",
        "terms",
    )

    def __init__(
        self,
        executor: Executor,
        application: ApplicationCall,
        outer: "Call | None",
        identifier: CorrelationId,
        operation: OperationType,
        name: str,
        terms: Terms,
        limit_ms: int,
    ) -> None:
        self._executor = executor
        self.application = application
        self.outer = outer
        """The call it is nested in."""
        self.id = identifier
        self.operation = operation
        self.name = name
        self.terms = terms
        self.started_ns = executor.now_ns()
        self.limit_ms = limit_ms
        """The time limit that set its deadline: its own, or its caller's if that ends sooner."""
        self.deadline_ns = self.started_ns + limit_ms * 1_000_000
        if outer is not None and outer.deadline_ns < self.deadline_ns:
            # Its caller may be overdue already; nothing ends before it has begun.
            self.deadline_ns = max(outer.deadline_ns, self.started_ns)
            self.limit_ms = outer.limit_ms
        self.attempt = 0
        """Attempts begun."""
        self.attempt_ns = self.started_ns
        """When the running attempt began."""
        self.ignored = False
        """Whether it says nothing about the backing."""
        self.permit: Permit | None = None
        """What the running attempt holds."""
        self.failure: Failure | None = None
        """Why the last attempt failed."""
        self.served: bool | None = None
        """Whether its fallback served it; None if no fallback was asked."""
        self.ended = False
        """Whether its outcome has been counted."""
        self.nested_failure: Failure | None = None
        """How the last nested call failed, to tell its exception from one that arises here."""
        self.nested_answer: OSError | None = None
        """Likewise."""

    @property
    def parent(self) -> CorrelationId | None:
        """Id of the call it is nested in."""
        return None if self.outer is None else self.outer.id

    def callers(self) -> "Iterator[Call]":
        """Yield the call it is nested in, and so on outwards."""
        outer = self.outer
        while outer is not None:
            yield outer
            outer = outer.outer

    def remaining_ns(self) -> int:
        """Nanoseconds to its deadline; negative when that has passed."""
        return self.deadline_ns - self._executor.now_ns()

    def ignore(self) -> None:
        """Let the running attempt be no verdict: it is answered without asking the backing."""
        self.ignored = True

    def run(
        self,
        operation: OperationType,
        name: str,
        function: "Callable[[Call], T]",
        *,
        repeatable: bool = True,
        fallback: Callable[[OSError], T] | None = None,
        via: str = "last_good",
        inode: int | None = None,
        offset: int | None = None,
        length: int | None = None,
    ) -> T:
        """Run *function* as a call nested in this one, like `Guard.run` but within the time left.

        Let the exception of a nested call pass unchanged: a breaker counts only failures that arose
        at its own operation, and a different exception is a different failure.
        """
        terms = Terms(repeatable, fallback, via, inode, offset, length)
        return self._executor.run(self.application, self, operation, name, function, terms)
