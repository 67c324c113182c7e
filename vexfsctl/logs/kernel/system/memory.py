"""Lines about memory that ran out, and about swap.

Wording of mm/oom_kill.c, mm/page_alloc.c, mm/page_io.c and mm/swapfile.c in Linux 4.4 to 6.18. The
numbers of a swap device are major, minor, and a sector of 512 bytes.
"""

from vexfsctl.logs.kernel.form import ANYTHING, NAME, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.processes import PROCESS
from vexfsctl.logs.kernel.told import free_reader

_SWAP_BEGINS = ("Read-error on swap-device", "Write-error on swap-device")

MEMORY_FORMS = (
    EvidenceForm(
        "Read-error on swap-device (254:0:16)",
        "-error on swap-device",
        (
            r"(?P<direction>Read|Write)-error on swap-device"
            r"(?: \((?P<device>\d{1,5}:\d{1,7}):(?P<sector>\d{1,20})\))?"
        ),
        free_reader("swap"),
        begins=_SWAP_BEGINS,
    ),
    EvidenceForm(
        "Write error -5 on dio swapfile (4096)",
        " on dio swapfile ",
        r"Write error (?:-(?P<errno>\d{1,4}) )?on dio swapfile",
        free_reader("swap", direction="write"),
        begins=("Write error ",),
    ),
    EvidenceForm(
        "get_swap_device: Bad swap file entry 3ffffffffffff",
        " swap ",
        r"\w{1,40}: (?:Bad|Unused) swap (?:file|offset) entry ",
        free_reader("swap"),
        begins=(f"{NAME}: Bad swap ", f"{NAME}: Unused swap "),
    ),
    EvidenceForm(
        "Unable to find swap-space signature",
        "swap",
        r"Unable to (?:find swap-space signature|handle swap header version)",
        free_reader("swap"),
        begins=("Unable to find swap-space", "Unable to handle swap header"),
    ),
    EvidenceForm(
        "Out of memory: Killed process 412 (fio) total-vm:1000kB, anon-rss:900kB",
        "ut of ",
        (
            # Up to 2.6.2x with a capital letter more.
            r"(?:Out of [Mm]emory|Memory cgroup out of memory)(?: \(oom_kill\S{0,40}\))?"
            r"(?:: [Kk]ill| and no killable processes)"
        ),
        free_reader("oom_kill"),
        begins=("Out of memory", "Out of Memory", "Memory cgroup out of memory"),
    ),
    EvidenceForm(
        "fio invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "oom",
        rf"{PROCESS} invoked oom-killer:(?: |$)|oom-kill:constraint=",
        free_reader("oom_kill"),
        begins=(f"{ANYTHING} invoked oom-killer:", "oom-kill:constraint="),
    ),
    EvidenceForm(
        # The second line of it up to 4.20, and of some limits since; Red Hat's 3.10 has the user.
        "Killed process 412 (fio), UID 1000, total-vm:1000kB, anon-rss:900kB, file-rss:0kB",
        "Killed process ",
        (
            r"Killed process \d{1,10} \(.{1,32}?\)"
            r"(?:,? (?:UID \d{1,10},? )?(?:total-vm|vsz):|\s{0,2}$)"
        ),
        free_reader("oom_kill"),
        begins=("Killed process ",),
    ),
    EvidenceForm(
        "oom_reaper: reaped process 412 (fio), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "oom_reaper: ",
        r"oom_reaper: reaped process ",
        free_reader("oom_kill", ROUTINE),
        begins=("oom_reaper: reaped process ",),
    ),
    EvidenceForm(
        # Up to 3.x with a dot in place of the second colon.
        "kswapd0: page allocation failure: order:0, mode:0x1080020",
        ": page allocation failure",
        rf"{PROCESS}: page allocation failure[:.] order:",
        free_reader("memory"),
        begins=(f"{ANYTHING}: page allocation failure",),
    ),
    EvidenceForm(
        # Of Linux 2.4.
        "__alloc_pages: 0-order allocation failed (gfp=0x1d2/0)",
        "-order allocation failed",
        r"__alloc_pages: \d{1,2}-order allocation failed",
        free_reader("memory"),
        begins=("__alloc_pages: ",),
    ),
    EvidenceForm(
        "VM: killing process fio",
        "VM: killing process ",
        r"VM: killing process ",
        free_reader("oom_kill"),
        begins=("VM: killing process ",),
    ),
    EvidenceForm(
        "SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)",
        "SLUB: ",
        r"SLUB: Unable to allocate memory on node",
        free_reader("memory"),
        begins=("SLUB: Unable to allocate memory",),
    ),
)
"""In the order tried."""
