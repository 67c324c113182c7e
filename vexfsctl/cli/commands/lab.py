"""`vexfsctl lab`: a volume whose faults you control, on a loop device or a plain directory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.error_type import ERRNO
from vexfsctl.cli.param_type import ParamType
from vexfsctl.cli.types import PATH, SECONDS, SIZE

EXAMPLES = """\
Examples:
  vexfsctl lab up                                   a volume on a loop device of its own
  vexfsctl lab up --plain                           on a plain directory, as without root
  vexfsctl lab inject read --path data.bin          reads of that file now fail with EIO
  vexfsctl lab inject --clear                       remove all faults
  vexfsctl lab down                                 leave no trace
"""

_DEFAULT_NAME = "lab"


class LabType(ParamType[str]):
    """The name of a lab; the shell completes those that exist."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the labs of this user and of root."""
        from vexfsctl.host.offers import offered_labs

        return [CompletionItem(name, help=kind) for name, kind in offered_labs()]


def _name_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--name",
        type=LabType(),
        default=_DEFAULT_NAME,
        show_default=True,
        help="Name of the lab and of its volume.",
    )(function)


def _kind_options(function: Callable[..., Any]) -> Callable[..., Any]:
    size = click.option(
        "--size",
        type=SIZE,
        help="Size of the device; unused space takes no room. Default: 128MiB.",
    )
    plain = click.option(
        "--plain",
        is_flag=True,
        help="Use a plain directory: no device, the driver fails calls. Implied without root.",
    )
    return size(plain(function))


class CallType(ParamType[str]):
    """Name of a call to fail; the kind of lab decides which are valid."""

    name = "kind"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the calls of the driver."""
        from vexfsctl.driver.requests import CALL_NAMES

        return [CompletionItem(name) for name in sorted(CALL_NAMES) if name.startswith(incomplete)]


@click.group("lab", cls=Group, epilog=EXAMPLES)
def lab() -> None:
    """Experiment with a volume that fails on demand.

    As root, the volume is an ext4 on a loop device whose sectors fail; the kernel reports them as
    for any disk. Without root, or with --plain, it is a plain directory, and the driver fails
    calls.
    """


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab up --name one
  vexfsctl lab up --name two --size 1GiB
  vexfsctl lab up --name three --plain
"""
)
@_name_option
@_kind_options
@pass_app
def up(app: AppContext, name: str, size: int | None, plain: bool) -> None:
    """Create a volume and what it lies on: image, loop device and ext4, or a directory."""
    # Deferred, here and below, so that help needs no driver.
    from vexfsctl.answers.lab import lab_up
    from vexfsctl.lab.assembly import bring_up
    from vexfsctl.lab.layout import new_layout

    layout = new_layout(name, plain=plain)
    limit_s = app.host.deadlines.wait_s
    made = bring_up(layout, size=size, config_file=app.config_file, timeout_s=limit_s)
    app.show(lab_up(made))


@lab.command(epilog="Examples:\n  vexfsctl lab down --name one\n")
@_name_option
@pass_app
def down(app: AppContext, name: str) -> None:
    """Take the lab down and remove all of it, whatever state it is in."""
    from vexfsctl.answers.lab import lab_down
    from vexfsctl.lab.assembly import describe, take_down
    from vexfsctl.lab.layout import find_layout

    layout = find_layout(name)
    before = describe(layout)
    app.show(lab_down(name, before, changed=take_down(layout)))


@lab.command("list", epilog="Examples:\n  vexfsctl lab list\n")
@pass_app
def list_command(app: AppContext) -> None:
    """Show your labs and root's."""
    from vexfsctl.answers.lab import lab_list
    from vexfsctl.lab.assembly import list_labs

    app.show(lab_list(list_labs()))


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab run -- sh -c 'echo hello > "$VEXFSCTL_LAB_MOUNTPOINT/file"'
""",
    context_settings={"ignore_unknown_options": True},
)
@_name_option
@_kind_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(
    ctx: click.Context, name: str, size: int | None, plain: bool, command: tuple[str, ...]
) -> None:
    """Run COMMAND in a lab that lasts as long as COMMAND runs; exit with its status.

    The environment of COMMAND has VEXFSCTL_LAB (the name of lab and volume),
    VEXFSCTL_LAB_MOUNTPOINT and VEXFSCTL_LAB_DEVICE (empty in a plain lab).
    """
    from vexfsctl.lab.layout import new_layout
    from vexfsctl.lab.running import run_inside

    app, layout = ctx.ensure_object(AppContext), new_layout(name, plain=plain)
    limit_s = app.host.deadlines.wait_s
    ctx.exit(run_inside(layout, command, size=size, config_file=app.config_file, timeout_s=limit_s))


@lab.command(
    epilog="""\
Examples:
  vexfsctl lab inject read --path data.bin --errno EIO
  vexfsctl lab inject write --offset 1MiB --length 64KiB --errno ENOSPC --count 3
  vexfsctl lab inject read --path data.bin --delay 30     succeeds, but 30 seconds late
  vexfsctl lab inject statfs --errno EIO                  in a plain lab, any call of the driver
  vexfsctl lab inject --list
  vexfsctl lab inject --clear
"""
)
@_name_option
@click.argument("kind", type=CallType(), metavar="[KIND]", required=False)
@click.option("--path", type=PATH, help="A file of the volume.")
@click.option(
    "--offset", type=SIZE, help="First byte, in the file, or in the device without --path."
)
@click.option("--length", type=SIZE, help="Number of bytes. Default: to the end.")
@click.option(
    "--errno",
    "errno_name",
    metavar="NAME",
    type=ERRNO,
    help="Default: EIO, unless --delay is given.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many requests fail; a buffered read makes the kernel ask the device twice, and each "
    "retry counts. Default: all.",
)
@click.option("--delay", type=SECONDS, help="Seconds to hold a request before answering it.")
@click.option("--list", "show", is_flag=True, help="List the active faults.")
@click.option("--clear", is_flag=True, help="Remove all faults and release held requests.")
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
    """Make requests fail or wait. KIND is read, write or fsync.

    In a lab on a device these are requests of the device. In a plain lab they are calls of the
    driver, and KIND may be any of them.
    """
    from vexfsctl.answers.lab import lab_inject
    from vexfsctl.lab import faults
    from vexfsctl.lab.layout import find_layout

    if (kind is not None) + show + clear != 1:
        raise click.UsageError("give one of KIND, --list and --clear")
    layout = find_layout(name)
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
    app.show(lab_inject(faults.active_faults(layout)))
