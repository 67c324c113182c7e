"""`vexfsctl recover plan`, and what `recover replay` begins with: subject, place, steps."""

from dataclasses import dataclass

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.recover_place import circumstances_at, look_at_device
from vexfsctl.cli.recover_plan_report import make_plan_report, plan_body
from vexfsctl.cli.recover_request import Asked, Place
from vexfsctl.cli.recover_subject import FoundSubject, find_subject
from vexfsctl.recovery.plan.recovery_plan import Circumstances, Plan, make_plan
from vexfsctl.render.result import CommandResult


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it was made from."""

    plan: Plan
    found: FoundSubject
    here: Circumstances


def plan_recovery(app: AppContext, asked: Asked, place: Place, *, to_read: bool) -> Planned:
    """Return the plan for what was *asked* at *place*; *to_read*: its devices must be readable.

    Raises what `find_subject` and `look_at_device` raise.
    """
    asked.check()
    place.check()
    found = find_subject(app, asked)
    device = look_at_device(place.device, to_read=to_read)
    if device is not None:
        found = found.on_device(device.number)
    here = circumstances_at(place, device, found)
    return Planned(make_plan(found.subject, here), found, here)


def show_plan(app: AppContext, asked: Asked, place: Place) -> CommandResult:
    """Return the plan for what was *asked* at *place*, with the command that carries it out."""
    planned = plan_recovery(app, asked, place, to_read=False)
    found = planned.found
    report = make_plan_report(planned.plan, found, place.device, place.fallback)
    return CommandResult("recover.plan", report, body=plan_body(report), coverage=found.coverage)
