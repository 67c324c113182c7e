"""`breaker wait`: until one breaker is in a state, woken by the provider where it can."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.targets import Chosen, Target, consult
from vexfsctl.exceptions import DeadlineExceeded, InvalidInput
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.operations import OperationType
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import CommandResult, Paragraph, Span
from vexfsctl.render.words import word

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reached:
    """The state a breaker was waited for, and how long that took."""

    volume: str
    root: Path
    operation: OperationType
    state: BreakerState | str
    waited_ms: int


def wait_for_breaker(app: AppContext, target: Target, until: str) -> CommandResult:
    """Return when the one breaker that *target* names is *until*; DeadlineExceeded if not."""
    chosen = _only_one(app, target)
    tree = app.surroundings.open_tree(chosen.volume.root, app.source_timeout)
    path = f"operations/{chosen.operation}/breaker/state"
    began_ns = app.clock.now_ns()
    limit_s = app.wait_timeout
    try:
        state = tree.wait_until(chosen.volume.name, path, _accepts(until), timeout_s=limit_s)
    except DeadlineExceeded as late:
        raise DeadlineExceeded(
            f"{chosen.name} is not {until} after {limit_s:g} s",
            hint=f"vexfsctl breaker show {chosen.name}",
        ) from late
    waited_ms = (app.clock.now_ns() - began_ns) // _NS_PER_MS
    reached = Reached(chosen.volume.name, chosen.volume.root, chosen.operation, state, waited_ms)
    line = (f"{chosen.name}: ", Span(word(state), tone_of_word(state)))
    return CommandResult("breaker.wait", reached, body=(Paragraph((line,)),))


def _only_one(app: AppContext, target: Target) -> Chosen:
    consulted = consult(app, [target])
    consulted.require_answers()
    if len(consulted.operations) != 1:
        raise InvalidInput(
            f"{target} is {len(consulted.operations)} breakers", hint="name one: VOLUME/OPERATION"
        )
    return consulted.operations[0]


def _accepts(until: str) -> Callable[[BreakerState | str], bool]:
    if until == BreakerState.OPEN:
        return lambda state: state in (BreakerState.OPEN, BreakerState.FORCED_OPEN)
    return lambda state: state == until
