"""What the words of states, levels, hints and severities mean: their prose, declared once.

The facts are those of vexfs-sysfs(5) and vexfs-log(5).
"""

from vexfsctl.explanation.form import Term
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.errnos import ErrnoClass
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState, Presence

_LIST = "`vexfsctl breaker list VOLUME`"
_BREAKER_CLOSED = f"{_LIST} shows the breaker closed."
_VOLUME_OK = "`vexfsctl status VOLUME` says OK."
_LEVEL_NORMAL = "`vexfsctl status VOLUME` shows degradation normal."
_FIND_CAUSE = "Find what failed: `vexfsctl trace VOLUME/OPERATION`."

BREAKER_STATES = {
    BreakerState.CLOSED: Term(
        "The breaker lets every call pass and counts those that fail.",
        what_the_system_does="It opens when failure_threshold failures (5) fall within window_ms "
        "(10 s).",
    ),
    BreakerState.OPEN: Term(
        "Too many calls of this operation type failed, so the breaker refuses them untried.",
        "Applications get EBUSY at once; nothing reaches the device.",
        "After timeout_ms (60 s) it becomes half_open.",
        f"{_FIND_CAUSE} Repair that, then wait, or `vexfsctl breaker reset VOLUME/OPERATION "
        "--probe`.",
        _BREAKER_CLOSED,
    ),
    BreakerState.HALF_OPEN: Term(
        "The breaker lets single calls through to find out whether they succeed again.",
        "Most calls are still refused (EBUSY).",
        "After success_threshold successes (3) it closes; one failure opens it again.",
        "Wait, or send calls of your own: `vexfsctl breaker reset VOLUME/OPERATION --probe`.",
        _BREAKER_CLOSED,
    ),
    BreakerState.FORCED_OPEN: Term(
        "An operator opened the breaker: every call of this operation type is refused.",
        "Applications get EBUSY at once; nothing reaches the device.",
        "It becomes half_open when the time given with it has passed, and never without a time.",
        "See who did it and why (`vexfsctl log --volume VOLUME --grep operator`), then `vexfsctl "
        "breaker reset VOLUME/OPERATION`.",
        _BREAKER_CLOSED,
    ),
    BreakerState.DISABLED: Term(
        "An operator switched the breaker off: it judges nothing and lets every call pass.",
        "Calls to a failing device wait for each failure instead of being refused at once.",
        "It closes when an operator enables it, or the time given with the command has passed.",
        "`vexfsctl breaker enable VOLUME/OPERATION` when the work that needed it is done.",
        _BREAKER_CLOSED,
    ),
    BreakerState.METRICS_ONLY: Term(
        "The breaker judges calls as if it were on, and lets every one pass.",
        "Calls to a failing device wait for each failure instead of being refused at once.",
        "It closes when an operator enables it, or the time given with the command has passed; "
        "`would_reject` of `vexfsctl breaker show` counts what it would have refused.",
        "`vexfsctl breaker enable VOLUME/OPERATION` when its judgement should count again.",
        _BREAKER_CLOSED,
    ),
}

MODULE_STATES = {
    ModuleState.UNINITIALIZED: Term(
        "The provider of the volume is there but has not started.",
        "Calls are not served yet.",
        what_you_do="Mount the volume; a kernel module is in this state only before it starts and "
        "after it ends.",
        done_when="`vexfsctl status VOLUME` shows the state initialized.",
    ),
    ModuleState.INITIALIZING: Term(
        "The provider is starting.",
        "Calls wait or are refused until it is initialized.",
        what_you_do="Wait. If it does not pass, look at the last record of the start: "
        "`vexfsctl log --volume VOLUME`.",
        done_when="`vexfsctl status VOLUME` shows the state initialized.",
    ),
    ModuleState.INITIALIZED: Term("The provider runs and serves calls: the healthy state."),
    ModuleState.ERROR: Term(
        "The provider failed to start or to keep running.",
        "Writes to attributes fail with EIO. A kernel module in this state answers calls by "
        "fallbacks that report success and store nothing.",
        "It stays so until it is shut down.",
        "Stop writing to the volume. Find the first error (`vexfsctl log --volume VOLUME`), then "
        "unmount, and mount or load it again.",
        "`vexfsctl status VOLUME` shows the state initialized.",
    ),
    ModuleState.SHUTTING_DOWN: Term(
        "The provider is ending: an unmount or unload is under way.",
        "New calls are refused; those that run are waited for.",
        what_you_do="Wait. If it does not pass, a call hangs: `vexfsctl umount --force VOLUME`.",
        done_when="`vexfsctl status` no longer lists the volume.",
    ),
}

_LOWER = (
    "`vexfsctl status VOLUME` says what is short. Lower that, or raise its limit: `vexfsctl volume "
    "set VOLUME resources/memory_limit_bytes=N`, or max_operations, or reserve_bytes; 0 is none."
)
_BY_ITSELF = (
    "Memory that can be given back is given back first. The level falls by itself, two seconds "
    "after usage is below nine tenths of what began it."
)

DEGRADATION_LEVELS = {
    DegradationLevel.NORMAL: Term(
        "The engine finds nothing that limits the volume. Where no limit is set under resources/, "
        "no use of memory, space or calls counts."
    ),
    DegradationLevel.LIGHT: Term(
        "The engine finds something slightly wrong: a part did not start, or a limit is near: "
        "memory above 70 % of it, calls above 80 %, or less than twice the reserve of space free.",
        "Everything works. While memory is short at most 80 calls run at once, or 80 % of "
        "max_operations; while memory or places are, deadlines are 1.2 times as long.",
        f"{_BY_ITSELF} Where a part did not start it stays until the next mount.",
        _LOWER,
        _LEVEL_NORMAL,
    ),
    DegradationLevel.MODERATE: Term(
        "The engine finds that something is short: memory above 80 % of its limit, more calls than "
        "max_operations, or less than 1.25 times the reserve of space free.",
        "Everything works, more slowly: 60 calls at once while memory is short, deadlines 1.5 "
        "times as long.",
        _BY_ITSELF,
        _LOWER,
        _LEVEL_NORMAL,
    ),
    DegradationLevel.HEAVY: Term(
        "The engine finds that something is nearly exhausted: memory above 85 % of its limit, 1.2 "
        "times as many calls as max_operations, or less space free than the reserve.",
        "Below the reserve, what needs more space fails with ENOSPC; removing and truncating files "
        "works. While memory is short 40 calls run at once; while memory or places are, deadlines "
        "are twice as long.",
        f"{_BY_ITSELF} The next level, which space does not reach, refuses writes.",
        _LOWER,
        _LEVEL_NORMAL,
    ),
    DegradationLevel.READ_ONLY: Term(
        "The engine refuses writes: something stored is damaged, memory is above 90 % of its "
        "limit, or there are more than 1.5 times as many calls as max_operations.",
        "Writes fail with EROFS; reading works, 20 calls at once while memory is short, with "
        "deadlines three times as long.",
        "After damage it stays so until an operator writes rw to access_mode; otherwise it goes "
        "back by itself.",
        "Find the damage (`vexfsctl errors --severity critical`), copy off what you need, check "
        "the filesystem, then `vexfsctl volume set VOLUME access_mode=rw`. Without damage: "
        "`vexfsctl status VOLUME` says what is short.",
        _LEVEL_NORMAL,
    ),
    DegradationLevel.EMERGENCY: Term(
        "The engine serves only the minimum: memory is above 95 % of its limit, or there are more "
        "than twice as many calls as max_operations.",
        "Writes fail with EROFS, vectors with EBUSY. Files can be found, read and closed: 5 calls "
        "at once while memory is short, with deadlines five times as long.",
        _BY_ITSELF,
        f"{_LOWER} If calls hang (`vexfsctl status` says overdue), see to the device first.",
        _LEVEL_NORMAL,
    ),
}

PRESENCES = {
    Presence.PRESENT: Term("The volume is mounted and its attribute tree answers."),
    Presence.BUSY: Term(
        "The volume answered only after the deadline, or has not answered in three of them, but is "
        "not stuck: the host has more work than processors.",
        "Calls on the mount are slow; nothing is lost.",
        "The tool waits up to three deadlines; time spent waiting for a processor does not count.",
        "Look at what loads the host (`uptime`, `top`) and look again, with a longer --timeout. "
        "Leave the volume mounted.",
        "`vexfsctl volume list` shows it as present.",
    ),
    Presence.STALE: Term(
        "The driver of the volume was killed, and its mount is left behind (ENOTCONN).",
        "Every call on the mount point fails; what was synced is on the device.",
        "Nothing: only an unmount clears it.",
        "`vexfsctl umount --force VOLUME`, then mount it again.",
        _VOLUME_OK,
    ),
    Presence.UNRESPONSIVE: Term(
        "The volume did not answer within the deadline while the CPU clock of its driver stood: it "
        "hangs, was stopped, or was killed with calls stuck in it. Or it did not answer within "
        "three deadlines although its driver runs or is not known.",
        "Programs that use the mount hang too.",
        "Nothing: a stuck call ends only with its device.",
        "Look for a hung device (`dmesg`) and at the driver's process. Only if the CPU clock of "
        "that stands and it does not recover: `vexfsctl umount --force VOLUME`.",
        _VOLUME_OK,
    ),
    Presence.UNREADABLE: Term(
        "The attribute tree of the volume may not be read, or is of a version this vexfsctl does "
        "not know.",
        "Nothing can be said about its health; the volume itself may be fine.",
        what_you_do="Run vexfsctl as root, or with the version that came with the driver.",
        done_when="`vexfsctl status VOLUME` shows its state.",
    ),
    Presence.VANISHED: Term(
        "The volume went away while it was being read: it was unmounted.",
        what_you_do="Look again: `vexfsctl status`.",
        done_when="`vexfsctl status` lists the volume, or no longer does.",
    ),
}

ACCESS_MODES = {
    AccessMode.READ_WRITE: Term(
        "The operator allows writing. Degradation may still refuse it.",
        what_the_system_does="Writing rw to access_mode also ends the hold that damage put on "
        "degradation.",
    ),
    AccessMode.READ_ONLY: Term(
        "The operator made the volume read-only.",
        "Writes fail with EROFS, which is an answer, not an error; reading works.",
        "It stays so until an operator writes rw.",
        "`vexfsctl volume set VOLUME access_mode=rw` when writing may go on.",
        "`vexfsctl volume show VOLUME` shows access_mode rw.",
    ),
}

SEVERITIES = {
    Severity.LOW: Term(
        "An answer to a question: the volume works as it should.",
        what_you_do="Nothing.",
    ),
    Severity.MEDIUM: Term(
        "This one call cannot be served now.",
        "The application was refused something; nothing stored was changed.",
        what_you_do="Wait, unless it repeats; then `vexfsctl explain` the error itself.",
        done_when="`vexfsctl errors --severity medium --since 1h` lists nothing.",
    ),
    Severity.HIGH: Term(
        "The device or the volume fails calls.",
        "Applications get errors; a write may not have arrived.",
        "`status` and `check` say WARNING while one lies within their window.",
        "Find the cause: `vexfsctl trace --last`.",
        "`vexfsctl check VOLUME` prints OK.",
    ),
    Severity.CRITICAL: Term(
        "Something stored is damaged, or the filesystem below shut itself down.",
        "What is damaged cannot be trusted; further writes may spread it.",
        "`status` and `check` say CRITICAL while one lies within their window.",
        "Act now: `vexfsctl trace --last` shows what was damaged and what to do.",
        "`vexfsctl check VOLUME` prints OK.",
    ),
}

HINTS = {
    HintKind.RETRY: Term(
        "The same attempt may succeed later; the number after the colon is the least delay in "
        "milliseconds.",
        what_the_system_does="The driver retries what may be repeated, with backoff and jitter, "
        "within the call's deadline.",
        what_you_do="`vexfsctl recover plan --hints 0x01` reads the failing range again, past the "
        "cache.",
    ),
    HintKind.USE_FALLBACK: Term(
        "Something else can answer instead: the last good value, a mirror, a copy.",
        what_the_system_does="The driver serves statfs from the last good answer.",
        what_you_do="`vexfsctl recover plan --hints 0x02` compares the failing range with that of "
        "another device.",
    ),
    HintKind.INVALIDATE_CACHE: Term(
        "A cache may hold something wrong or old: drop it and read from the medium.",
        what_you_do="`vexfsctl recover plan --hints 0x04` drops the device's cached pages and "
        "reads again.",
    ),
    HintKind.REDUCE_SCOPE: Term(
        "Less at a time may succeed: smaller requests, fewer at once, a part of the range.",
        what_you_do="`vexfsctl recover plan --hints 0x08` halves the failing range until the bad "
        "sectors are known.",
    ),
    HintKind.READ_ONLY: Term(
        "Further writes would make it worse: stop them.",
        what_the_system_does="After damage the driver makes degradation read_only by itself.",
        what_you_do="`vexfsctl recover plan --hints 0x10` makes device or mount read-only; for a "
        "volume, `vexfsctl volume set VOLUME access_mode=ro`.",
    ),
    HintKind.RESTART: Term(
        "The part that failed may work after a restart.",
        what_you_do="`vexfsctl recover plan --hints 0x20` rescans the device where it can be; "
        "else unmount and mount again.",
    ),
    HintKind.MANUAL: Term(
        "A person must act: no program can decide this.",
        what_you_do="Read what the error asks for: `vexfsctl explain` its name. `vexfsctl recover "
        "plan --hints 0x40` prints the runbook.",
    ),
}

OPERATIONS = {
    OperationType.SUPERBLOCK: Term("The filesystem as a whole: its start and its free space."),
    OperationType.INODE: Term("Files as objects: attributes, creation, links, removal."),
    OperationType.FILE: Term("Open files: opening, reading, writing, seeking, changing size."),
    OperationType.DIRECTORY: Term("Directories: looking up names, listing, making, renaming."),
    OperationType.VECTOR: Term("Vectors: the extended attributes that begin with user.vexfs."),
    OperationType.STORAGE: Term(
        "Data calls into the backing file, nested in those of file: where a failing device shows "
        "first."
    ),
    OperationType.SYNC: Term("Getting data to the device: fsync, flush, syncfs. Never retried."),
}

ERRNO_CLASSES = {
    ErrnoClass.ANSWER: Term(
        "The volume works; the answer is no.",
        "The application gets it as it is; nothing stored was changed.",
        "It is not a failure: no error record, no retry, and no breaker counts it.",
    ),
    ErrnoClass.RESOURCE: Term(
        "Something ran out.",
        what_the_system_does="It is recorded as a failure and not retried. Only lack of memory "
        "counts against a breaker: refusing calls frees neither space nor files.",
    ),
    ErrnoClass.BUSY: Term(
        "Somebody else holds it; that passes by itself.",
        what_the_system_does="It is recorded as a failure, retried where the call may be repeated, "
        "and counts against the breaker.",
    ),
    ErrnoClass.DEVICE: Term(
        "The backing device or the way to it failed.",
        what_the_system_does="It is recorded as a failure, retried where the call may be repeated, "
        "and counts against the breaker.",
    ),
    ErrnoClass.CORRUPTION: Term(
        "What was read back is not what was written.",
        what_the_system_does="It is recorded as critical, not retried, counts against the breaker, "
        "and makes degradation read_only at once. The application gets EUCLEAN.",
    ),
    ErrnoClass.OTHER: Term(
        "Nothing says that it is harmless, so it is treated as a failure of the device.",
        what_the_system_does="It is recorded as a failure and counts against the breaker; it is "
        "not retried.",
    ),
}
"""How the userspace driver treats an errno from a system call below a volume."""
