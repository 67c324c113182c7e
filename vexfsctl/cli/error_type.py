"""Click parameter types of names of errors and errnos."""

from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.param_type import ParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class ErrorType(ParamType[str]):
    """A name as written; the shell completes those of the catalogue, and errnos."""

    name = "text"

    def __init__(self, *, errors: bool = True, errnos: bool = True) -> None:
        self._errors = errors
        self._errnos = errnos

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is: a filter may name an error of a later version."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the names with their messages."""
        # Deferred, all of it: help needs no catalogue.
        from click.shell_completion import CompletionItem

        told: dict[str, str] = {}
        if self._errors:
            from vexfsctl.catalogue.lookup import ERRORS

            told |= {error.name: error.message for error in ERRORS}
        if self._errnos:
            import errno
            import os

            told |= {name: os.strerror(number) for number, name in sorted(errno.errorcode.items())}
        return [CompletionItem(name, help=message) for name, message in told.items()]


ERROR = ErrorType(errnos=False)
ERRNO = ErrorType(errors=False)
ERROR_OR_ERRNO = ErrorType()
