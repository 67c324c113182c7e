"""`python -IS launcher.py DESCRIPTOR PROGRAM [ARGUMENT]...`: run a program, report what it took.

The report is JSON; null if there is no such program. The kernel counts as memory of a process also
what the process had that started it, so that must be a small one: this one has 10 MiB.
"""

import json
import os
import sys
from time import perf_counter_ns


def main(descriptor: int, arguments: list[str]) -> None:
    """Run the program; write the report to *descriptor*."""
    os.set_inheritable(descriptor, False)
    start_ns = perf_counter_ns()
    try:
        process = os.posix_spawnp(arguments[0], arguments, os.environ)
    except FileNotFoundError:
        report = None
    else:
        _, status, usage = os.wait4(process, 0)
        report = {
            "status": os.waitstatus_to_exitcode(status),
            "cpu_ns": round((usage.ru_utime + usage.ru_stime) * 1e9),
            "wall_ns": perf_counter_ns() - start_ns,
            "peak_bytes": usage.ru_maxrss << 10,
        }
    os.write(descriptor, json.dumps(report).encode())


main(int(sys.argv[1]), sys.argv[2:])
