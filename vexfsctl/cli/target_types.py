"""Click parameter types for targets: `VOLUME`, or `VOLUME/OPERATION`."""

from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.param_type import ParamType
from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.volumes import Target, names_of_volumes, parse_target
from vexfsctl.model.operations import OperationType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class TargetType(ParamType[Target]):
    """A `Target`; the shell completes the live ones."""

    name = "target"

    def __init__(self, *, operations: bool = True) -> None:
        self.operations = operations

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        """Return the target."""
        if isinstance(value, Target):
            return value
        if not self.operations and "/" in value:
            volume = value.partition("/")[0]
            raise InvalidInput(f"not a volume name: {value!a}", hint=f"did you mean {volume}?")
        return parse_target(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the live volumes, and the operations once the volume is clear."""
        from click.shell_completion import CompletionItem

        names = names_of_volumes(ctx.ensure_object(AppContext).host)
        fitting = [name for name in names if name.startswith(incomplete.partition("/")[0])]
        offers = [] if "/" in incomplete else fitting
        if self.operations and len(fitting) == 1:
            offers = offers + [f"{fitting[0]}/{operation}" for operation in OperationType]
        return [CompletionItem(offer) for offer in offers if offer.startswith(incomplete)]


TARGET = TargetType()
VOLUME = TargetType(operations=False)
