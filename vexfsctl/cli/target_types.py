"""Click parameter types for targets: `VOLUME`, or `VOLUME/OPERATION`."""

from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.param_type import ParamType
from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.offers import offered_errors, offered_volumes
from vexfsctl.host.volumes import Target, parse_target
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

        volume, slash, _ = incomplete.partition("/")
        names = [name for name, _ in offered_volumes(ctx.ensure_object(AppContext).host)]
        fitting = [name for name in names if name.startswith(volume)]
        # The volume is clear if it is typed out, or if there is only one.
        clear = [volume] if slash and volume in fitting else fitting
        offers = [] if slash else fitting
        if self.operations and len(clear) == 1:
            offers = offers + [f"{clear[0]}/{operation}" for operation in OperationType]
        return [CompletionItem(offer) for offer in offers]


class MountedType(ParamType[str]):
    """The name of a volume, or where it is mounted; the shell completes both."""

    name = "mounted"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is: the driver finds what it means."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the live volumes, and let the shell complete a path."""
        from click.shell_completion import CompletionItem

        volumes = VOLUME.shell_complete(ctx, param, incomplete)
        return [*volumes, CompletionItem(incomplete, type="dir")]


class IncidentType(ParamType[str]):
    """An id or a target; the shell completes the latest ids, and the targets."""

    name = "incident"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is: only the log can tell an id from a name."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the live volumes with their operations, and the ids of the latest errors."""
        from click.shell_completion import CompletionItem

        errors = offered_errors(ctx.ensure_object(AppContext).host)
        targets = TARGET.shell_complete(ctx, param, incomplete)
        return [*targets, *(CompletionItem(name, help=told) for name, told in errors)]


TARGET = TargetType()
INCIDENT = IncidentType()
MOUNTED = MountedType()
VOLUME = TargetType(operations=False)
