"""Commands to breakers: plan, ask, write with `if-generation`, read back, report that.

Two operators, or an operator and a timer, may act at once. Every command carries the generation
it was planned for, so a change in between is never overwritten but reported.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vexfsctl.analysis.breakers import doubts_about_reset, is_as_asked
from vexfsctl.exceptions import (
    ActionFailed,
    GenerationMoved,
    StateConflict,
    VexfsctlException,
    covering,
)
from vexfsctl.host.changes import (
    Change,
    Changes,
    Consent,
    Outcome,
    Refusal,
    obtain_consent,
    tell_doubts,
)
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.volumes import Chosen, Target, absence_exception, consult_breakers
from vexfsctl.model.breaker import (
    TIMED_ACTIONS,
    BreakerAction,
    BreakerCommand,
    BreakerStatus,
    state_after,
)
from vexfsctl.model.volume import OperationStatus
from vexfsctl.render.words import word
from vexfsctl.sysfs.attributes import BREAKER_CONTROL


@dataclass(frozen=True, slots=True)
class Plan:
    """One command for one breaker, with the breaker as it was at planning."""

    chosen: Chosen
    command: BreakerCommand

    @property
    def breaker(self) -> BreakerStatus:
        """The breaker as it was read."""
        return self.chosen.status.breaker

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do: the state is as asked, and nothing else would change."""
        match self.command.action:
            case BreakerAction.TRIP:
                return False  # it renews the time a trip holds
            case action if action in TIMED_ACTIONS:
                if self.command.for_ms is not None or self.breaker.until_ms != 0:
                    return False  # it sets, or takes away, the time
            case BreakerAction.RESET if self.breaker.failures:
                return False  # it clears the window
        return is_as_asked(self.breaker.state, self.command.action)


Execution = Callable[[Host, Operator, Plan], Outcome]
"""Carries out one plan and returns the result."""


def command_breakers(
    host: Host,
    operator: Operator,
    targets: Sequence[Target],
    command: BreakerCommand,
    consent: Consent,
    execute: Execution | None = None,
) -> Changes:
    """Send *command* to every breaker that *targets* mean, and return the results.

    *execute* carries out one plan; the default writes the command. Raises what `consult` raises,
    an exception for a named volume that is absent, Declined, and InvalidInput if nobody can be
    asked.
    """
    consulted = consult_breakers(host, targets)
    with covering(consulted.coverage):
        consulted.require_answers()
        plans = [plan_command(chosen, command) for chosen in consulted.operations]
        tell_doubts(operator, _doubts(plans, host.clock.now_ns()))
        if consent.dry_run:
            return Changes(tuple(map(_foresee, plans)), consulted)
        if not all(map(_settled, plans)):
            obtain_consent(operator, consent, _question(plans))
        execute = execute or carry_out
        return Changes(tuple(execute(host, operator, plan) for plan in plans), consulted)


def plan_command(chosen: Chosen, command: BreakerCommand) -> Plan:
    """Plan *command* for a breaker as it was read, refusing to act on anything newer."""
    return Plan(chosen, command._replace(if_generation=chosen.status.breaker.generation))


def carry_out(host: Host, _operator: Operator, plan: Plan) -> Outcome:
    """Write the command unless there is nothing to do, and read back the result."""
    if _settled(plan):
        return _foresee(plan, dry_run=False)
    try:
        return _write_and_judge(host, plan)
    except VexfsctlException as failure:
        return Refusal(_unchanged(plan, plan.breaker), failure)


def _write_and_judge(host: Host, plan: Plan) -> Outcome:
    tree = host.tree(plan.chosen.volume.root)
    path = BREAKER_CONTROL.of(plan.chosen.operation).path
    try:
        tree.write(plan.chosen.volume.name, path, plan.command)
    except GenerationMoved as moved:
        return _judge_moved(plan, read_operation(host, plan.chosen).breaker, moved)
    return _judge(plan, read_operation(host, plan.chosen).breaker)


def read_operation(host: Host, chosen: Chosen) -> OperationStatus:
    """Read *chosen* again; raise an exception if its volume is absent."""
    volume = host.tree(chosen.volume.root).read_volume(chosen.volume.name, [chosen.operation])
    if volume.status is None:
        raise absence_exception(volume)
    if chosen.operation not in volume.status.operations:
        raise ActionFailed(f"{chosen.name} cannot be read back: {volume.detail}")
    return volume.status.operations[chosen.operation]


def change_of(plan: Plan, after: BreakerStatus) -> Change:
    """Return the change from the planned state to *after*."""
    return _change(plan, word(after.state), changed=_moved(plan, after), dry_run=False)


def _foresee(plan: Plan, *, dry_run: bool = True) -> Outcome:
    after = state_after(plan.breaker.state, plan.command.action)
    if after is not None:
        return _change(plan, str(after), changed=not plan.idle, dry_run=dry_run)
    action, state = plan.command.action, word(plan.breaker.state)
    refusal = StateConflict(
        f"{plan.chosen.name} is {state}: there is nothing to {action}",
        hint=f"vexfsctl breaker show {plan.chosen.name}",
    )
    return Refusal(_change(plan, state, changed=False, dry_run=dry_run), refusal)


def _judge(plan: Plan, after: BreakerStatus) -> Outcome:
    change = change_of(plan, after)
    if is_as_asked(after.state, plan.command.action):
        return change
    became = f"{change.after} again" if change.changed else f"still {change.after}"
    failure = ActionFailed(
        f"{plan.chosen.name} accepted {plan.command.action} and is {became}",
        hint=f"vexfsctl breaker show {plan.chosen.name}",
    )
    return Refusal(change, failure)


def _judge_moved(plan: Plan, now: BreakerStatus, moved: GenerationMoved) -> Outcome:
    unchanged = _unchanged(plan, now)
    if is_as_asked(now.state, plan.command.action):
        return unchanged
    failure = GenerationMoved(
        f"{plan.chosen.name} became {unchanged.after} meanwhile: someone or something else"
        " changed it, and nothing was overwritten",
        hint="look at it, then repeat the command if you still want it",
    )
    failure.__cause__ = moved
    return Refusal(unchanged, failure)


def _moved(plan: Plan, after: BreakerStatus) -> bool:
    before = plan.breaker
    if plan.command.action in TIMED_ACTIONS:
        timed = plan.command.for_ms or (before.until_ms and after.until_ms == 0)
        return after.generation != before.generation or bool(timed)
    if plan.command.action is BreakerAction.RESET and before.failures > after.failures:
        return True
    return after.generation != before.generation


def _unchanged(plan: Plan, now: BreakerStatus) -> Change:
    return _change(plan, word(now.state), changed=False, dry_run=False)


def _change(plan: Plan, after: str, *, changed: bool, dry_run: bool) -> Change:
    return Change(
        target=plan.chosen.name,
        key="state",
        before=word(plan.breaker.state),
        after=after,
        changed=changed,
        dry_run=dry_run,
    )


def _settled(plan: Plan) -> bool:
    """Whether nothing is to be written: it is as requested, or the state does not allow it."""
    return plan.idle or state_after(plan.breaker.state, plan.command.action) is None


def _question(plans: Sequence[Plan]) -> str:
    unsettled = [plan for plan in plans if not _settled(plan)]
    action = unsettled[0].command.action.capitalize()
    if len(unsettled) == 1:
        return f"{action} {unsettled[0].chosen.name} ({word(unsettled[0].breaker.state)})?"
    return f"{action} {len(unsettled)} breakers ({', '.join(p.chosen.name for p in unsettled)})?"


def _doubts(plans: Sequence[Plan], now_ns: int) -> list[str]:
    return [
        f"{plan.chosen.name}: {doubt}"
        for plan in plans
        if plan.command.action is BreakerAction.RESET and not _settled(plan)
        for doubt in doubts_about_reset(plan.chosen.status, now_ns)
    ]
