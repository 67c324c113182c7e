"""`python -m bench.turns SUBJECT TITLE time|count`: the turns of one `OverFloor` in a process."""

import json
import sys
from importlib import import_module

from bench.floor import OverFloor


def main(subject: str, title: str, job: str) -> None:
    """Print the least times as JSON, or make calls to be counted from outside."""
    tables = import_module(f"bench.{subject}").comparisons()
    table = next(each for each in tables if getattr(each, "title", None) == title)
    assert isinstance(table, OverFloor)
    if job == "time":
        print(json.dumps(table.least_ns()))
    else:
        table.count()


main(*sys.argv[1:])
