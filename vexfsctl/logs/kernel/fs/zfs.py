"""Lines of OpenZFS: of the kernel module and of its event daemon.

Wording of OpenZFS 0.8 to 2.3 (module/os/linux/zfs/vdev_disk.c, module/zfs/zio.c,
cmd/zed/zed.d/all-syslog.sh). Offsets are in bytes from the beginning of the vdev. A line of `zed`
is a program's, but tells what the module reported; it names the vdev as the pool does, which may be
by its serial number.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, TROUBLE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_DIRECTIONS = {
    "1": "read",
    "2": "write",
    "3": "discard",
    "5": "flush",
    "6": "discard",
    "7": "flush",
}
"""`zio_type_t` of include/sys/fs/zfs.h; 6 and 7 since 2.0, when trim became a type."""
_ZED = r"zed(?:\[\d{1,10}\])?: eid=\d{1,20} class="
_BY_CLASS: dict[str, EvidenceSignificance] = {
    **dict.fromkeys(("io", "io_failure", "checksum", "data", "delay", "deadman"), TROUBLE),
    **dict.fromkeys(("vdev_clear", "resilver_finish", "vdev_online"), REPAIR),
}
_BAD_STATES = ("DEGRADED", "FAULTED", "OFFLINE", "REMOVED", "UNAVAIL", "CANT_OPEN", "SUSPENDED")


def _read_zio(match: re.Match[str]) -> KernelEvidence:
    told = free_reader("zfs")(match)
    return replace(told, direction=_DIRECTIONS.get(match["type"]))


def _read_zed(match: re.Match[str]) -> KernelEvidence:
    told = free_reader("zfs", _BY_CLASS.get(match["kind"], ROUTINE))(match)
    if match["state"]:
        bad = match["state"] in _BAD_STATES
        return replace(told, significance=TROUBLE if bad else REPAIR)
    return told


ZFS_FORMS = (
    EvidenceForm(
        "zio pool=tank vdev=/dev/sdb1 error=5 type=1 offset=270336 size=8192 flags=180880",
        "zio pool=",
        (
            r"zio pool=\S{1,255} vdev=(?P<device>\S{1,255}) error=(?P<errno>\d{1,4})"
            r" type=(?P<type>\d{1,2}) offset=(?P<offset>\d{1,20}) "
        ),
        _read_zio,
        begins=("zio pool=",),
    ),
    EvidenceForm(
        "WARNING: Pool 'tank' has encountered an uncorrectable I/O failure and has been suspended.",
        "WARNING: Pool '",
        r"WARNING: Pool '(?P<device>[^'\n]{1,255})' has encountered an uncorrectable I/O failure",
        free_reader("zfs"),
        begins=("WARNING: Pool '",),
    ),
    EvidenceForm(
        "zed[812]: eid=14 class=statechange pool='tank' vdev=sdb1 vdev_state=FAULTED",
        "zed",
        (
            rf"{_ZED}(?P<kind>[a-z_.]{{1,64}}) pool(?:_guid)?=(?:'[^'\n]{{0,255}}'|\S{{1,255}})"
            r"(?: vdev(?:_path)?=(?P<device>\S{1,255}))?(?: size=\d{1,20})?"
            r"(?: offset=(?P<offset>\d{1,20}))?(?: .{0,80}?\berr=(?P<errno>\d{1,4}))?"
            r"(?: vdev_state=(?P<state>[A-Z_]{1,16}))?"
        ),
        _read_zed,
        begins=("zed: eid=", "zed["),
    ),
    EvidenceForm(
        "PANIC: zfs: allocating allocated segment(offset=8192 size=4096)",
        "",
        (
            r"(?:PANIC: (?:zfs|blkptr|VERIFY)|VERIFY\w{0,3}\(|SPLError: "
            r"|PANIC at \S{1,80}\.c:\d|ZFS: .{0,80}fail)"
        ),
        free_reader("zfs"),
        begins=(
            "PANIC: zfs",
            "PANIC: blkptr",
            "PANIC: VERIFY",
            "VERIFY",
            "SPLError: ",
            "PANIC at ",
            "ZFS: ",
        ),
    ),
)
"""In the order tried."""
