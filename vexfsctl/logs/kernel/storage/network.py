"""Lines of block devices whose data lies on other hosts: nbd, rnbd, rbd and libceph, drbd.

Wording of drivers/block/{nbd,rbd}.c, drivers/block/{rnbd,drbd} and net/ceph, Linux 4.4 to 6.18.
A daemon of Ceph is no device of this host: such lines name none.
"""

import errno
import re

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, SECTOR_BYTES, EvidenceForm
from vexfsctl.logs.kernel.told import direction_of, find_direction, find_errno, free_reader, reader
from vexfsctl.model.events import KernelEvidence

_NBD = r"(?:block )?(?P<device>nbd\d{1,5}): "
_NBD_BEGINS = ("block nbd", "nbd")
_RNBD = r"rnbd_client L\d{1,5}: (?:<[^>\n]{1,400}> )?"
_OF_PROGRAM = r"(?!sysfs write failed|(?:un)?map failed|error |failed |couldn't )"
"""What the program called rbd says, behind the same word."""
_RBD = rf"rbd: {_OF_PROGRAM}(?:(?P<device>rbd\d{{1,5}}): |(?:image|id|rbd_dev) [^\s:]{{1,80}}: )?"
_DRBD = r"(?:block |drbd [^\s:]{1,60}[/ ](?:\d{1,5} )?)?(?P<device>drbd\d{1,5})(?: [^\s:]{1,60})?: "
_DRBD_RESOURCE = r"(?:d-con|drbd) [^\s:]{1,60}(?: [^\s:]{1,60})?: "
_DRBD_BEGINS = ("block drbd", "drbd", "d-con ")
# In newer kernels the cluster stands in brackets, and the epoch of its map.
_LIBCEPH = r"libceph(?: \([0-9a-f-]{36} e\d{1,10}\))?: "
_LIBCEPH_BEGINS = ("libceph: ", "libceph (")
_DRBD_TROUBLE = (
    r"(?:.{0,200}?(?:-> (?:Failed|Diskless|Inconsistent|Outdated|NetworkFailure|BrokenPipe|Timeout"
    r"|ProtocolError|Unconnected|DUnknown)\b|quorum\( yes -> no|susp-io\( no -> "
    r"|returned -\d|\b(?i:errors?|fail(?:ed|ure)?|detaching|split-brain"
    r"|not arrive in time|lost|timed out|time expired|out of sync|reset by peer|broken|unable"
    r"|disconnecting|broke down|diskless(?! ->)|out of memory|no local data|short read|shut down"
    r" by peer|cannot|can not|blocked|aborting)\b))"
)


def _read_nbd_reply(match: re.Match[str]) -> KernelEvidence:
    return reader("nbd", errno=errno.EIO)(match)


def _read_rbd_request(match: re.Match[str]) -> KernelEvidence:
    offset = match["hex_offset"]
    return KernelEvidence(
        kind="rbd",
        device=match["device"],
        sector=None if offset is None else int(offset, 16) // SECTOR_BYTES,
        direction=direction_of(match["direction"]),
        errno=int(match["errno"]),
    )


def _read_ceph(match: re.Match[str]) -> KernelEvidence:
    text = match.string
    full = errno.ENOSPC if "full" in match[0] else None
    late = errno.ETIMEDOUT if "timeout" in match[0] else None
    return KernelEvidence(
        kind="ceph", direction=find_direction(text), errno=find_errno(text) or full or late
    )


NETWORK_FORMS = (
    EvidenceForm(
        "block nbd0: Connection timed out",
        "onnection timed out",
        rf"{_NBD}Connection timed out",
        reader("nbd", errno=errno.ETIMEDOUT),
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        "block nbd0: Possible stuck request 000000001: control (read@4096,8192B). Runtime 30"
        " seconds",
        "tuck request ",
        (
            rf"{_NBD}Possible stuck request .{{1,40}}?\((?P<direction>[\w/ -]{{1,20}})"
            r"@(?P<offset>\d{1,20}),\d{1,12}B\)"
        ),
        reader("nbd"),
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        "block nbd0: Other side returned error (5)",
        "returned error (",
        # Whatever the server says, the request ends with EIO (nbd_handle_reply).
        rf"{_NBD}Other side returned error \(",
        _read_nbd_reply,
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        "block nbd0: Disconnected due to user request.",
        "",
        rf"{_NBD}(?:Disconnected due to user request|NBD_DISCONNECT)",
        reader("nbd", significance=ROUTINE),
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        "block nbd0: reconnected socket",
        "reconnected socket",
        rf"{_NBD}reconnected socket",
        reader("nbd", significance=REPAIR),
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        "block nbd0: Receive control failed (result -32)",
        "nbd",
        (
            rf"{_NBD}(?:shutting down sockets?|queue cleared"
            r"|.{0,120}?\b(?i:fail\w*|errors?|timed out"
            r"|closed socket|dead connection|wrong magic|unexpected reply|double reply"
            r"|suspicious reply|read-only"
            r"|invalid socket|signal \d+|got signal)\b)"
        ),
        free_reader("nbd"),
        begins=_NBD_BEGINS,
    ),
    EvidenceForm(
        # It calls a device by its path on the server, which is none of this host.
        "rnbd_client L493: </dev/sdb@node2> Device disconnected.",
        "rnbd_client L",
        (
            rf"{_RNBD}(?:Device disconnected|(?P<direction>read|write|discard|flush)\b.{{0,40}}"
            r"failed|RTRS failed to transfer IO|.{0,160}?\b(?i:fail\w*|errors?|err:))"
        ),
        free_reader("nbd"),
        begins=("rnbd_client L",),
    ),
    EvidenceForm(
        "rnbd_client L104: </dev/sdb@node2> Device online, device remapped successfully",
        "rnbd_client L",
        rf"{_RNBD}(?:Device online|session reconnected)",
        free_reader("nbd", REPAIR),
        begins=("rnbd_client L",),
    ),
    EvidenceForm(
        "rtrs_client L610: <node2>: RDMA failed: remote access error",
        "rtrs_",
        r"rtrs_(?:client|server) L\d{1,5}: <[^>\n]{1,80}>: .{0,160}?\b(?i:fail\w*|errors?)\b",
        free_reader("nbd"),
        begins=("rtrs_client L", "rtrs_server L"),
    ),
    EvidenceForm(
        "rbd: rbd0: write at objno 12 0~4096 result -110",
        " result -",
        (
            rf"{_RBD}(?:child )?(?P<direction>read|write|discard|trim|zeroout)(?: at objno \d+"
            r" \d+~\d+| [0-9a-f]{1,16} at (?P<hex_offset>[0-9a-f]{1,16})(?: \([0-9a-f]{1,16}\))?)?"
            r" {1,3}result -(?P<errno>\d{1,3})"
        ),
        _read_rbd_request,
        begins=("rbd: ",),
    ),
    EvidenceForm(
        "rbd: rbd0: encountered watch error: -107",
        "rbd: ",
        (
            rf"{_RBD}.{{0,160}}?\b(?i:fail(?:ed|ure)?|errors?|result -"
            r"|breaking (?:object map|header) lock|invalid|mismatch|no lock owners"
            r"|locked by external|beyond EOD"
            r"|read-only mapping|will not release|underflow)"
        ),
        free_reader("rbd"),
        begins=("rbd: ",),
    ),
    EvidenceForm(
        "libceph: mon0 (1)10.0.0.1:6789 session established",
        "session established",
        rf"{_LIBCEPH}mon\d+ .{{1,80}} session established",
        reader("ceph", significance=ROUTINE),
        begins=_LIBCEPH_BEGINS,
    ),
    EvidenceForm(
        "libceph: osd12 up",
        ": osd",
        rf"{_LIBCEPH}osd\d{{1,6}} (?:up$|weight 0x10000 \(in\))",
        reader("ceph", significance=REPAIR),
        begins=_LIBCEPH_BEGINS,
    ),
    EvidenceForm(
        "libceph: osd12 (1)10.0.0.1:6800 socket closed (con state OPEN)",
        "libceph",
        (
            rf"{_LIBCEPH}(?:.{{0,160}}?(?:\b(?i:socket (?:closed|error)|errors?|fail(?:ed|ure)?"
            r"|session (?:lost|reset)|connection reset|reset on \w+|timeout|timed out|mismatch"
            r"|is full or reached quota|FULL or reached pool quota|corrupt|protocol error"
            r"|pool does not exist|bad (?:[\w/]{1,12} )?(?:crc|auth|fsid|banner|magic"
            r"|signature)|crc \d+ != exp|wrong peer|closed by peer"
            r"|cluster is full|bad tag|bad seq)\b|\(out\))|osd\d{1,6} down)"
        ),
        _read_ceph,
        begins=_LIBCEPH_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: local WRITE IO error sector 4096+8 on sdb1",
        "IO error sector ",
        (
            rf"{_DRBD}local (?P<direction>READ|WRITE) IO error sector (?P<sector>\d{{1,20}})"
            r"(?:\+\d{1,10})?(?: on (?P<member>[\w!-]{1,32}))?"
        ),
        reader("drbd"),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: IO ERROR: neither local nor remote data, sector 4096+8",
        "neither local nor remote",
        (
            rf"{_DRBD}IO ERROR: neither local nor remote (?:data|disk)"
            r"(?:, sector (?P<sector>\d{1,20}))?"
        ),
        reader("drbd", errno=errno.EIO),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: write: error=10 s=4096s",
        "error=",
        rf"{_DRBD}(?P<direction>read|write|discard): error=-?\d{{1,3}} s=(?P<sector>\d{{1,20}})s",
        reader("drbd"),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: Sending NegDReply. sector=4096s.",
        "Neg",
        rf"{_DRBD}(?:Sending|Got) Neg(?:RS)?DReply[.;] [Ss]ector[ =](?P<sector>\d{{1,20}})s",
        reader("drbd", direction="read"),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: Resync done (total 12 sec; paused 0 sec; 1024 K/sec)",
        "drbd",
        (
            rf"{_DRBD}(?:(?:Resync|Online verify) done|Began resync as|Starting Online Verify"
            r"|Resync suspended|Syncer continues)"
        ),
        reader("drbd", significance=ROUTINE),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: Local IO failed in drbd_request_endio. Detaching...",
        "drbd",
        rf"{_DRBD}{_DRBD_TROUBLE}",
        free_reader("drbd"),
        begins=_DRBD_BEGINS,
    ),
    EvidenceForm(
        "drbd r0: PingAck did not arrive in time.",
        "",
        rf"{_DRBD_RESOURCE}{_DRBD_TROUBLE}",
        free_reader("drbd"),
        begins=_DRBD_BEGINS,
    ),
)
"""In the order tried."""
