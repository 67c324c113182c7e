"""The records of VexFS among those of everybody, quickly where there are none."""

import subprocess
import sys

from vexfsctl.logs.own_records import may_be_vexfs
from vexfsctl.model.record import LogRecord

STATE = "VexFS: state vol=loop0 epoch=7 from=initializing to=initialized driver=fuse version=0.1.0"
LEAK = "  Detected leaks: 3"
"""Of an earlier build, whose line does not name VexFS."""
DISK = "I/O error, dev loop0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0"


def test_lines_of_vexfs_are_known_among_those_of_the_kernel() -> None:
    """Ours name it, those of another build need not."""
    state, leak, disk = (LogRecord(text, "kmsg", 0, facility=1) for text in (STATE, LEAK, DISK))

    assert list(filter(may_be_vexfs, [disk, state, disk, leak])) == [state, leak]


def test_an_empty_log_needs_no_wording() -> None:
    """Nothing that reads lines or knows what they may mean is loaded for a log without any."""
    code = (
        "import sys\n"
        "from vexfsctl.host.log import HostLog\n"
        "from vexfsctl.logs.sources.reader import LogHost, read_sources\n"
        "print(HostLog(read_sources(['/dev/null'], LogHost()), {}).own_entries)\n"
        "print(*(name for name in sys.modules if name.startswith('vexfsctl.')))\n"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    entries, modules = shown.stdout.splitlines()
    unwanted = {"logs.interpret", "logs.upstream", "logs.formats.text", "model.events", "catalogue"}
    assert entries == "()"
    assert {f"vexfsctl.{name}" for name in unwanted}.isdisjoint(modules.split())


def test_a_firewall_is_not_vexfs() -> None:
    """A bracket begins the lines of many programs; ours has an id in it."""
    firewall = "[UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=40"
    engine = "[CORR-0000000000000003] I/O error: read operation failed in read_file: x"

    assert not may_be_vexfs(LogRecord(firewall, "kmsg", 0))
    assert may_be_vexfs(LogRecord(engine, "kmsg", 0))
