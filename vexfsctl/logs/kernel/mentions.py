"""What the kernel itself says about a VexFS module: its loading, and where it was in a failure.

A line is one of these only if it names VexFS and the kernel wrote it, or its source does not say
who did; and only where the name is that of a function, a source file, a module, a cache or a type
of filesystem, which the kernel's code has from whoever built it. What users may call so (processes,
files, labels, devices) stands elsewhere in these lines. Wording of Linux 6.1 and 6.18.
"""

import re
from dataclasses import dataclass

from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

_ERROR = Significance.ERROR
_OFFSET = r"\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}"
_CODE = rf"vexfs\w{{0,60}}{_OFFSET}"
_MODULE = r"vexfs\w{0,60}"
_PLACE = r"\S{1,200}?:\d{1,6}"
_AT_WORK = "kernel code of VexFS was running when it happened"


@dataclass(frozen=True, slots=True)
class Mention:
    """One way in which the kernel speaks of VexFS."""

    name: str
    sample: str
    pattern: str
    """Regular expression that such a line begins with; compiled when first used."""
    significance: Significance = Significance.ROUTINE
    severity: Severity | None = None
    note: str | None = None

    @property
    def event(self) -> UpstreamEvent:
        """What it stands for."""
        return UpstreamEvent(
            form=self.name,
            kind=UpstreamKind.MESSAGE,
            significance=self.significance,
            severity=self.severity,
            note=self.note,
        )


MENTIONS = (
    Mention(
        "kernel_unsigned",
        "vexfs: module verification failed: signature and/or required key missing - tainting"
        " kernel",
        rf"{_MODULE}: module verification failed: ",
        Significance.NOISE,
        note="expected: the module is not signed by whoever built the kernel",
    ),
    Mention(
        "kernel_tainted",
        "vexfs: loading out-of-tree module taints kernel.",
        rf"{_MODULE}: (?:loading out-of-tree module|module license .{{1,80}}) taints",
        note="expected: the module is not part of the kernel",
    ),
    Mention(
        "kernel_refused_module",
        "vexfs: Unknown symbol vexfs_rust_init (err -2)",
        (
            rf"{_MODULE}: (?:Unknown symbol|disagrees about version of symbol|version magic|"
            r"no symbol version for|exports duplicate symbol|Unknown rela relocation|"
            r"module uses symbols|Invalid module)"
        ),
        _ERROR,
        Severity.CRITICAL,
        "the module does not fit the running kernel: it is not loaded",
    ),
    Mention(
        "kernel_mount_option",
        "vexfs: Unknown parameter 'emergency_ro'",
        rf"{_MODULE}: (?:Unknown parameter|Bad value for|unknown parameter)",
        _ERROR,
        Severity.LOW,
        "a mount option or module parameter that this build does not know",
    ),
    Mention(
        "kernel_code_at",
        "RIP: 0010:vexfs_get_block+0x1d/0x90 [vexfs_deadlock_fix]",
        rf"(?:RIP: [0-9a-f]{{4}}:|pc : |EIP: ){_CODE}",
        _ERROR,
        Severity.CRITICAL,
        _AT_WORK,
    ),
    Mention(
        "kernel_bug",
        "BUG: KASAN: slab-out-of-bounds in vexfs_get_block+0x1d/0x90 [vexfs_deadlock_fix]",
        (
            # The name of a process is too short to have a function and an offset behind a word.
            r"(?s)(?:(?:(?:watchdog: )?BUG: (?!Dentry )|Oops|general protection fault"
            r"|stack guard page|Unable to handle |Internal error).*?"
            rf"\b(?:in|at|from):? {_CODE}"
            r"|(?:[kK]ernel BUG at |BUG: sleeping function called from invalid context at "
            r"|UBSAN: [\w -]{1,60} in )\S{0,200}?vexfs\S{0,200}:\d"
            rf"|BUG: KCSAN: [\w -]{{1,60}} in {_MODULE}|BUG: workqueue .*?last function: {_MODULE}"
            rf"|BUG: Dentry .*\[unmount of {_MODULE} [^\[\]\n]{{1,64}}\]$"
            rf"|Kernel panic - not syncing: (?:VexFS|stack-protector: [\w ]{{1,60}} in: {_CODE})"
            r"|usercopy: Kernel memory \w{1,20} attempt detected (?:from|to) \w{1,8} object 'vexfs)"
        ),
        _ERROR,
        Severity.CRITICAL,
        _AT_WORK,
    ),
    Mention(
        "kernel_warning",
        "WARNING: CPU: 1 PID: 145 at fs/inode.c:331 vexfs_sync_fs+0x2c/0x40 [vexfs]",
        # Since 6.19 the place stands first.
        rf"WARNING: (?:CPU: \d{{1,5}} PID: \d{{1,10}} )?(?:at )?"
        rf"(?:{_PLACE}(?: at)? {_CODE}|\S{{0,200}}?vexfs{_PLACE}(?: at)? \w{{1,80}}{_OFFSET})",
        _ERROR,
        Severity.HIGH,
        _AT_WORK,
    ),
    Mention(
        "kernel_busy_inodes",
        "VFS: Busy inodes after unmount of loop0 (vexfs_fixed)",
        (
            rf"VFS: (?:Busy inodes after unmount of [^()\n]{{1,64}} \({_MODULE}\)"
            rf"|Close: file count is \w{{1,4}} \(f_op={_MODULE})"
        ),
        _ERROR,
        Severity.HIGH,
        "the module kept inodes or files beyond their end: the kernel may fail later",
    ),
    Mention(
        "kernel_cache_leak",
        "kmem_cache_destroy vexfs_fixed_inode_cache: Slab cache still has objects when called from"
        " vexfs_exit+0x1d/0x90 [vexfs_deadlock_fix]",
        (
            rf"(?s)(?:kmem_cache_destroy |BUG ){_MODULE}.*(?:still has objects|Objects remaining)"
            rf"|kmem_cache_create[\w: (]{{0,40}}?{_MODULE}.*(?:failed|exists)"
        ),
        _ERROR,
        Severity.HIGH,
        "the module was unloaded with inodes still in memory",
    ),
    Mention(
        "kernel_segfault",
        "vexfs_fuse[412]: segfault at 0 ip 000055d0c0ffee00 sp 00007ffc0c0ffee0 error 4 in"
        " vexfs_fuse[55d0c0f00000+1000]",
        rf"(?:traps: )?{_MODULE}\[\d{{1,10}}\]:? (?:segfault|trap|general protection)",
        note="a process that calls itself so crashed; as any user may call one so, that is no error"
        " of VexFS",
    ),
    Mention(
        "kernel_trace",
        " ? vexfs_sync_fs+0x2c/0x40 [vexfs_deadlock_fix]",
        rf"\s{{0,8}}(?:\? )?(?:\[<[0-9a-f]{{1,16}}>\] )?(?:\? )?{_CODE}",
        note=_AT_WORK,
    ),
    Mention(
        "kernel_modules",
        "Modules linked in: loop vexfs_deadlock_fix(OE) 9p",
        rf"(?s)Modules linked in: .*{_MODULE}",
    ),
    Mention(
        "kernel_process",
        "CPU: 1 PID: 145 Comm: vexfs_fuse Tainted: G           OE      6.1.0-56-amd64 #1",
        rf"(?s)CPU: \d{{1,5}} .*Comm: {_MODULE}",
    ),
)
"""In the order tried."""


def parse_mention(text: str) -> UpstreamEvent | None:
    """Return what the kernel says of VexFS in *text*; None for a line that says nothing known."""
    return next((each.event for each in MENTIONS if re.match(each.pattern, text)), None)
