"""`vexfsctl lab`: a volume on a loop device whose faults one controls."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.types import PATH, SECONDS, SIZE
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table

if TYPE_CHECKING:
    from vexfsctl.lab.assembly import Lab

EXAMPLES = """\
Examples:
  vexfsctl lab up                                   a volume on a loop device of its own
  vexfsctl lab inject read --path data.bin          reads of that file's sectors now fail with EIO
  vexfsctl lab inject --clear                       heal the device
  vexfsctl lab down                                 leave no trace
"""

_DEFAULT_NAME = "lab"


def _name_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--name",
        default=_DEFAULT_NAME,
        show_default=True,
        help="Name of the lab, which is its volume's too.",
    )(function)


def _size_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--size",
        type=SIZE,
        default="128MiB",
        show_default=True,
        help="Size of the device; what is not used takes no room.",
    )(function)


@click.group("lab", cls=Group, epilog=EXAMPLES)
def lab() -> None:
    """Try things on a volume whose device fails on demand. Needs root."""


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab up --name one
  vexfsctl lab up --name two --size 1GiB
"""
)
@_name_option
@_size_option
@pass_app
def up(app: AppContext, name: str, size: int) -> None:
    """Make an image, a loop device, an ext4 and a volume on top of each other."""
    from vexfsctl.lab.assembly import bring_up
    from vexfsctl.lab.layout import Layout

    made = bring_up(Layout(name), size=size)
    lines = (f"lab {made.name} is up: volume {made.volume} on {made.mountpoint}, {made.device}",)
    app.show(CommandResult("lab.up", made, body=(Paragraph(lines),)))


@lab.command(epilog="Examples:\n  vexfsctl lab down --name one\n")
@_name_option
@pass_app
def down(app: AppContext, name: str) -> None:
    """Take the lab apart and remove every trace, whatever state it is in."""
    from vexfsctl.lab.assembly import describe, take_down
    from vexfsctl.lab.layout import Layout

    layout = Layout(name)
    before = describe(layout)
    there = take_down(layout)
    words = f"lab {name} is gone" if there else f"there was no lab {name}"
    data = {"lab": before, "changed": there}
    app.show(CommandResult("lab.down", data, body=(Paragraph((words,)),)))


@lab.command("list", epilog="Examples:\n  vexfsctl lab list\n")
@pass_app
def list_command(app: AppContext) -> None:
    """Show the labs of this machine."""
    from vexfsctl.lab.assembly import list_labs

    labs = list_labs()
    nothing = Paragraph(("No lab is up. Make one: vexfsctl lab up",))
    app.show(CommandResult("lab.list", labs, body=(_table(labs) if labs else nothing,)))


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab run -- sh -c 'echo hello > "$VEXFSCTL_LAB_MOUNTPOINT/file"'
""",
    context_settings={"ignore_unknown_options": True},
)
@_name_option
@_size_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, name: str, size: int, command: tuple[str, ...]) -> None:
    """Run COMMAND inside a lab that lasts as long as it does; pass its exit status on.

    COMMAND finds in its environment VEXFSCTL_LAB (the lab's and volume's name),
    VEXFSCTL_LAB_MOUNTPOINT and VEXFSCTL_LAB_DEVICE.
    """
    from vexfsctl.lab.layout import Layout
    from vexfsctl.lab.running import run_inside

    ctx.exit(run_inside(Layout(name), command, size=size))


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab inject read --path data.bin --errno EIO
  vexfsctl lab inject write --offset 1MiB --length 64KiB --errno ENOSPC --count 3
  vexfsctl lab inject read --path data.bin --delay 30     answers, but 30 seconds late
  vexfsctl lab inject --list
  vexfsctl lab inject --clear
"""
)
@_name_option
@click.argument("kind", type=click.Choice(["read", "write", "fsync"]), required=False)
@click.option("--path", type=PATH, help="A file of the volume.")
@click.option("--offset", type=SIZE, help="First byte, in the file or else in the image.")
@click.option("--length", type=SIZE, help="Bytes from there on. Default: to the end.")
@click.option(
    "--errno", "errno_name", metavar="NAME", help="Default: EIO, unless --delay is given."
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Requests that fail; for one buffered read the kernel makes two. Default: all.",
)
@click.option("--delay", type=SECONDS, help="Seconds a request waits before it is answered.")
@click.option("--list", "show", is_flag=True, help="Show the faults in force.")
@click.option("--clear", is_flag=True, help="Remove all faults and release delayed requests.")
@pass_app
def inject(
    app: AppContext,
    name: str,
    kind: str | None,
    path: Path | None,
    offset: int | None,
    length: int | None,
    errno_name: str | None,
    count: int | None,
    delay: float | None,
    show: bool,
    clear: bool,
) -> None:
    """Make requests to the lab's device fail or wait: KIND is read, write or fsync."""
    from vexfsctl.lab import faults
    from vexfsctl.lab.layout import Layout

    if (kind is not None) + show + clear != 1:
        raise click.UsageError("one of KIND, --list and --clear")
    layout = Layout(name)
    if kind is not None:
        faults.inject(
            layout,
            faults.FaultRequest(
                kind=kind,
                path=path,
                offset=offset,
                length=length,
                errno=errno_name or (None if delay else "EIO"),
                count=count,
                delay_ms=None if delay is None else round(delay * 1000),
            ),
        )
    elif clear:
        faults.clear(layout)
    active = faults.active_faults(layout)
    lines = active or ("no fault is in force",)
    app.show(CommandResult("lab.inject", {"active": active}, body=(Paragraph(lines),)))


def _table(labs: "tuple[Lab, ...]") -> Table:
    return Table(
        (
            Column("NAME", lambda lab: lab.name),
            Column("DEVICE", lambda lab: lab.device),
            Column("MOUNTED", lambda lab: "yes" if lab.mounted else "no"),
            Column("MOUNTPOINT", lambda lab: lab.mountpoint),
        ),
        labs,
    )
