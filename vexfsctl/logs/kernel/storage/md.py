"""Lines of MD RAID (drivers/md/md.c, raid*.c, md-bitmap.c, Linux 2.6.32 to 6.12).

The device is the array, the member the disk. Sectors of read errors count on the member, those of a
redirected or rescheduled request on the array. An array of dm-raid is called `mdX`, whatever its
name is: then only the member is known.
"""

import re

from vexfsctl.logs.kernel.form import NAME, REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import find_direction, find_errno, reader
from vexfsctl.model.events import KernelEvidence

_BEGINS = ("md/", "raid")
"""Up to 2.6.3x nothing stood before the level, and nothing named the array."""
_ARRAY = r"(?:(?:md/)?raid\d{0,3}|md/linear):?(?:(?!mdX)(?P<device>md[\w.-]{1,40})|mdX)?:{1,2} "
"""Some lines lack the colon before the array."""
_DISK = r"(?P<member>[\w!-]{1,32}|\d{1,4}:\d{1,7})"
_NAMED_ARRAY = r"(?P<device>md[\w.-]{1,40})"


def _read_degraded(match: re.Match[str]) -> KernelEvidence:
    return KernelEvidence(kind="md", device=match["device"])


def _read_free(match: re.Match[str]) -> KernelEvidence:
    groups, text = match.groupdict(), match.string
    return KernelEvidence(
        kind="md",
        device=groups.get("device"),
        member=groups.get("member"),
        direction=find_direction(text),
        errno=find_errno(text),
    )


MD_FORMS = (
    EvidenceForm(
        "md/raid1:md0: Disk failure on sdb1, disabling device.",
        "Disk failure on ",
        rf"{_ARRAY}Disk failure on {_DISK}",
        _read_free,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid:md0: read error corrected (8 sectors at 4096 on sdb1)",
        "read error corrected",
        (
            rf"{_ARRAY}(?P<direction>read) error corrected"
            rf"(?: \(\d{{1,10}} sectors at (?P<sector>\d{{1,20}}) on {_DISK}\))?"
        ),
        reader("md", significance=REPAIR, sector_on_member=True),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid10:md0: read correction write failed (8 sectors at 4096 on sdb1)",
        "read correction write failed",
        (
            rf"{_ARRAY}read correction (?P<direction>write) failed"
            rf" \(\d{{1,10}} sectors at (?P<sector>\d{{1,20}}) on {_DISK}\)"
        ),
        reader("md", sector_on_member=True),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid:md0: read error not correctable (sector 4096 on sdb1).",
        " on ",
        (
            rf"{_ARRAY}(?:unable to )?(?P<direction>read) (?:error|back) .{{0,60}}?"
            rf"\((?:\d{{1,10}} sectors at |sector )(?P<sector>\d{{1,20}}) on {_DISK}\)"
        ),
        reader("md", sector_on_member=True),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: redirecting sector 4096 to other mirror: sda1",
        "redirecting sector",
        # The other mirror has what this one could not give.
        (
            rf"{_ARRAY}(?:{_DISK}: )?redirecting sector (?P<sector>\d{{1,20}}) to"
            r" (?:an)?other mirror"
        ),
        reader("md", significance=REPAIR, direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: sdb1: rescheduling sector 4096",
        "sector",
        rf"{_ARRAY}(?:{_DISK}: )?rescheduling sector (?P<sector>\d{{1,20}})",
        reader("md", direction="read"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: sdb1: unrecoverable I/O read error for block 4096",
        "unrecoverable I/O",
        (
            rf"{_ARRAY}(?:{_DISK}: )?unrecoverable I/O (?P<direction>read) error for block"
            r" (?P<sector>\d{1,20})"
        ),
        reader("md"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid10:md0: sdb1: failing drive",
        "",
        (
            rf"{_ARRAY}(?:{_DISK}: (?i:failing (?:raid )?(?:drive|device)|Raid device exceeded)"
            r"|Too many read errors, failing device (?P<failing>[\w!-]{1,32}))"
        ),
        lambda match: KernelEvidence(
            kind="md", device=match["device"], member=match["member"] or match["failing"]
        ),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: Operation continuing on 1 devices.",
        "peration continuing on ",
        rf"{_ARRAY}Operation continuing on \d{{1,4}} devices",
        reader("md"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: not clean -- starting background reconstruction",
        "starting background reconstruction",
        rf"{_ARRAY}not clean -- starting background reconstruction",
        reader("md", significance=ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid1:md0: active with 1 out of 2 mirrors",
        " out of ",
        (
            rf"{_ARRAY}(?:raid level \d{{1,3}} )?active with (?P<has>\d{{1,4}}) out of "
            r"(?!(?P=has)\b)\d{1,4} (?:mirrors|devices)"
        ),
        _read_degraded,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md/raid:md0: not enough operational devices (2/3 failed)",
        "",
        (
            rf"{_ARRAY}.{{0,120}}?\b(?i:errors?|fail(?:ed|s|ing)?|cannot|could(?:n't| not)"
            r"|not enough|insufficient|missing|abort\w*|corruption|unable|out of bounds"
            r"|too small|mismatch"
            r"|does not match|doesn't work|degraded)\b"
        ),
        _read_free,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "md: md0: recovery done.",
        "md: ",
        (
            rf"md: {_NAMED_ARRAY}: (?:resync|recovery|reshape|data-check|requested-resync|check"
            r"|repair)(?: of RAID array)? done\b"
        ),
        reader("md", significance=ROUTINE),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: recovery of RAID array md0",
        " of ",
        (
            r"md: (?:delaying )?(?:resync|recovery|reshape|data-check|requested-resync|check"
            r"|repair)"
            rf" of (?:RAID array )?{_NAMED_ARRAY}(?: until |\s{{0,2}}$)"
        ),
        reader("md", significance=ROUTINE),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: md0 stopped.",
        "md: ",
        rf"md: {_NAMED_ARRAY} stopped\.",
        reader("md", significance=ROUTINE),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: unbind<sdb1>",
        "bind<",
        r"md: (?:un)?bind<(?P<device>[\w!-]{1,32})>",
        reader("md", significance=ROUTINE),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: md0: resync interrupted.",
        "md: ",
        (
            rf"md: {_NAMED_ARRAY}: .{{0,80}}?\b(?i:fail(?:ed)?|errors?|interrupted|not clean|cannot"
            r"|could not|aborted)\b"
        ),
        _read_free,
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: kicking non-fresh sdb1 from array!",
        "md: ",
        (
            r"md: (?:kicking non-fresh (?P<device>[\w!-]{1,32})"
            r"|could not open (?:device )?unknown-block\((?P<number>\d{1,4},\d{1,7})\))"
        ),
        lambda match: KernelEvidence(
            kind="md", device=match["device"] or match["number"].replace(",", ":")
        ),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: invalid superblock checksum on sdb1",
        "md: ",
        (
            r"md: (?:invalid (?:raid )?superblock \w{1,16} on |data_size too small on "
            r"|fatal superblock inconsistency in |disabled device "
            r"|could not (?:read|lock|bd_claim) |error, \w{1,40} on )(?P<device>[\w!-]{1,32})"
        ),
        _read_free,
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: sdb1 does not have a valid v1.2 superblock, not importing!",
        "md: ",
        (
            r"md: (?P<device>[\w!-]{1,32})(?: (?:does not have a valid|has zero or unknown size"
            r"|has (?:strangely )?different|has same UUID but|flush io error)"
            r"|: bogus bblog_shift)"
        ),
        _read_free,
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: super_written gets error=-5",
        "md: ",
        r"md: super_written gets error=-?(?P<errno>\d{1,3})",
        reader("md", direction="write"),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: bitmap read error: (4096B @ 8): -5",
        "md: ",
        r"md: (?:bitmap (?:read|write) error|pers->run\(\) failed|do_md_run\(\) returned -)",
        _read_free,
        begins=("md: ",),
    ),
    EvidenceForm(
        "md0: bitmap initialisation failed: -5",
        "bitmap",
        (
            r"(?P<device>md[\w.-]{1,40}|\w{1,32}): (?:bitmap (?:initialisation failed"
            r"|file is out of"
            r" date|file too short|superblock UUID mismatch)|disabling internal bitmap"
            r"|invalid bitmap file superblock|kicking failed bitmap|failed to create bitmap"
            r"|could not start resync)"
        ),
        _read_free,
        begins=(
            *(f"{NAME}: bitmap ", f"{NAME}: disabling internal bitmap"),
            *(f"{NAME}: invalid bitmap file", f"{NAME}: kicking failed bitmap"),
            *(f"{NAME}: failed to create bitmap", f"{NAME}: could not start resync"),
        ),
    ),
    EvidenceForm(
        # Of Unraid, whose driver calls the disks of the array by number.
        "md: disk1 read error, sector=4096",
        " error, sector=",
        (
            r"md: (?P<device>disk\d{1,3}) (?P<direction>read|write) error,"
            r" sector=(?P<sector>\d{1,20})"
        ),
        reader("md"),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: recovery thread: P corrected, sector=4096",
        " corrected, sector=",
        r"md: recovery thread: PQ? corrected, sector=(?P<sector>\d{1,20})",
        reader("md", significance=REPAIR),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md: recovery thread: PQ incorrect, sector=4096",
        " incorrect, sector=",
        r"md: recovery thread: PQ? incorrect, sector=(?P<sector>\d{1,20})",
        reader("md"),
        begins=("md: ",),
    ),
    EvidenceForm(
        "md-cluster(md0:2): failed to get EX on TOKEN (-5)",
        "md-cluster",
        (
            r"md-cluster(?:\((?P<device>md[\w.-]{1,40}):\d{1,5}\))?: .{0,80}?"
            r"(?i:fail|could not|timeout|unable)"
        ),
        _read_free,
        begins=("md-cluster",),
    ),
    EvidenceForm(
        "md5: mismatch sector in range 4096-4104",
        "mismatch sector in range ",
        r"(?P<device>[\w.-]{1,40}): mismatch sector in range \d{1,20}-\d{1,20}",
        reader("md"),
        begins=(f"{NAME}: mismatch sector in range ",),
    ),
)
"""In the order tried."""
