"""Tab-separated values: a header line of column names, then one line per row.

Tabs, newlines and control characters inside a value are escaped and a backslash doubled, so that
every line has as many fields as the header; an absent value is empty.
"""

from collections.abc import Iterator
from itertools import chain

from vexfsctl.render.escape import escape_fields
from vexfsctl.render.plain import join_blocks
from vexfsctl.render.result import CommandResult, Table


def render_tsv(result: CommandResult) -> Iterator[str]:
    """Yield the tables of *result* line by line, an empty one between them; prose is left out."""
    tables = result.tables
    if tables is None:
        tables = tuple(block for block in result.body if isinstance(block, Table))
    return join_blocks(
        chain((render_tsv_header(table),), (render_tsv_row(table, row) for row in table.rows))
        for table in tables
    )


def render_tsv_header(table: Table) -> str:
    """Return the column names, in lower case with underscores, without a newline."""
    return "\t".join(column.title.lower().replace(" ", "_") for column in table.columns)


def render_tsv_row(table: Table, row: object) -> str:
    """Return the fields of one row, without a newline."""
    values = [column.text(row) for column in table.columns]
    return "\t".join(escape_fields(["" if value is None else str(value) for value in values]))
