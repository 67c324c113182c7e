"""Lines of bcache and of bcachefs (drivers/md/bcache, Linux 4.4 to 6.12; fs/bcachefs, 6.7 to 6.17).

bcache says which function speaks. A filesystem of several disks is called by its UUID, and a line
about one of its disks by that.
"""

import errno
import re

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import find_direction, find_errno, free_reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_BCACHE = r"bcache: (?:\w{1,60}\(\) )?"
_UUID = r"(?:UUID=)?[0-9a-f]{8}-[0-9a-f-]{27}"
_ON_DISK = re.compile(r"\b(?:IO error|btree node) on (?P<device>[a-z][\w!-]{1,40}) (?:for|at) ")
"""Of a filesystem called by its UUID, the disk that a line is about."""
_NAMED_ERRNO = re.compile(r"(?<![\w-])(E[A-Z0-9]{2,15})(?:_\w{1,60})?\b")
"""By name, with what is peculiar to it: `EIO`, `ENOSPC_bucket_alloc` (fs/bcachefs/errcode.h)."""
_MENDED = re.compile(r"\b(?:retry success|successful retry|now fixed|fixing|repaired)\b")


def _read_bcache(match: re.Match[str]) -> KernelEvidence:
    text = match.string
    found = find_direction(text)
    if (told := re.search(r"\bIO error on (read|writ)", text)) is not None:
        found = "read" if told[1] == "read" else "write"
    return KernelEvidence(
        kind="bcache",
        device=match["device"],
        direction=found,
        errno=find_errno(text) or (errno.ENODEV if "device offline" in text else None),
    )


def _read_bcachefs(match: re.Match[str]) -> KernelEvidence:
    text, sector = match.string, match["sector"]
    significance = EvidenceSignificance.TROUBLE
    if _MENDED.search(text):
        significance = REPAIR
    disk = _ON_DISK.search(text)
    return KernelEvidence(
        kind="filesystem",
        device=match["device"] if disk is None else disk["device"],
        sector=None if sector is None else int(sector),
        direction=find_direction(text),
        errno=find_errno(text) or _named_errno(text),
        significance=significance,
    )


def _named_errno(text: str) -> int | None:
    names = (match[1] for match in _NAMED_ERRNO.finditer(text))
    return next((getattr(errno, name) for name in names if hasattr(errno, name)), None)


CACHE_FORMS = (
    EvidenceForm(
        "bcache: bch_count_io_errors() sdb1: IO error on writing btree.",
        "bcache: ",
        (
            rf"{_BCACHE}(?P<device>[\w!-]{{1,40}}): (?:IO error|too many IO errors|device offline"
            r"|Read-ahead I/O failed|disable I/O request)"
        ),
        _read_bcache,
        begins=("bcache: ",),
    ),
    EvidenceForm(
        "bcache: bch_cached_dev_error() stop bcache0: too many IO errors on backing device sdc",
        " too many IO errors on backing device ",
        (
            rf"{_BCACHE}stop (?P<device>bcache\d{{1,5}}): too many IO errors on backing device"
            r" (?P<member>[\w!-]{1,40})"
        ),
        free_reader("bcache"),
        begins=("bcache: ",),
    ),
    EvidenceForm(
        "bcache: cached_dev_detach_finish() Caching disabled for sdc",
        "bcache: ",
        (
            rf"{_BCACHE}(?:Caching disabled for |I/O disabled on cached dev |error "
            r"(?=[\w!-]{1,40}: )|Couldn't (?:attach|run cached device|find uuid for) "
            r"|Can't (?:attach|flush) )(?P<device>(?!on\b)[\w!-]{1,40})"
        ),
        free_reader("bcache"),
        begins=("bcache: ",),
    ),
    EvidenceForm(
        "bcache: conditional_stop_bcache_device() stop_when_cache_set_failed of bcache0 is"
        ' "auto" and cache is dirty, stop it to avoid potential data corruption.',
        "stop_when_cache_set_failed of ",
        rf"{_BCACHE}stop_when_cache_set_failed of (?P<device>bcache\d{{1,5}}) is",
        free_reader("bcache"),
        begins=("bcache: ",),
    ),
    EvidenceForm(
        # udev tries each of them more than once.
        "bcache: register_bcache() error : device already registered",
        "bcache: ",
        rf"{_BCACHE}error (?:opening )?\S{{0,255}} ?: device already (?:registered|registering)",
        free_reader("bcache", ROUTINE),
        begins=("bcache: ",),
    ),
    EvidenceForm(
        "bcache: bch_cache_set_error() error on 2ebd6f4d-8b1c-4d7e-9f1a-0c1d2e3f4a5b: journal io"
        " error, disabling caching",
        "bcache: ",
        (
            r"bcache: .{0,160}?\b(?i:errors?|fail\w*|disabling|disabled|bad (?:csum|magic)|missing"
            r"|couldn't|can't|corrupt\w*|inconsistent|timeout|invalid)\b"
        ),
        free_reader("bcache"),
        begins=("bcache: ",),
    ),
    EvidenceForm(
        # With all options, among them `degraded` and `fix_errors`.
        "bcachefs (sdb1): starting version 1.12: rebalance_work_acct_fix opts=ro,degraded,verbose",
        " version ",
        (
            rf"bcachefs \((?:{_UUID}|(?P<device>[\w!-]{{1,40}}))\): (?:starting|mounting) version"
            r" \S{1,24}(?: |$)"
        ),
        free_reader("filesystem", ROUTINE),
        trouble_only=True,
        begins=("bcachefs",),
    ),
    EvidenceForm(
        "bcachefs (sdb1): recovering from unclean shutdown",
        "shutdown",
        (
            rf"bcachefs \((?:{_UUID}|(?P<device>[\w!-]{{1,40}}))\): (?:recovering from (?:un)?clean"
            r" shutdown|shutdown by|clean shutdown complete|shutdown complete)"
        ),
        free_reader("filesystem", ROUTINE),
        begins=("bcachefs",),
    ),
    EvidenceForm(
        "bcachefs (sdb1): fatal error - emergency read only",
        "emergency read",
        (
            rf"bcachefs(?: error)? \((?:{_UUID}|(?P<device>[\w!-]{{1,40}}))\): .{{0,80}}?emergency"
            " read"
        ),
        free_reader("filesystem"),
        begins=("bcachefs",),
    ),
    EvidenceForm(
        "bcachefs (sdb1 sector 4096): data read error: I/O error",
        "bcachefs",
        (
            rf"bcachefs(?: error)? \((?:{_UUID}|(?P<device>[\w!-]{{1,40}}))"
            r"(?: sector (?P<sector>\d{1,20}))?(?: inum \d+)?(?: offset \d+)?\): "
        ),
        _read_bcachefs,
        trouble_only=True,
        begins=("bcachefs",),
    ),
)
"""In the order tried."""
