"""`vexfsctl recover plan`: find the subject, look at the place, lay out the steps."""

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.recover_place import Place, device_of, look_at_device, plan_for
from vexfsctl.cli.recover_plan_report import make_plan_report, plan_body
from vexfsctl.cli.recover_subject import Asked, find_subject
from vexfsctl.render.result import CommandResult


def show_plan(app: AppContext, asked: Asked, place: Place) -> CommandResult:
    """Return the plan for what was *asked* at *place*, with the command that carries it out."""
    asked.check()
    place.check()
    found = find_subject(app, asked)
    device = look_at_device(place.device, to_read=False)
    if device is not None:
        found = found.on_device(device.number)
    plan, _ = plan_for(found, place, device)
    node = place.device or device_of(found)
    report = make_plan_report(plan, found.volume, node, place.fallback)
    return CommandResult("recover.plan", report, body=plan_body(report), coverage=found.coverage)
