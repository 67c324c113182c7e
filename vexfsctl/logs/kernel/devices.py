"""Lines of further filesystems and of the kernel as a whole: memory, stalls, its own failures.

Wording of Linux 6.1 and 6.18 (kernel/hung_task.c, mm/oom_kill.c).
"""

from vexfsctl.logs.kernel.form import ANYTHING, EvidenceForm, reader

_FILESYSTEMS = (
    *("F2FS-fs", "EXT2-fs", "EXT3-fs", "FAT-fs", "exFAT-fs", "erofs", "SQUASHFS"),
    *("UBIFS", "NILFS", "ntfs3"),
)
_BUGS = (
    *("BUG: ", "stack guard page was hit", "kernel BUG at ", "Oops: ", "general protection fault"),
    *("Unable to handle kernel", "Kernel panic - not syncing", "traps: PANIC", "PANIC: "),
    *("Insufficient stack space to handle exception", "kernel stack overflow"),
)

DEVICE_FORMS = (
    EvidenceForm(
        "JBD2: Detected IO errors while flushing file data on loop0-8",
        "JBD2: ",
        r"JBD2: .*\bon (?P<device>dm-\d{1,5}|[^\s.-]{1,40})(?:-\d+)?\.?$",
        reader("filesystem"),
        trouble_only=True,
        begins=("JBD2: ",),
    ),
    EvidenceForm(
        "F2FS-fs (loop0): Remounting filesystem read-only",
        " (",
        (
            rf"(?:{'|'.join(_FILESYSTEMS)})"
            r"(?: \w+)? \((?:device )?(?P<device>[^\s):]{1,40})\)?:? "
        ),
        reader("filesystem"),
        trouble_only=True,
        begins=_FILESYSTEMS,
    ),
    EvidenceForm(
        "fuse: connection aborted by the administrator",
        "fuse: ",
        r"fuse: ",
        reader("fuse"),
        trouble_only=True,
        begins=("fuse: ",),
    ),
    EvidenceForm(
        "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [umount:145]",
        " lockup ",
        r"(?:watchdog: )?BUG: (?:soft|workqueue) lockup |watchdog: .{0,40}hard LOCKUP",
        reader("stall"),
        begins=("watchdog: ", "BUG: soft lockup ", "BUG: workqueue lockup "),
    ),
    EvidenceForm(
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "INFO: rcu",
        r"(?:rcu: )?INFO: rcu_\w{1,32} (?:self-)?detected",
        reader("stall"),
        begins=("rcu: INFO: rcu_", "INFO: rcu_"),
    ),
    EvidenceForm(
        "Out of memory: Killed process 412 (fio) total-vm:1000kB, anon-rss:900kB",
        "ut of memory",
        r"(?:Out of memory|Memory cgroup out of memory)(?: \(oom_kill\S*\))?: Kill",
        reader("oom_kill"),
        begins=("Out of memory", "Memory cgroup out of memory"),
    ),
    EvidenceForm(
        "fio invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "oom",
        r".{1,40} invoked oom-killer: |oom-kill:constraint=",
        reader("oom_kill"),
        begins=(f"{ANYTHING} invoked oom-killer: ", "oom-kill:constraint="),
    ),
    EvidenceForm(
        "WARNING: CPU: 1 PID: 145 at fs/buffer.c:1081 mark_buffer_dirty+0xd2/0x150",
        "WARNING: ",
        r"WARNING: (?:CPU: \d{1,5} PID: \d{1,10} )?at (?:fs|block|drivers|mm)/",
        reader("kernel_bug"),
        begins=("WARNING: ",),
    ),
    EvidenceForm(
        "BUG: kernel NULL pointer dereference, address: 0000000000000010",
        "",
        (
            r"BUG: (?:kernel NULL|unable to handle|KASAN: |stack guard page|Bad page|sleeping)"
            r"|stack guard page was hit|kernel BUG at |Oops: |general protection fault"
            r"|Unable to handle kernel|Kernel panic - not syncing|(?:traps: )?PANIC: double fault"
            r"|Insufficient stack space to handle exception|kernel stack overflow"
        ),
        reader("kernel_bug"),
        begins=_BUGS,
    ),
)
"""Every form, in the order tried."""
