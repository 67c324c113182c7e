"""Lines with which the kernel reports a failure of its own: warnings, oopses, panics.

Wording of kernel/panic.c, arch/*/kernel/traps.c and mm/kasan in Linux 5.10 to 6.19, where the line
of a warning begins with the place. Only those of storage are trouble with devices, but VexFS may
be in the call trace below any; what names VexFS is `kernel.mentions`.
"""

import re

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader
from vexfsctl.model.events import KernelEvidence

_STORAGE = r"(?:(?:\.{1,2}|src|/\S{1,160}?)/)?(?:fs|block|drivers|mm)/"
"""Where the code of storage lies, in the sources of a module outside the tree, too."""
_BUGS = (
    *("BUG: ", "stack guard page was hit", "kernel BUG at ", "Oops: ", "general protection fault"),
    *("Unable to handle kernel", "Kernel panic - not syncing", "traps: PANIC", "PANIC: "),
    *("Insufficient stack space to handle exception", "kernel stack overflow"),
    *(
        "Internal error: ",
        "Unhandled fault: ",
        "Kernel BUG at ",
        "kernel tried to ",
        "list_add corruption",
    ),
    *("list_del corruption", "UBSAN: ", "refcount_t: ", "BUG kmalloc-", "usercopy: Kernel memory "),
)
_EXCEPTIONS = (
    *("divide error: ", "double fault: ", "invalid opcode: ", "stack segment: ", "int3: "),
    *("alignment check: ", "invalid TSS: ", "segment not present: ", "bounds: "),
)
"""What x86 calls exceptions without a line of their own (arch/x86/kernel/traps.c)."""


def _read_root(match: re.Match[str]) -> KernelEvidence:
    major, minor = match["major"], match["minor"]
    number = None if major is None else f"{major}:{minor}"
    return KernelEvidence(kind="kernel_bug", device=match["device"] or number)


FAILURE_FORMS = (
    EvidenceForm(
        "Kernel panic - not syncing: EXT4-fs (device sda1): panic forced after error",
        "Kernel panic - not syncing: ",
        (
            r"Kernel panic - not syncing: [A-Za-z][\w-]{1,12}:? "
            r"\((?:device )?(?P<device>[a-z][\w!-]{0,40})\): "
        ),
        free_reader("kernel_bug"),
        begins=("Kernel panic - not syncing",),
    ),
    EvidenceForm(
        # The device by number, by name, or by what the boot loader called it.
        "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(8,1)",
        "VFS: Unable to mount root fs on ",
        (
            r"Kernel panic - not syncing: VFS: Unable to mount root fs on (?:"
            r"unknown-block\((?:0,0|(?P<major>[1-9]\d{0,3}),(?P<minor>\d{1,7}))\)"
            r"|\"?(?:/dev/)?(?P<device>(?!unknown)[a-z][\w!-]{0,40})\"?(?= |$))?"
        ),
        _read_root,
        begins=("Kernel panic - not syncing",),
    ),
    EvidenceForm(
        "WARNING: CPU: 1 PID: 145 at fs/buffer.c:1081 mark_buffer_dirty+0xd2/0x150",
        "WARNING: ",
        (
            rf"WARNING: (?:(?:CPU: \d{{1,5}} PID: \d{{1,10}} )?at {_STORAGE}"
            rf"|{_STORAGE}\S{{1,120}}:\d{{1,6}} at )"
        ),
        free_reader("kernel_bug"),
        begins=("WARNING: ",),
    ),
    EvidenceForm(
        "BUG: kernel NULL pointer dereference, address: 0000000000000010",
        "",
        (
            r"BUG: (?:kernel NULL|unable to handle|KASAN: |stack guard page|Bad page|sleeping"
            r"|scheduling while atomic|KFENCE: |workqueue leaked|Dentry )"
            r"|stack guard page was hit|[kK]ernel BUG at |Oops: |general protection fault"
            r"|Unable to handle kernel|Kernel panic - not syncing|(?:traps: )?PANIC: double fault"
            r"|Insufficient stack space to handle exception|kernel stack overflow"
            r"|Internal error: |Unhandled fault: |kernel tried to |list_(?:add|del) corruption"
            r"|UBSAN: .{1,80} in (?:fs|block|drivers|mm|\S{0,80}/(?:fs|block|drivers|mm))/"
            r"|refcount_t: (?:underflow|saturated|addition on 0)"
            r"|BUG kmalloc-\S{1,20} .{0,80}: "
            r"|usercopy: Kernel memory (?:exposure|overwrite) attempt"
        ),
        free_reader("kernel_bug"),
        begins=_BUGS,
    ),
    EvidenceForm(
        "divide error: 0000 [#1] PREEMPT SMP NOPTI",
        ": ",
        rf"(?:{'|'.join(_EXCEPTIONS)})[0-9a-f]{{4}} \[#\d{{1,5}}\]",
        free_reader("kernel_bug"),
        begins=_EXCEPTIONS,
    ),
    EvidenceForm(
        "WARNING: possible circular locking dependency detected",
        "",
        r"WARNING: |BUG: (?!KCSAN: )|UBSAN: ",
        free_reader("kernel_bug", ROUTINE),
        begins=("WARNING: ", "BUG: ", "UBSAN: "),
    ),
)
"""In the order tried."""
