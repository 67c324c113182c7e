"""One result in the format asked for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.envelope import Provenance, render_json, render_ndjson
from vexfsctl.render.plain import render_plain
from vexfsctl.render.result import CommandResult
from vexfsctl.render.signs import lacks_ours, takes_all
from vexfsctl.render.tsv import render_tsv


class Screen(NamedTuple):
    """What text is rendered for."""

    width: int | None = None
    """Columns of the terminal; None for a pipe or a file: nothing is wrapped."""
    colour: bool = False
    encoding: str = "utf-8"
    """Of the stream: characters that it lacks are replaced before columns are measured."""


def render(
    result: CommandResult, output: OutputFormat, provenance: Provenance, screen: Screen
) -> Iterator[str]:
    """Yield *result* as *output*, in pieces; the screen matters for tables only."""
    match output:
        case OutputFormat.JSON:
            return render_json(result, provenance)
        case OutputFormat.NDJSON:
            return render_ndjson(result, provenance)
        case OutputFormat.TSV:
            return render_tsv(result)
        case OutputFormat.TABLE:
            return _render_text(result, screen)


def _render_text(result: CommandResult, screen: Screen) -> Iterator[str]:
    if not takes_all(screen.encoding):
        # Deferred: few streams are of that kind.
        from vexfsctl.render.encoding import fit_body

        result = replace(result, body=fit_body(result.body, screen.encoding))
    if screen.width is None:
        return render_plain(result, colour=screen.colour)
    # Deferred: a pipe never needs rich, and importing it is most of the time such a command takes.
    from vexfsctl.render.terminal import render_terminal

    return render_terminal(
        result, width=screen.width, colour=screen.colour, ascii_rules=lacks_ours(screen.encoding)
    )
