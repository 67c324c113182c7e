"""How a function is to be guarded, declared once and checked there."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from vexfsctl.guard.ffi.returns import Judge, Returns
from vexfsctl.model.operations import OperationType
from vexfsctl.resilience.fallback import Fallback


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a guarded call does beyond calling."""

    name: str | None = None
    """What lines and records call the function; its own name unless given."""
    operation: OperationType = OperationType.STORAGE
    """Whose breaker it goes through."""
    returns: Returns | Judge = Returns.AUTO
    """How its results are judged: a way of `Returns`, or what returns the code of a failure."""
    deadline: float | None = None
    """Seconds for each attempt, which runs in a worker that is left behind then."""
    fallback: Fallback | None = None
    """What serves a failed or refused call; an answer such as ENOENT is none."""
    repeatable: bool = False
    """Whether it may be tried again, where the error allows that."""
    writes: bool = False
    """Whether it is refused with EROFS while the guard is read-only."""
    unconditional: bool = False
    """Whether it runs even while the breaker refuses calls: clean-up."""

    def but(self, **changes: Any) -> "Declaration":
        """Return it with *changes*, in their short forms; raise TypeError or ValueError."""
        if unknown := changes.keys() - {field.name for field in fields(self)}:
            raise TypeError(f"a guarded call has no {', '.join(sorted(unknown))}")
        for name in changes.keys() & _IN_FULL.keys():
            changes[name] = _IN_FULL[name](changes[name])
        return replace(self, **changes)


def _fallback(given: object) -> Fallback | None:
    """Return the fallback that *given* is short for: a function, a value, or a tuple of them."""
    if given is None or isinstance(given, Fallback):
        return given
    chain = given if isinstance(given, tuple) else (given,)
    return Fallback(*(each if callable(each) else _constant(each) for each in chain))


def _constant(value: object) -> Callable[..., object]:
    return lambda *_args, **_kwargs: value


def _returns(given: Any) -> Returns | Judge:
    return given if callable(given) else Returns(given)


_IN_FULL: dict[str, Callable[[Any], Any]] = {
    "operation": OperationType,
    "returns": _returns,
    "fallback": _fallback,
}
