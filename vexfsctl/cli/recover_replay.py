"""`vexfsctl recover replay`: plan, ask, carry out, probe the breaker, answer."""

from collections.abc import Iterator, Sequence

from vexfsctl.cli.breaker_actions import command_breakers
from vexfsctl.cli.breaker_probing import reset_by_probes
from vexfsctl.cli.changes import Change, Consent, obtain_consent, tell_doubts
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.recover_carrying_out import carry_out_noted
from vexfsctl.cli.recover_plan_report import make_plan_report, plan_body
from vexfsctl.cli.recover_planning import Planned, plan_recovery
from vexfsctl.cli.recover_replay_report import make_replay_report, replay_body
from vexfsctl.cli.recover_request import Place, ReplayRequest
from vexfsctl.cli.recover_subject import FoundSubject
from vexfsctl.cli.targets import Target
from vexfsctl.exceptions import ActionFailed, ExitStatus, InvalidInput
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.recovery.ledger.history import Result
from vexfsctl.recovery.plan.recovery_plan import Circumstances, Plan
from vexfsctl.recovery.replay import Replayed
from vexfsctl.render.result import CommandResult, Paragraph, Problem


def replay(app: AppContext, request: ReplayRequest) -> None:
    """Plan, ask, carry out, and answer what came of it."""
    dry_run, place = request.consent.dry_run, request.place
    planned = plan_recovery(app, request.asked, place, to_read=not dry_run)
    if dry_run:
        app.show(_dry_run(planned, place))
        return
    _check(planned.plan, planned.here)
    _ask(app, planned.plan, request.consent)
    _answer(app, request, planned, carry_out_noted(app, request, planned))


def _dry_run(planned: Planned, place: Place) -> CommandResult:
    report = make_plan_report(planned.plan, planned.found, place.device, place.fallback)
    body = (*plan_body(report), Paragraph(("Dry run: nothing was changed.",)))
    return CommandResult("recover.replay", report, body=body, coverage=planned.found.coverage)


def _check(plan: Plan, here: Circumstances) -> None:
    """Raise where there is nothing to carry out, or nowhere."""
    if not plan.steps:
        raise ActionFailed(
            f"nothing is hinted for {plan.subject.name}: there is nothing to carry out",
            hint="say what to do with --hints; vexfsctl explain tells what the error means",
        )
    if here.device is not None or here.volume is not None:
        return
    if plan.subject.volume is None:
        raise InvalidInput("say on which device: --device DEV")
    raise ActionFailed(
        f"volume {plan.subject.volume} does not answer, so nothing can be done through it",
        hint="say on which device: --device DEV",
    )


def _ask(app: AppContext, plan: Plan, consent: Consent) -> None:
    tell_doubts(app, plan.contradictions)
    for step in plan.steps:
        tell_doubts(app, [f"{step.hint}: {obstacle}" for obstacle in step.obstacles])
    targets = ", ".join(dict.fromkeys(step.target for step in plan.steps))
    hints = ", ".join(step.hint for step in plan.steps)
    obtain_consent(app, consent, f"Carry out {hints} on {targets}?")


def _answer(app: AppContext, request: ReplayRequest, planned: Planned, replayed: Replayed) -> None:
    probed = _probe_if_wanted(app, request, planned, replayed)
    changes = probed.data if probed is not None and isinstance(probed.data, tuple) else ()
    commands = tuple(_next_commands(app, planned, replayed, changes))
    report = make_replay_report(planned.plan, replayed, changes, commands)
    problems = tuple(map(Problem.of, replayed.failures))
    status = replayed.exit_status
    if probed is not None:
        problems += probed.problems
        status = max(status, probed.status)
    known = status in set(ExitStatus)
    app.show(
        CommandResult(
            "recover.replay",
            report,
            body=replay_body(report),
            coverage=planned.found.coverage,
            problems=problems,
            exit_status=ExitStatus(status) if known else ExitStatus.FAILED,
        )
    )
    if not known:
        # 128 + the signal that ended it.
        app.exit_status = status


def _probe_if_wanted(
    app: AppContext, request: ReplayRequest, planned: Planned, replayed: Replayed
) -> CommandResult | None:
    """Probe the breaker where it is open, its device may be well, and that was asked for."""
    target = _open_breaker(app, planned.found)
    if target is None or replayed.result not in (Result.GONE, Result.UNPROVEN):
        return None
    wanted = request.probe or (
        app.surroundings.interactive
        and not request.consent.yes
        and app.ask(f"Probe the breaker of {target} with harmless calls?")
    )
    if not wanted:
        return None
    app.waits = True
    command = BreakerCommand(BreakerAction.RESET, reason=request.reason)
    return command_breakers(
        app, [target], command, Consent(yes=True, dry_run=False), reset_by_probes
    )


def _open_breaker(app: AppContext, found: FoundSubject) -> Target | None:
    """The breaker of the subject as it is now, if it is not closed."""
    operation = found.subject.operation
    if found.volume is None or operation is None:
        return None
    tree = app.surroundings.open_tree(found.volume.root, app.source_timeout)
    status = tree.read_volume(found.volume.name).status
    if status is None or operation not in status.operations:
        return None
    breaker = status.operations[operation].breaker
    waits = breaker.state in (BreakerState.OPEN, BreakerState.FORCED_OPEN, BreakerState.HALF_OPEN)
    return Target(found.volume.name, operation) if waits else None


def _next_commands(
    app: AppContext, planned: Planned, replayed: Replayed, probed: Sequence[Change]
) -> Iterator[str]:
    found = planned.found
    target = None if probed else _open_breaker(app, found)
    if target is not None and replayed.result is not Result.INTERRUPTED:
        yield f"vexfsctl breaker reset {target} --probe"
    if replayed.steps and found.subject.volume is not None:
        yield f"vexfsctl trace {replayed.incident}{found.log_options}"
