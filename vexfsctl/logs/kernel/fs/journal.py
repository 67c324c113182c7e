"""Lines of the journals of ext4 and ext3 (fs/jbd2 of Linux 5.10 to 6.18, fs/jbd up to 4.2).

A journal is called after the device and its inode, `sda1-8` (`sda1:8` up to 2.6.33), or after the
device alone if it is one of its own; of device names only `dm-3` has a dash itself.
"""

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader

_JOURNAL = r"(?P<device>dm-\d{1,7}|[^\s.,:()-]{1,64})(?:[-:]\d{1,10})?\.?"
_BEGINS = ("JBD2: ", "JBD: ")

JOURNAL_FORMS = (
    EvidenceForm(
        "Aborting journal on device loop0-8.",
        "Aborting journal on device ",
        rf"Aborting journal on device {_JOURNAL}$",
        free_reader("filesystem"),
        begins=("Aborting journal on device ",),
    ),
    EvidenceForm(
        "JBD2: Detected IO errors while flushing file data on loop0-8",
        "Detected IO errors ",
        rf"JBD2?: Detected IO errors while flushing file data on {_JOURNAL}$",
        free_reader("filesystem", direction="write"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        # At a mount after a crash, once the journal has been replayed.
        "JBD2: Clearing recovery information on journal",
        " recovery information on journal",
        r"JBD2?: (?i:clearing|ignoring) recovery information on journal",
        free_reader("filesystem", ROUTINE),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "JBD2: no valid journal superblock found",
        "JBD",
        (
            r"JBD2?: (?:no valid journal superblock|[Uu]nrecognised|journal file too short"
            r"|Invalid start block|Can't enable|Unknown checksum type|Cannot load crc32c"
            r"|Journal too short|Incorrect Journal head|Cannot enable fast)"
        ),
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "JBD2: Spotted dirty metadata buffer (dev = sda1, blocknr = 17). There's a risk of"
        " filesystem corruption in case of system crash.",
        "Spotted dirty metadata buffer",
        r"JBD2?: Spotted dirty metadata buffer \(dev = (?P<device>[^\s,]{1,64}),",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "JBD2: journal transaction 4711 on sda1-8 is corrupt.",
        "is corrupt",
        rf"JBD2?: journal transaction \d{{1,20}} on {_JOURNAL} is corrupt",
        free_reader("filesystem"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "JBD2: I/O error when updating journal superblock for loop0-8.",
        "superblock",
        rf"JBD2?: .{{0,160}}superblock(?: update)? for {_JOURNAL}$",
        free_reader("filesystem", direction="write"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "JBD2: IO error -5 recovering block 3073 in log",
        "JBD",
        rf"JBD2?: (?:.{{0,400}} (?:on|for) {_JOURNAL}$)?",
        free_reader("filesystem"),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "jbd2_journal_bmap: journal block not found at offset 3073 on sda1-8",
        "journal",
        (
            r"(?:jbd2_\w{1,60}|__jbd2_\w{1,60}|journal_bmap): (?:Cannot (?:read|locate) journal"
            r"|(?:journal block not found at offset \d{1,20} on"
            rf"|no way to get more journal space in) {_JOURNAL}$)"
        ),
        free_reader("filesystem"),
        begins=("jbd2_", "__jbd2_", "journal_bmap: "),
    ),
    EvidenceForm(
        "journal commit I/O error",
        "commit I/O error",
        r"journal commit I/O error",
        free_reader("filesystem", direction="write"),
        begins=("journal commit I/O error",),
    ),
)
"""In the order tried."""
