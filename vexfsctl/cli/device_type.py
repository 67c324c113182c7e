"""The click parameter type of a block device, by any of its names."""

from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.param_type import ParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class DeviceType(ParamType[str]):
    """A device as written; the shell completes those of this host."""

    name = "device"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text: whether anything is called that may depend on a log."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the names of devices, or let the shell complete a path."""
        from click.shell_completion import CompletionItem

        from vexfsctl.host.offers import offered_devices

        if incomplete.startswith(("/", ".")):
            return [CompletionItem(incomplete, type="file")]
        devices = offered_devices(ctx.ensure_object(AppContext).host)
        return [CompletionItem(name, help=kind) for name, kind in devices]


DEVICE = DeviceType()
