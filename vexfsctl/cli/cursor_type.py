"""The click parameter type of a place in a log."""

from typing import Any

import click

from vexfsctl.cli.param_type import ParamType
from vexfsctl.model.cursor import Cursor


class CursorType(ParamType[Cursor]):
    """A place in a log, as `log --json` prints it."""

    name = "cursor"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Cursor:
        """Return the place."""
        if isinstance(value, Cursor):
            return value
        try:
            return Cursor.parse(value)
        except ValueError as cause:
            self.fail(f"{cause} (`vexfsctl log --json` prints that of each record)", param, ctx)


CURSOR = CursorType()
