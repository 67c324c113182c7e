"""Lines of block devices whose data lies on other hosts."""

import pytest

from tests.logs.kernel.lines import REPAIR, ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("block nbd0: Connection timed out", KernelEvidence(kind="nbd", device="nbd0", errno=110)),
        (
            "block nbd0: Possible stuck request 00000000a1b2c3d4: control (read@4096,8192B)."
            " Runtime 30 seconds",
            KernelEvidence(kind="nbd", device="nbd0", sector=8, direction="read"),
        ),
        (
            "block nbd0: Other side returned error (5)",
            KernelEvidence(kind="nbd", device="nbd0", errno=5),
        ),
        (
            "block nbd0: Receive control failed (result -32)",
            KernelEvidence(kind="nbd", device="nbd0", errno=32),
        ),
        ("block nbd0: shutting down sockets", KernelEvidence(kind="nbd", device="nbd0")),
        (
            "block nbd0: Dead connection, failed to find a fallback",
            KernelEvidence(kind="nbd", device="nbd0"),
        ),
        (
            "block nbd0: reconnected socket",
            KernelEvidence(kind="nbd", device="nbd0", significance=REPAIR),
        ),
        (
            "rbd: rbd0: write at objno 12 0~4096 result -110",
            KernelEvidence(kind="rbd", device="rbd0", direction="write", errno=110),
        ),
        (
            "rbd: rbd0: write result -30",
            KernelEvidence(kind="rbd", device="rbd0", direction="write", errno=30),
        ),
        (
            "rbd: rbd0: read 1000 at 2000 result -108",
            KernelEvidence(kind="rbd", device="rbd0", sector=16, direction="read", errno=108),
        ),
        (
            "rbd: rbd0: encountered watch error: -107",
            KernelEvidence(kind="rbd", device="rbd0", errno=107),
        ),
        ("rbd: image foo: failed to acquire lock: -110", KernelEvidence(kind="rbd", errno=110)),
        (
            "libceph: osd12 (1)10.0.0.1:6800 socket closed (con state OPEN)",
            KernelEvidence(kind="ceph"),
        ),
        ("libceph: osd12 down", KernelEvidence(kind="ceph")),
        ("libceph: mds0 172.21.5.114:6812 connection reset", KernelEvidence(kind="ceph")),
        ("libceph: reset on mds0", KernelEvidence(kind="ceph")),
        ("libceph: osd12 up", KernelEvidence(kind="ceph", significance=REPAIR)),
        ("libceph: tid 4217 on osd3 timeout", KernelEvidence(kind="ceph", errno=110)),
        ("libceph: cluster is full (osdmap FULL)", KernelEvidence(kind="ceph", errno=28)),
        (
            "libceph: mon0 (1)10.0.0.1:6789 session lost, hunting for new mon",
            KernelEvidence(kind="ceph"),
        ),
        (
            "libceph: mon0 (1)10.0.0.1:6789 session established",
            KernelEvidence(kind="ceph", significance=ROUTINE),
        ),
        ("libceph: connect (1)10.0.0.1:6789 error -101", KernelEvidence(kind="ceph", errno=101)),
        (
            "block drbd0: local WRITE IO error sector 4096+8 on sdb1",
            KernelEvidence(
                kind="drbd", device="drbd0", sector=4096, direction="write", member="sdb1"
            ),
        ),
        (
            "drbd r0/0 drbd0: local READ IO error sector 4096+8 on sdb1",
            KernelEvidence(
                kind="drbd", device="drbd0", sector=4096, direction="read", member="sdb1"
            ),
        ),
        (
            "block drbd0: IO ERROR: neither local nor remote data, sector 4096+8",
            KernelEvidence(kind="drbd", device="drbd0", sector=4096, errno=5),
        ),
        ("block drbd0: disk( UpToDate -> Failed )", KernelEvidence(kind="drbd", device="drbd0")),
        (
            "block drbd0: Resync done (total 12 sec; paused 0 sec; 1024 K/sec)",
            KernelEvidence(kind="drbd", device="drbd0", significance=ROUTINE),
        ),
        ("drbd r0: PingAck did not arrive in time.", KernelEvidence(kind="drbd")),
        (
            "drbd r0/0 drbd4: quorum( yes -> no )",
            KernelEvidence(kind="drbd", device="drbd4"),
        ),
        (
            "drbd r0/0 drbd4 node2: pdsk( UpToDate -> DUnknown ) repl( Established -> Off )",
            KernelEvidence(kind="drbd", device="drbd4"),
        ),
        ("block drbd0: disk( Diskless -> Attaching )", None),
        ("block nbd0: queue cleared", KernelEvidence(kind="nbd", device="nbd0")),
        ("block nbd0: shutting down socket", KernelEvidence(kind="nbd", device="nbd0")),
        (
            "block nbd0: NBD_DISCONNECT",
            KernelEvidence(kind="nbd", device="nbd0", significance=ROUTINE),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence | None) -> None:
    """Device, sector, direction and errno are those of the line; a daemon is no device."""
    assert told(text) == evidence
