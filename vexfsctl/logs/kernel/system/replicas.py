"""Lines of DRBD: a device, its disk below, and its peer.

Wording of drivers/block/drbd in Linux 4.4 to 6.18 and of DRBD 9.
"""

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.told import REPAIR, TROUBLE, telling

_HEAD = r"(?:block |drbd [\w.-]{1,64}(?:/\d{1,5})? )(?P<device>drbd\d{1,7})(?: [\w.-]{1,64})?: "
_RESOURCE = r"drbd (?P<name>[\w.-]{1,64}(?:/\d{1,5})?)(?: [\w.-]{1,64})?: "
_BEGINS = ("block drbd", "drbd ")
_WORDS = (
    r"(?:IO error|disk\( ?\w{1,16} -> (?:Failed|Diskless|Detaching|Inconsistent|Outdated)"
    r"|Split-Brain|split-brain|not arrive in time|conn\( ?\w{1,20} -> (?:NetworkFailure|BrokenPipe"
    r"|Timeout|ProtocolError|Unconnected|StandAlone|Disconnecting)"
    r"|pdsk\( ?\w{1,16} -> (?:Outdated|Failed|Diskless|DUnknown)|fail|error|abort|Sudden|lost"
    r"|timed out|expired)"
)

REPLICA_FORMS = (
    EvidenceForm(
        "drbd r0/0 drbd0: local READ IO error sector 2048+8 on sdb1",
        " IO error",
        (
            rf"{_HEAD}local (?P<direction>READ|WRITE|DISCARD|ZERO_OUT) IO error sector"
            r" (?P<sector>\d{1,20})\+\d{1,10}(?: on (?P<member>\S{1,64}))?"
        ),
        telling("cluster", TROUBLE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: Resync done (total 12 sec; paused 0 sec; 8192 K/sec)",
        "drbd",
        rf"(?:{_HEAD}|{_RESOURCE})(?:Resync done|.{{0,120}}-> UpToDate|.{{0,120}}-> Connected)",
        telling("cluster", REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "block drbd0: disk( UpToDate -> Failed )",
        "drbd",
        rf"{_HEAD}.{{0,200}}?{_WORDS}",
        telling("cluster"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "drbd r0/0 drbd0: Got NegDReply; Sector 2048s, len 4096.",
        "drbd",
        _HEAD,
        telling("cluster"),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "drbd r0: PingAck did not arrive in time.",
        "drbd ",
        rf"{_RESOURCE}.{{0,200}}?{_WORDS}",
        telling("cluster"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "drbd r0: meta connection shut down by peer.",
        "drbd ",
        _RESOURCE,
        telling("cluster"),
        trouble_only=True,
        begins=_BEGINS,
    ),
)
"""In the order tried."""
