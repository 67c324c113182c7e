"""A recovery replayed: plan, check, ask, carry out, probe the breaker."""

from dataclasses import dataclass

from vexfsctl.exceptions import ActionFailed, InvalidInput, covering
from vexfsctl.host.breaker.command import command_breakers
from vexfsctl.host.breaker.probe import reset_by_probes
from vexfsctl.host.changes import Changes, Consent, obtain_consent, tell_doubts
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.recovery.execution import execute_plan
from vexfsctl.host.recovery.plan import Planned, plan_recovery
from vexfsctl.host.recovery.request import ReplayRequest
from vexfsctl.host.recovery.subject import FoundSubject
from vexfsctl.host.volumes import Target
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.recovery.ledger.history import Result
from vexfsctl.recovery.plan.recovery_plan import Circumstances, Plan
from vexfsctl.recovery.replay import Replayed


@dataclass(frozen=True, slots=True)
class Replay:
    """A plan, and the result of carrying it out."""

    planned: Planned
    replayed: Replayed
    probed: Changes | None
    """Result of probing the breaker; None if it was not probed."""
    open_breaker: Target | None
    """The breaker of its subject, if it is not closed and was not probed."""


def replay_recovery(host: Host, operator: Operator, request: ReplayRequest) -> Replay:
    """Plan the *request*, ask, carry it out, and probe the breaker if requested.

    Raises what `plan_recovery` raises, ActionFailed or InvalidInput if there is nothing to carry
    out or no place to do it, Declined, and RecoveryFailed if the ledger cannot be written or
    another replay holds the lock.
    """
    planned = plan_recovery(host, request.asked, request.place, to_read=True)
    with covering(planned.found.coverage):
        _check(planned.plan, planned.here)
        _ask(operator, planned.plan, request.consent)
        replayed = execute_plan(host, operator, request, planned)
        target = _open_breaker(host, planned.found)
        probed = _probe_if_wanted(host, operator, request, target, replayed)
    return Replay(planned, replayed, probed, None if probed else target)


def _check(plan: Plan, here: Circumstances) -> None:
    """Raise if there is nothing to carry out, or no place to do it."""
    if not plan.steps:
        raise ActionFailed(
            f"no hints for {plan.subject.name}: there is nothing to carry out",
            hint="give hints with --hints; vexfsctl explain says what the error means",
        )
    if here.device is not None or here.volume is not None:
        return
    if plan.subject.volume is None:
        raise InvalidInput("say on which device: --device DEV")
    raise ActionFailed(
        f"volume {plan.subject.volume} does not answer, so nothing can be done through it",
        hint="say on which device: --device DEV",
    )


def _ask(operator: Operator, plan: Plan, consent: Consent) -> None:
    tell_doubts(operator, plan.contradictions)
    for step in plan.steps:
        tell_doubts(operator, [f"{step.hint}: {obstacle}" for obstacle in step.obstacles])
    targets = ", ".join(dict.fromkeys(step.target for step in plan.steps))
    hints = ", ".join(step.hint for step in plan.steps)
    obtain_consent(operator, consent, f"Carry out {hints} on {targets}?")


def _probe_if_wanted(
    host: Host,
    operator: Operator,
    request: ReplayRequest,
    target: Target | None,
    replayed: Replayed,
) -> Changes | None:
    """Probe the breaker if it is open, its device may be healthy, and probing was requested."""
    if target is None or replayed.result not in (Result.GONE, Result.UNPROVEN):
        return None
    wanted = request.probe or (
        operator.interactive
        and not request.consent.yes
        and operator.ask(f"Probe the breaker of {target} with harmless calls?")
    )
    if not wanted:
        return None
    command = BreakerCommand(BreakerAction.RESET, reason=request.reason)
    consent = Consent(yes=True, dry_run=False)
    return command_breakers(host, operator, [target], command, consent, reset_by_probes)


def _open_breaker(host: Host, found: FoundSubject) -> Target | None:
    """The breaker of the subject as it is now, if it is not closed."""
    operation = found.subject.operation
    if found.volume is None or operation is None:
        return None
    status = host.tree(found.volume.root).read_volume(found.volume.name, [operation]).status
    if status is None or operation not in status.operations:
        return None
    breaker = status.operations[operation].breaker
    waits = breaker.state in (BreakerState.OPEN, BreakerState.FORCED_OPEN, BreakerState.HALF_OPEN)
    return Target(found.volume.name, operation) if waits else None
