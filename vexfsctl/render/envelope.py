"""JSON and NDJSON: one versioned envelope for every command, failures included.

NDJSON is the rows of `data`, one per line; if part of the evidence was missing or there is a
problem to report, an envelope without data follows as the last line, recognisable by its key
`schema`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from vexfsctl.model.coverage import Coverage
from vexfsctl.render.jsonable import Json, jsonable
from vexfsctl.render.result import CommandResult, Rows

_SCHEMA_VERSION = 1
_ROWS = "\0rows"
"""Stands for rows in an envelope; nothing else in one has that character."""
_ROW_MARGIN = "\n    "
_CONTAINERS = (dict, list)


class Provenance(NamedTuple):
    """Who answered, when and where."""

    version: str
    generated: datetime
    host: str
    boot_id: str | None


def render_json(result: CommandResult, provenance: Provenance) -> Iterator[str]:
    """Yield the whole envelope, indented, in pieces."""
    if not isinstance(result.data, Rows):
        yield _dump_indented(_envelope(result, provenance, jsonable(result.data))) + "\n"
        return
    start, _, end = _dump_indented(_envelope(result, provenance, _ROWS)).partition(_dump(_ROWS))
    yield f"{start}["
    separator = ""
    for row in result.data:
        yield f"{separator}{_ROW_MARGIN}{_dump_indented(jsonable(row), _ROW_MARGIN)}"
        separator = ","
    yield f"{f'{chr(10)}  ' if separator else ''}]{end}\n"


def render_ndjson(result: CommandResult, provenance: Provenance) -> Iterator[str]:
    """Yield the rows of *result*, one per line, then the envelope if there is more to say."""
    rows = result.data if isinstance(result.data, tuple | list | Rows) else (result.data,)
    yield from (render_ndjson_row(row) for row in rows if row is not None)
    if result.problems or not result.coverage.complete:
        yield _dump(_envelope(result, provenance, None)) + "\n"


def render_ndjson_row(row: object) -> str:
    """Render one value as a line of its own."""
    return _dump(jsonable(row)) + "\n"


def _envelope(result: CommandResult, provenance: Provenance, data: Json) -> Json:
    return {
        "schema": f"vexfsctl.{result.schema}/{_SCHEMA_VERSION}",
        "version": provenance.version,
        "generated": jsonable(provenance.generated),
        "host": provenance.host,
        "boot_id": provenance.boot_id,
        "coverage": _coverage(result.coverage),
        "data": data,
        "problems": [jsonable(problem) for problem in result.problems],
    }


def _coverage(coverage: Coverage) -> Json:
    gaps = jsonable(coverage.gaps)
    known: dict[str, Json] = {
        "complete": coverage.complete,
        "sources": list(coverage.sources),
        "gaps": gaps,
    }
    if coverage.notes:
        known["notes"] = jsonable(coverage.notes)
    return known


def _dump_indented(value: Json, margin: str = "\n") -> str:
    """Return what `json.dumps(value, indent=2)` does, its lines behind *margin*."""
    # `json` has no C code for this.
    if not value or not isinstance(value, _CONTAINERS):
        return _dump(value)
    inner = f"{margin}  "
    if isinstance(value, dict):
        members = [
            f"{inner}{_dump_name(name)}: {_dump_indented(item, inner)}"
            for name, item in value.items()
        ]
        return f"{{{','.join(members)}{margin}}}"
    return f"[{','.join([inner + _dump_indented(item, inner) for item in value])}{margin}]"


def _dump(value: Json) -> str:
    if value is None:
        return "null"
    # Pure ASCII: no text in it can act on a terminal. json escapes everything but DEL.
    return str(value) if type(value) is int else _encoder()(value).replace("\x7f", "\\u007f")


_dump_name = lru_cache(maxsize=1024)(_dump)


@cache
def _encoder() -> Callable[[Json], str]:
    # Deferred: text does not need it.
    import json

    return json.JSONEncoder(allow_nan=False).encode
