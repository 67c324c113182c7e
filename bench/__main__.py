"""`python -m bench [SUBJECT]...`: measure and print tables; those of `QUICK` if none is named."""

import os
import platform
import sys
from collections.abc import Generator
from contextlib import closing
from importlib import import_module

from bench.measure import ROUNDS, Table

QUICK = (
    *("engine", "safety", "shared", "guard", "ffi"),
    *("records", "logs", "tree", "startup", "driver"),
)
SUBJECTS = (*QUICK, "files", "soak")


def main(subjects: list[str]) -> None:
    """Measure *subjects*."""
    if not set(subjects).issubset(SUBJECTS):
        sys.exit(f"subjects are {', '.join(SUBJECTS)}")
    print(f"Python {platform.python_version()}, Linux {platform.release()}, {os.cpu_count()} CPUs.")
    print("All contestants run in each round; ours/peer below 1: ours takes less time.")
    print(f"{ROUNDS} rounds, unless a table says otherwise.")
    for subject in subjects or QUICK:
        # Closed whatever happens: what a subject has set up goes then.
        tables: Generator[Table, None, None] = import_module(f"bench.{subject}").comparisons()
        with closing(tables):
            for table in tables:
                print()
                for line in table.lines():
                    print(line, flush=True)


main(sys.argv[1:])
