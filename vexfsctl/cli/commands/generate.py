"""`vexfsctl generate`: writes the checked-in documents. Hidden: for vexfsctl's developers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.documents.completions import completion_files
from vexfsctl.cli.documents.configuration import example_files
from vexfsctl.cli.documents.manual.pages import manual_files
from vexfsctl.cli.documents.reference import reference_files
from vexfsctl.render.result import Column, CommandResult, Table

DOCUMENTS: dict[str, Callable[[], dict[str, str]]] = {
    "man": manual_files,
    "completions": completion_files,
    "reference": reference_files,
    "examples": example_files,
}
"""What can be generated: for each kind, the files by their path in the repository."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One document, and whether it was stale."""

    path: Path
    changed: bool


@click.command(
    "generate",
    cls=Command,
    epilog="""\
Examples:
  vexfsctl generate man
  vexfsctl generate completions --directory /tmp/new
""",
)
@click.argument("kind", type=click.Choice(list(DOCUMENTS)))
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="Repository to write them into. Default: the current directory.",
)
@pass_app
def generate(app: AppContext, kind: str, directory: Path) -> None:
    """Write the man pages, completions, reference or examples that are checked in."""
    written = tuple(_write(directory / name, text) for name, text in DOCUMENTS[kind]().items())
    columns = (
        Column("FILE", lambda file: file.path),
        Column("CHANGED", lambda file: str(file.changed).lower()),
    )
    app.show(CommandResult("generate", written, body=(Table(columns, written),)))


def _write(path: Path, text: str) -> WrittenFile:
    changed = not path.exists() or path.read_text() != text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return WrittenFile(path, changed)
