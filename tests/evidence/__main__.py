"""Print the tables of docs/evidence.md for source trees of the kernel."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.evidence.counting import Count, count
from tests.evidence.reasons import OTHER, REASONS
from tests.evidence.subsystems import SUBSYSTEMS


def main(trees: Sequence[Path]) -> None:
    """Print a row for each subsystem and the sum, and why messages were left out."""
    counts = {_version(tree): [count(each, tree) for each in SUBSYSTEMS] for tree in trees}
    versions = list(counts)
    _print_row("subsystem", *(f"{version}" for version in versions), "left out in the last")
    _print_row("---", *("---:" for _ in versions), "---")
    for place, subsystem in enumerate(SUBSYSTEMS):
        rows = [counts[version][place] for version in versions]
        _print_row(subsystem.name, *map(_cell, rows), _told(rows[-1].reasons))
    sums = [sum(counts[version], Count()) for version in versions]
    _print_row("**all**", *map(_cell, sums), _told(sums[-1].reasons))


def _version(tree: Path) -> str:
    """Return the version that the Makefile of *tree* has, without its last number."""
    text = (tree / "Makefile").read_text()
    numbers = re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)$", text, re.MULTILINE)
    return ".".join(numbers)


def _cell(each: Count) -> str:
    return f"{each.understood} / {each.formats}" if each.formats else "-"


def _told(reasons: Counter[str]) -> str:
    order = [*REASONS, OTHER]
    return ", ".join(f"{reasons[each]} {each}" for each in order if reasons[each])


def _print_row(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
