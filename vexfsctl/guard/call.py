"""One guarded call: what it is, how much time it has left, and how it ends for its caller.

An *application call* is what an application asked for; the calls nested in it run in the same
thread, one inside the other, and share its fate: the deadline of the innermost one ends them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from errno import ETIMEDOUT
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.resilience.machine import Permit

if TYPE_CHECKING:
    from vexfsctl.guard.operation import GuardedOperation

T = TypeVar("T")


class CallRejected(OSError):  # noqa: N818 - an Error is what VexFS reports
    """An open breaker refused the call; errno is EBUSY."""

    id: CorrelationId | None = None
    """The id of the call, or of what it belongs to; None if it has no records."""


class CallAbandoned(OSError):  # noqa: N818
    """The application call this belongs to was answered ETIMEDOUT at its deadline.

    Code that catches it must not answer again, only undo side effects.
    """

    id: CorrelationId | None = None
    """The id of the call in its records; None if it has none yet."""

    def __init__(self) -> None:
        super().__init__(ETIMEDOUT, "answered at its deadline already")


class Failure(NamedTuple):
    """Why a call failed."""

    cause: OSError
    error: str
    """Catalogue name."""
    errno: int
    """Positive, as it was met; the application may get another one."""
    rejected: bool = False
    """Whether the call's own breaker refused it."""


class Terms(NamedTuple):
    """What is asked about a call only when it does not go well."""

    fallback: Callable[[OSError], Any] | None = None
    """Is given the exception and serves something instead."""
    inode: int | None = None
    """The file that its records name."""
    offset: int | None = None
    length: int | None = None
    on_timeout: Callable[[], None] | None = None
    """Answers an application call at its deadline, in the watch thread."""
    on_ended: Callable[[], None] | None = None
    """Follows, exactly once, when the function of an abandoned application call really ends."""
    parent: CorrelationId | None = None
    """What an application call belongs to, though it is not nested in it."""


About = Callable[[], Terms]
"""Tells the terms of a call, when they are needed; perhaps in the watch thread."""

_NO_TERMS = Terms()


def no_terms() -> Terms:
    """Tell that nothing serves a call instead, and its records name nothing."""
    return _NO_TERMS


class Kind(NamedTuple):
    """What calls of one kind have in common."""

    executor: "Runs"
    guarded: "GuardedOperation"
    name: str
    """The FUSE request in lower case."""
    repeatable: bool
    """Whether a failed attempt may be followed by another, where the error allows it."""
    writes: bool
    """Whether an application call is refused with EROFS while the volume is read-only."""
    via: str
    """What the records call the fallback."""
    label: str
    """`file/read`."""
    rejection: str
    """What an application is told that the breaker refuses."""
    unconditional: bool = False
    """Whether it runs even while the breaker refuses calls, and tells it nothing: clean-up."""


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


class Trouble:
    """What a call has met. Most calls meet nothing and have none.

    Changed only by who has the application call in hand: `execution`.
    """

    __slots__ = (
        "attempt",
        "attempt_ns",
        "ended",
        "failure",
        "nested_answer",
        "nested_failure",
        "records",
        "served",
        "terms",
    )

    def __init__(self, attempt_ns: int) -> None:
        self.attempt = 1
        """Attempts begun."""
        self.attempt_ns = attempt_ns
        """When the latest of them began."""
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
        self.terms: Terms | None = None
        """What was told about the call."""
        self.records: CallRecords | None = None
        """What becomes of its records, if it is an application call; decided at the first one."""

    def forget(self) -> None:
        """Let go of all exceptions: they hold on to what their frames have in hand."""
        self.failure = self.nested_failure = self.nested_answer = None


class BoundCall(Protocol):
    """Runs calls of one kind."""

    def __call__(
        self,
        function: "Callable[[Call], T]",
        about: About = no_terms,
        outer: "Call | None" = None,
        /,
    ) -> T:
        """Run *function* as an application call, or as a call nested in *outer*."""
        ...


class Runs(Protocol):
    """What runs calls; `execution.CallExecutor`."""

    def bind(self, operation: OperationType, name: str, *, repeatable: bool, via: str) -> BoundCall:
        """Return what runs calls of one kind."""
        ...

    def identify(self, call: "Call") -> CorrelationId:
        """Return the id of *call*."""
        ...

    def now_ns(self) -> int:
        """Monotonic nanoseconds."""
        ...


class Call:
    """One call, handed to the function that does its work. Belongs to the thread that runs it."""

    __slots__ = (
        "about",
        "claimed",
        "deadline_ns",
        "expired",
        "identifier",
        "ignored",
        "kind",
        "outer",
        "permit",
        "started_ns",
        "trouble",
    )

    def __init__(
        self,
        kind: Kind,
        about: About,
        outer: "Call | None",
        started_ns: int,
        deadline_ns: int,
        permit: Permit | None,
    ) -> None:
        self.kind = kind
        self.about = about
        self.outer = outer
        """The call it is nested in."""
        self.started_ns = started_ns
        self.deadline_ns = deadline_ns
        self.permit = permit
        """What the running attempt holds."""
        self.ignored = False
        """Whether the running attempt says nothing about the backing."""
        self.claimed = False
        """Whether the watch has tried to take it, and may have failed."""
        self.expired = False
        """Whether the watch ends it, an application call, at its deadline."""
        self.identifier: CorrelationId | None = None
        """Its id, if anybody has asked for it."""
        self.trouble: Trouble | None = None

    @property
    def id(self) -> CorrelationId:
        """Its id: drawn when first asked for, after those of its callers."""
        return self.kind.executor.identify(self)

    @property
    def parent(self) -> CorrelationId | None:
        """Id of the call it is nested in, or belongs to."""
        return self.terms.parent if self.outer is None else self.outer.id

    @property
    def operation(self) -> OperationType:
        """Whose breaker it goes through."""
        return self.kind.guarded.operation

    @property
    def name(self) -> str:
        """The FUSE request in lower case."""
        return self.kind.name

    @property
    def application(self) -> "Call":
        """The application call that it is part of."""
        call = self
        while call.outer is not None:
            call = call.outer
        return call

    def was_abandoned(self) -> bool:
        """Say whether it is gone because the watch took it, and let its callers know."""
        application = self.application
        # The watch may be held up before it says so itself.
        if self.claimed:
            application.expired = True
        return application.expired

    @property
    def limit_ms(self) -> int:
        """The time limit that set its deadline: its own, or its caller's if that ends sooner."""
        if self.outer is not None and self.outer.deadline_ns <= self.deadline_ns:
            return self.outer.limit_ms
        return (self.deadline_ns - self.started_ns) // 1_000_000

    @property
    def attempt(self) -> int:
        """Attempts begun."""
        return 1 if self.trouble is None else self.trouble.attempt

    @property
    def terms(self) -> Terms:
        """What may be done about a failure, and what its records name."""
        trouble = self.in_trouble()
        if trouble.terms is None:
            trouble.terms = self.about()
        return trouble.terms

    @property
    def attempt_ns(self) -> int:
        """When the running attempt began."""
        return self.started_ns if self.trouble is None else self.trouble.attempt_ns

    def in_trouble(self) -> Trouble:
        """Return what it has met, from now on."""
        if self.trouble is None:
            self.trouble = Trouble(self.started_ns)
        return self.trouble

    def callers(self) -> "Iterator[Call]":
        """Yield the call it is nested in, and so on outwards."""
        outer = self.outer
        while outer is not None:
            yield outer
            outer = outer.outer

    def remaining_ns(self) -> int:
        """Nanoseconds to its deadline; negative when that has passed."""
        return self.deadline_ns - self.kind.executor.now_ns()

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
        run = self.kind.executor.bind(operation, name, repeatable=repeatable, via=via)
        return run(function, lambda: Terms(fallback, inode, offset, length), self)
