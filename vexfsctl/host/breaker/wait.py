"""Wait until one breaker is in a state, woken by the provider if it can."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import DeadlineExceeded, InvalidInput, covering
from vexfsctl.host.host import Host
from vexfsctl.host.volumes import Chosen, Consulted, Target, consult_breakers
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.operations import OperationType
from vexfsctl.sysfs.attributes import BREAKER_STATE

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reached:
    """The state that was waited for, and how long that took."""

    volume: str
    root: Path
    operation: OperationType
    state: BreakerState | str
    waited_ms: int

    @property
    def name(self) -> str:
        """As a person writes it: `loop0/file`."""
        return f"{self.volume}/{self.operation}"


def wait_for_breaker(host: Host, target: Target, until: str) -> Reached:
    """Return when the one breaker that *target* names is *until*.

    Raises DeadlineExceeded if it does not get there, InvalidInput for a target that is not one
    breaker, what `consult` raises, and an exception for an absent volume.
    """
    consulted = consult_breakers(host, [target])
    with covering(consulted.coverage):
        consulted.require_answers()
        return _wait(host, _only_one(consulted, target), until)


def _wait(host: Host, chosen: Chosen, until: str) -> Reached:
    path = BREAKER_STATE.of(chosen.operation).path
    began_ns, limit_s = host.clock.now_ns(), host.deadlines.wait_s
    volume = chosen.volume
    try:
        state = host.tree(volume.root).wait_until(
            volume.name, path, _accepts(until), timeout_s=limit_s
        )
    except DeadlineExceeded as late:
        raise DeadlineExceeded(
            f"{chosen.name} is not {until} after {limit_s:g} s",
            hint=f"vexfsctl breaker show {chosen.name}",
        ) from late
    waited_ms = (host.clock.now_ns() - began_ns) // _NS_PER_MS
    return Reached(volume.name, volume.root, chosen.operation, state, waited_ms)


def _only_one(consulted: Consulted, target: Target) -> Chosen:
    if len(consulted.operations) != 1:
        raise InvalidInput(
            f"{target} is {len(consulted.operations)} breakers", hint="name one: VOLUME/OPERATION"
        )
    return consulted.operations[0]


def _accepts(until: str) -> Callable[[BreakerState | str], bool]:
    if until == BreakerState.OPEN:
        return lambda state: state in (BreakerState.OPEN, BreakerState.FORCED_OPEN)
    return lambda state: state == until
