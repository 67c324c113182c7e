"""The taxonomy as it was read from VexFS's sources, parsed from the table in tests/data.

A second reading, independent of the catalogue: nothing here imports the rows it is compared with.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).parent.parent / "data" / "vexfs-upstream-taxonomy.md"
_HINTS = {
    "FB": "use_fallback",
    "IC": "invalidate_cache",
    "RS": "reduce_scope",
    "RO": "read_only",
    "RST": "restart",
    "MAN": "manual",
}


@dataclass(frozen=True)
class UpstreamError:
    """One error as VexFS has it."""

    name: str
    message: str
    severity: str
    retryable: bool
    corruption: bool
    hints: tuple[str, ...]
    errnos: tuple[int, ...]


def read_taxonomy() -> list[UpstreamError]:
    """Return every variant, or in its place every sub-kind of it, in the order of the table."""
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in _TABLE.read_text().splitlines()
        if line.startswith("| ") and "---" not in line
    ]
    kinds = {row[0]: row[1] for row in rows if len(row) == 2 and row[0] != "Kind enum"}
    variants = [row for row in rows if len(row) == 10 and row[1] in "BH"]
    return [error for row in variants for error in _errors(row, kinds)]


def _errors(row: list[str], kinds: dict[str, str]) -> Iterator[UpstreamError]:
    name, _, payload = row[0].rstrip(")").partition("(")
    message = row[2].strip("`")
    severity = row[3].rstrip("*").lower()
    hints = tuple(_hint(word) for word in row[6].rstrip("*").split(","))
    errnos = tuple(int(cell.strip("-*")) for cell in row[7:10])
    if payload not in kinds:
        yield UpstreamError(
            name, message, severity, row[4] == "yes", row[5] == "yes", hints, errnos
        )
        return
    for kind, text in re.findall(r"(\w+) => `([^`]*)`", kinds[payload]):
        yield UpstreamError(
            f"{name}.{kind}",
            message.replace("{}", text),
            severity,
            kind in _exceptions(row[4]),
            kind in _exceptions(row[5]),
            hints,
            errnos,
        )


def _exceptions(cell: str) -> list[str]:
    return cell.removeprefix("only ").split("+")


def _hint(word: str) -> str:
    delay = re.fullmatch(r"R\((\d+)\)", word)
    return f"retry:{delay[1]}" if delay else _HINTS[word]
