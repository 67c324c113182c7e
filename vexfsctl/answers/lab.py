"""What the commands of `lab` answer."""

from collections.abc import Sequence

from vexfsctl.lab.assembly import Lab
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table


def lab_up(lab: Lab) -> CommandResult:
    """Answer `lab up`: the lab, where its volume is mounted and what it lies on."""
    below = lab.device or f"a plain directory, {lab.backing}"
    line = f"lab {lab.name} is up: volume {lab.volume} on {lab.mountpoint}, {below}"
    return CommandResult("lab.up", lab, body=(Paragraph((line,)),))


def lab_down(name: str, before: Lab | None, *, changed: bool) -> CommandResult:
    """Answer `lab down`: the lab as it was *before*, and whether there was one."""
    words = f"lab {name} is gone" if changed else f"there was no lab {name!r}"
    return CommandResult(
        "lab.down", {"lab": before, "changed": changed}, body=(Paragraph((words,)),)
    )


def lab_list(labs: Sequence[Lab]) -> CommandResult:
    """Answer `lab list`: one line for each lab."""
    nothing = Paragraph(("No lab is up. Make one: vexfsctl lab up",))
    return CommandResult("lab.list", labs, body=(Table(_COLUMNS, labs) if labs else nothing,))


def lab_inject(active: Sequence[str]) -> CommandResult:
    """Answer `lab inject`: the active faults."""
    lines = tuple(active) or ("no fault is in force",)
    return CommandResult("lab.inject", {"active": active}, body=(Paragraph(lines),))


_COLUMNS = (
    Column("NAME", lambda lab: lab.name),
    Column("KIND", lambda lab: lab.kind),
    Column("DEVICE", lambda lab: lab.device),
    Column("MOUNTED", lambda lab: "yes" if lab.mounted else "no"),
    Column("MOUNTPOINT", lambda lab: lab.mountpoint),
)
