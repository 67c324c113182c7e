"""What users call VexFS (processes, files, labels) is no evidence of it; names in its code are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.kernel.mentions import MENTIONS
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.record import LogRecord

LONGEST_PROCESS = 15
"""Letters of the name of a process (TASK_COMM_LEN)."""
OF_PROCESSES = (
    "%s[412]: segfault at 0 ip 000055d0c0ffee00 sp 00007ffc0c0ffee0 error 4 in %s[55d0c000+1000]",
    "traps: %s[412] general protection fault ip:0 sp:0 error:0 in libc.so.6[7f00+1000]",
    "traps: %s[412] trap invalid opcode ip:55 sp:7ffc error:0 in x[5500+1000]",
    "%s[412] trap divide error ip:0 sp:0 error:0",
    "%s[412]: unhandled signal 11 at 0000 nip 1 lr 1 code 1",
    "%s/412: potentially unexpected fatal signal 11.",
    "%s: potentially unexpected fatal signal 11.",
    "%s:412 conflicting memory types 0-1000 write-back<->uncached-minus",
    "%s: page allocation failure: order:0, mode:0x1080020",
    "%s: vmalloc error: size 4096, page order 0",
    "%s invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "%s (412): drop_caches: 3",
    "%s (412) used greatest stack depth: 12 bytes left",
    "%s uses obsolete (PF_INET,SOCK_PACKET)",
    "Out of memory: Killed process 412 (%s) total-vm:1000kB, anon-rss:900kB, file-rss:0kB",
    "Out of memory: Kill process 412 (%s) score 900 or sacrifice child",
    "Memory cgroup out of memory: Killed process 412 (%s) total-vm:1000kB, anon-rss:900kB",
    "Killed process 412 (%s) total-vm:1000kB, anon-rss:900kB, file-rss:0kB",
    "oom_reaper: reaped process 412 (%s), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    "oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/user.slice,task=%s,pid=412,uid=1000",
    "INFO: task %s:412 blocked for more than 120 seconds.",
    "task:%s          state:D stack:0     pid:412   ppid:1      flags:0x00000002",
    "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [%s:412]",
    "BUG: scheduling while atomic: %s/412/0x00000002",
    "BUG: Bad page map in process %s  pte:8000 pmd:1234",
    "BUG: Bad page state in process %s  pfn:00412",
    "BUG: Bad rss-counter state mm:000000001234 comm:%s type:MM_FILEPAGES val:1",
    "BUG: workqueue leaked lock or atomic: %s/0x00000001/412",
    "in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 412, name: %s",
    "WARNING: %s/412 still has locks held!",
    "WARNING: fs/inode.c:331 at drop_nlink+0x2c/0x40, CPU#0: %s/412",
    "CPU: 1 PID: 412 Comm: %s Tainted: G           OE      6.1.0-56-amd64 #1",
    "capability: warning: `%s' uses deprecated v2 capabilities in a way that may be insecure",
    "coredump: 412(%s): over core_pipe_limit, skipping core dump",
    "mce: Uncorrected hardware memory error in user-access at 1; Killing %s:412 due to hardware",
    "EXT4-fs error (device sdz1): ext4_lookup:1700: inode #12: comm %s: iget: bad sector 8",
    "BTRFS: device label x devid 1 transid 5 /dev/sdb scanned by %s (412)",
    'ptrace attach of "%s"[412] was attempted by "gdb"[413]',
    # Network interfaces have such names, too.
    "%s: renamed from veth412",
    "%s: entered promiscuous mode",
    "%s: left allmulticast mode",
)
OF_OTHERS = (
    "process '%s' launched '/bin/sh' with NULL argv: empty string added",
    "process '%s' started with executable stack",
    'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" profile="%s" name="%s"',
    'audit: type=1701 audit(1700000000.123:45): uid=1000 pid=412 comm="x" exe="/home/u/%s" sig=11',
    "cgroup: fork rejected by pids controller in /user.slice/%s",
    "oom-kill:constraint=CONSTRAINT_MEMCG,cpuset=/,oom_memcg=/%s,task_memcg=/%s,task=x,pid=4,uid=0",
    "usb 1-1: Product: %s",
    "usb 1-1: SerialNumber: %s",
    "scsi 2:0:0:0: Direct-Access     %s  1.00 PQ: 0 ANSI: 6",
    "BTRFS: device label %s devid 1 transid 5 /dev/sdb scanned by mount (412)",
    'EXT4-fs (sdz1): Unrecognized mount option "%s" or missing value',
    "ext4: Unknown parameter '%s'",
    "nfs: server %s not responding, still trying",
    "SELinux:  Context %s is not valid (left unmapped).",
    "BUG: Dentry 0000000012345678{i=2,n=%s}  still in use (1) [unmount of ext4 loop0]",
    "sysfs: cannot create duplicate filename '/devices/virtual/%s'",
    "Kernel panic - not syncing: Requested init %s failed (error -2).",
    'VFS: Cannot open root device "%s" or unknown-block(0,0): error -6',
    "[UFW BLOCK] IN=eth0 OUT= PREFIX=%s",
    "br0: port 1(%s) entered blocking state",
)
WORDS = tuple(
    dict.fromkeys(
        (
            *("vexfsd", "vexfs", "VexFS", "VexFS: panic", "[vexfs]", "[VexFS] error", "vexfs_fuse"),
            *("vexfs_a+0x1/0x1", "in vexfs_a+0x1/", "vexfs error: x", "at vexfs.c:1", "in vexfs"),
            *(" vexfs_a+0x1/0x", "VexFS: [CALL-1]", "vexfs.c:1 vexfs"),
            *("vexfs:1 at a+0x", "at vexfs.c:1 x", "v/vexfs.c:1 at "),
            *(form.sample for form in UPSTREAM_FORMS),
            *(mention.sample for mention in MENTIONS),
        )
    )
)
"""What VexFS says, and what looks like its code."""


def entry_of(text: str, facility: int | None = 0) -> LogEntry:
    """Return what a line of the kernel's is."""
    (entry,) = interpret_records([LogRecord(text, "kmsg", 0, facility=facility)])
    return entry


def is_of_vexfs(text: str) -> list[bool]:
    """Whether anything of VexFS is concluded: where the log says who wrote it, and where not."""
    entries = (entry_of(text), entry_of(text, None))
    trouble = [e.upstream is not None and e.upstream.significance.is_trouble for e in entries]
    return [each.is_own or bad for each, bad in zip(entries, trouble, strict=True)]


@pytest.mark.parametrize("line", OF_PROCESSES)
def test_the_name_of_a_process_is_no_evidence(line: str) -> None:
    """Fifteen letters, whatever they are."""
    names = dict.fromkeys(word[:LONGEST_PROCESS] for word in WORDS)

    taken = [name for name in names if any(is_of_vexfs(line.replace("%s", name)))]
    assert taken == []


@pytest.mark.parametrize("line", OF_OTHERS)
def test_what_else_users_name_is_no_evidence(line: str) -> None:
    """Paths, labels, products and options may be long."""
    taken = [word for word in WORDS if any(is_of_vexfs(line.replace("%s", word)))]
    assert taken == []


@given(st.sampled_from(OF_PROCESSES), st.text(alphabet="vexfsVXFS_ad:[]+0/1x .c(){}", max_size=15))
def test_no_name_of_a_process_is_evidence(line: str, name: str) -> None:
    """Not even one made for that."""
    assert is_of_vexfs(line.replace("%s", name)) == [False, False]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("kernel BUG at /root/vexfs/kernel/super.c:123!", "kernel_bug"),
        ("UBSAN: array-index-out-of-bounds in /root/vexfs/kernel/ann.c:12:3", "kernel_bug"),
        (
            "BUG: sleeping function called from invalid context at /root/vexfs/kernel/ann.c:12",
            "kernel_bug",
        ),
        (
            "BUG: KFENCE: use-after-free read in vexfs_get_block+0x1d/0x90 [vexfs]",
            "kernel_bug",
        ),
        ("BUG: KCSAN: data-race in vexfs_a / vexfs_b", "kernel_bug"),
        (
            "BUG: Dentry 0000000012345678{i=2,n=x}  still in use (1) [unmount of vexfs loop0]",
            "kernel_bug",
        ),
        (
            "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in:"
            " vexfs_get_block+0x1d/0x90 [vexfs]",
            "kernel_bug",
        ),
        (
            "usercopy: Kernel memory exposure attempt detected from SLUB object 'vexfs_inode_cache'"
            " (offset 0, size 10)!",
            "kernel_bug",
        ),
        (
            "WARNING: fs/inode.c:331 at vexfs_sync_fs+0x2c/0x40 [vexfs], CPU#0: x/4",
            "kernel_warning",
        ),
        (
            "WARNING: CPU: 1 PID: 145 at /root/vexfs/kernel/super.c:33 x_sync_fs+0x2c/0x40 [vexfs]",
            "kernel_warning",
        ),
        ("VFS: Close: file count is 0 (f_op=vexfs_file_operations [vexfs])", "kernel_busy_inodes"),
        ("kmem_cache_create(vexfs_inode_cache) failed with error -12", "kernel_cache_leak"),
    ],
)
def test_the_code_of_vexfs_is_evidence(text: str, form: str) -> None:
    """Functions, source files, caches, types of filesystem: who built it has named these."""
    upstream = entry_of(text).upstream

    assert upstream is not None
    assert (upstream.form, upstream.hearsay) == (form, False)
    assert upstream.significance.is_trouble


def test_a_line_that_names_vexfs_is_shown_and_proves_nothing() -> None:
    """It is in the log of VexFS, with the reason why nothing follows from it."""
    crash = entry_of("vexfsd[412]: segfault at 0 ip 1 sp 2 error 4 in x[1+1]", None).upstream
    other = entry_of("usb 1-1: Product: VexFS: Unable to read superblock").upstream

    assert crash is not None
    assert other is not None
    assert (crash.form, other.form) == ("kernel_segfault", "kernel_mention")
    assert crash.note is not None
    assert other.note is not None
    assert entry_of("Out of memory: Killed process 412 (vexfsd) total-vm:1kB").evidence is not None
