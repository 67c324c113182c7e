"""What the program is about: volumes, labs, drivers, breakers, incidents, recovery."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from vexfsctl.explanation.form import Explanation, Heading, Subject


class Concept(NamedTuple):
    """One thing that the program is about."""

    names: tuple[str, ...]
    """The usual one first."""
    meaning: str
    what_you_do: str | None = None
    see_also: tuple[str, ...] = ()


CONCEPTS = (
    Concept(
        ("volume", "volumes"),
        "A directory whose calls VexFS guards: a mounted VexFS, or a directory served by "
        "`vexfsctl mount`. It has a name, a mount point, and a directory of attributes.",
        "`vexfsctl volume list` shows those of this host.",
        ("driver", "attribute tree", "presence"),
    ),
    Concept(
        ("driver", "provider", "userspace driver"),
        "What serves a volume: the VexFS kernel module, or the process of `vexfsctl mount`. Both "
        "show the same attributes and write the same records.",
        see_also=("volume", "attribute tree", "record"),
    ),
    Concept(
        ("lab", "labs"),
        "A volume for trying things out, made by `vexfsctl lab up`: its faults are under your "
        "control and nothing of value is on it.",
        "`vexfsctl lab list` shows them, `vexfsctl lab down` removes one.",
        ("inject", "volume"),
    ),
    Concept(
        ("inject", "fault injection"),
        "To make calls of a lab fail or wait on demand.",
        "`vexfsctl lab inject read --path FILE` makes reads of a file fail; --clear ends it.",
        ("lab",),
    ),
    Concept(
        ("attribute tree", "tree", "root", "sysfs root"),
        "The directory in which a driver shows the state, counters and settings of its volumes, "
        "one file each: /sys/fs/vexfs for the kernel module, /run/vexfs for the userspace driver. "
        "vexfs-sysfs(5) lists the files.",
        "`vexfsctl volume show VOLUME` shows them with their meaning.",
        ("volume", "driver"),
    ),
    Concept(
        ("attribute", "attributes"),
        "One file of the attribute tree: a state, a counter or a setting of a volume.",
        "`vexfsctl explain` its path, or see vexfs-sysfs(5).",
        ("attribute tree",),
    ),
    Concept(
        ("breaker", "circuit breaker", "breakers"),
        "What stops calls of one operation type once too many have failed, so that a failing "
        "device degrades a volume and does not hang it. Each volume has seven, one for each type.",
        "`vexfsctl breaker list` shows them, and why one is open.",
        ("closed", "open", "half_open", "forced_open", "disabled", "metrics_only"),
    ),
    Concept(
        ("operation", "operation type", "operations"),
        "A group of calls with a breaker of its own: superblock, inode, file, directory, vector, "
        "storage, sync.",
        see_also=("superblock", "inode", "file", "directory", "vector", "storage", "sync"),
    ),
    Concept(
        ("target", "VOLUME/OPERATION"),
        "What a command acts on: a volume, or one operation type of it, as in loop0/storage. Both "
        "parts may be patterns, quoted for the shell: '*/sync'.",
        see_also=("volume", "operation type"),
    ),
    Concept(
        ("degradation", "degraded", "degradation level"),
        "How far a volume limits what it does, from normal to emergency. It refuses writes from "
        "read_only on.",
        "`vexfsctl status VOLUME` shows the level.",
        ("normal", "light", "moderate", "heavy", "read_only", "emergency"),
    ),
    Concept(
        ("presence",),
        "Whether a volume can be read: whether its driver answers, and in time.",
        "`vexfsctl volume list` shows it.",
        ("present", "busy", "stale", "unresponsive", "unreadable", "vanished"),
    ),
    Concept(
        ("access mode", "access"),
        "Whether an operator lets a volume be written to: rw or ro.",
        "`vexfsctl volume set VOLUME access_mode=ro` changes it.",
        ("rw", "ro", "degradation"),
    ),
    Concept(
        ("trip",),
        "To open a breaker by hand, which makes it forced_open. Trips are also counted when a "
        "breaker opens by itself.",
        "`vexfsctl breaker trip VOLUME/OPERATION`.",
        ("forced_open", "reset"),
    ),
    Concept(
        ("reset",),
        "To close a breaker and forget the failures it counted.",
        "`vexfsctl breaker reset VOLUME/OPERATION --probe` closes it only once calls succeed.",
        ("probe", "closed"),
    ),
    Concept(
        ("probe",),
        "To send one harmless call of an operation type through the mount, to see whether it works "
        "again.",
        "`vexfsctl breaker probe VOLUME/OPERATION`.",
        ("half_open",),
    ),
    Concept(
        ("observe",),
        "To let a breaker judge calls but refuse none: its state is then metrics_only.",
        "`vexfsctl breaker observe VOLUME/OPERATION`.",
        ("metrics_only",),
    ),
    Concept(
        ("error", "errors"),
        "Something that VexFS reported: a call failed in a way that is not an ordinary answer. It "
        "has a name, an errno, a severity, hints and an id.",
        "`vexfsctl errors` counts them, `vexfsctl explain` their names.",
        ("severity", "hint", "correlation id", "ordinary answer"),
    ),
    Concept(
        ("ordinary answer",),
        "A call that fails as it should, such as ENOENT for a file that does not exist. It is no "
        "error and no breaker counts it.",
        see_also=("error",),
    ),
    Concept(
        ("severity", "severities"),
        "How bad an error is: low, medium, high or critical.",
        see_also=("low", "medium", "high", "critical"),
    ),
    Concept(
        ("hint", "hints", "recovery hint"),
        "What an error suggests doing about it, such as retry or invalidate_cache.",
        "`vexfsctl recover plan ID` turns the hints of an error into steps.",
        ("plan", "retry", "use_fallback", "manual"),
    ),
    Concept(
        ("id", "correlation id", "CORR"),
        "The number that all records of one call share, with those of the calls nested in it: "
        "CORR-6F1C93A20000002A. Its last digits are enough if they are unambiguous.",
        "`vexfsctl trace ID` shows everything under it.",
        ("incident", "record"),
    ),
    Concept(
        ("call", "CALL-N", "tracked call"),
        "What an application asked of a volume, such as a read. Earlier VexFS builds number their "
        "calls: CALL-3@read_file is the third at the call site read_file.",
        "`vexfsctl trace CALL-3@read_file` shows one.",
        ("operation type",),
    ),
    Concept(
        ("incident",),
        "An error with everything that belongs to it: the application's call, its nested calls and "
        "attempts, the kernel's lines at that time, and what became of the breaker.",
        "`vexfsctl trace --last` shows the most recent one.",
        ("correlation id", "suspect"),
    ),
    Concept(
        ("suspect", "blame", "certainty"),
        "A device, filesystem or task that may have caused an incident, with a certainty from 0 to "
        "1 that comes from the kernel's lines about it.",
        "`vexfsctl trace ID --verbose` shows how the certainty was reached.",
        ("incident", "evidence"),
    ),
    Concept(
        ("record", "records"),
        "One line that a driver wrote to the log, in the form of vexfs-log(5).",
        "`vexfsctl log` shows them.",
        ("origin", "correlation id"),
    ),
    Concept(
        ("evidence",),
        "What an answer rests on: records, lines of the kernel, attributes. What nobody vouches "
        "for is never evidence for a verdict.",
        see_also=("coverage", "origin"),
    ),
    Concept(
        ("coverage", "gap", "gaps", "notes"),
        "What was read for an answer, and which part of it was missing. With a gap the exit status "
        "is 3: an empty answer then does not mean that nothing happened.",
        "The note on standard error, or `coverage` in JSON, names the source and the reason.",
        ("starts_late", "overrun", "torn", "not_read", "unreadable"),
    ),
    Concept(
        ("origin",),
        "Who wrote a record, as far as its source can tell.",
        "`vexfsctl log --json` has it for each record.",
        ("kernel", "driver", "unverified", "unrecorded"),
    ),
    Concept(
        ("source", "log source"),
        "Where records are read from: kmsg, journal, journal:DIR, journal@NAMESPACE, pstore, a "
        "file, a directory, or - for standard input.",
        "Name it with --log; without it, vexfsctl reads where the volumes write their records.",
        ("coverage",),
    ),
    Concept(
        ("pstore",),
        "Crash logs that the kernel kept in the firmware's memory over a reboot.",
        "`vexfsctl log --log pstore` reads them.",
        ("source",),
    ),
    Concept(
        ("epoch", "load"),
        "The time from one mount of a volume to its unmount. Counters and ids begin anew with it.",
        see_also=("volume", "counter"),
    ),
    Concept(
        ("counter", "counters"),
        "A number of the attribute tree that only grows while a volume is mounted. `vexfsctl "
        "errors` compares the counters with the log: a difference means that records are missing.",
        see_also=("coverage", "epoch"),
    ),
    Concept(
        ("verdict",),
        "What `status` and `check` conclude: OK, WARNING, CRITICAL or UNKNOWN.",
        "`vexfsctl check` gives it to monitoring as its exit status.",
        ("ok", "warning", "critical", "unknown", "window"),
    ),
    Concept(
        ("finding", "findings"),
        "One reason for a verdict that is not OK, with a code for programs.",
        "`vexfsctl check --json` lists them.",
        ("verdict",),
    ),
    Concept(
        ("problem", "problems"),
        "Why a command failed, or what kept part of it from being done: code, message and hint.",
        see_also=("exit status 1", "exit status 2", "exit status 3"),
    ),
    Concept(
        ("window",),
        "How far back errors count for a verdict: one hour unless --window or the configuration "
        "says otherwise.",
        see_also=("verdict",),
    ),
    Concept(
        ("configuration", "setting", "settings"),
        "What applies unless an option or an environment variable says otherwise, in "
        "/etc/vexfsctl/config.toml; see vexfsctl.toml(5).",
        "`vexfsctl config show` lists every setting and where its value came from.",
    ),
    Concept(
        ("fingerprint",),
        "A short word that is the same for the same kind of error on any host and at any time.",
        "`vexfsctl errors --by fingerprint` counts by it.",
        ("error",),
    ),
    Concept(
        ("plan", "recovery plan"),
        "The hints of an error as ordered steps, each with its reason, its risk and what speaks "
        "against it. Nothing is done yet.",
        "`vexfsctl recover plan ID`.",
        ("step", "risk", "replay"),
    ),
    Concept(
        ("replay",),
        "To carry out a plan step by step, until the fault is verified gone. It never writes to "
        "what a device stores.",
        "`vexfsctl recover replay ID`.",
        ("plan", "ledger"),
    ),
    Concept(
        ("step", "steps"),
        "One part of a plan.",
        see_also=("plan", "outcome", "risk"),
    ),
    Concept(
        ("risk",),
        "What carrying out a step may cost: safe, disruptive or manual.",
        see_also=("safe", "disruptive", "manual"),
    ),
    Concept(
        ("outcome",),
        "How a step ended.",
        see_also=("ok", "failed", "refused", "abandoned"),
    ),
    Concept(
        ("fault",),
        "What a plan is about: the reason for an error. After each step it is gone, present or "
        "unproven.",
        see_also=("gone", "present", "unproven"),
    ),
    Concept(
        ("ledger", "history"),
        "The file in which every replay is recorded before its first step and after each.",
        "`vexfsctl recover history` shows it.",
        ("replay",),
    ),
    Concept(
        ("deadline", "timeout"),
        "The moment at which a call or a source is given up.",
        "`vexfsctl breaker set VOLUME/OPERATION call_timeout_ms=MS` sets that of a call, --timeout "
        "that of a source.",
        ("overdue",),
    ),
    Concept(
        ("backoff", "jitter"),
        "The wait between attempts grows each time (backoff) and varies at random (jitter), so "
        "that callers do not try again all at once.",
        "`vexfsctl volume set VOLUME retry/max_attempts=N` and its neighbours set them.",
        ("base_delay_ms", "jitter_pct"),
    ),
    Concept(
        ("noise",),
        "Lines that look like trouble and are known to be harmless. They count for no verdict.",
        see_also=("significance",),
    ),
    Concept(
        ("significance",),
        "How much a line of another VexFS build, or of the kernel, matters.",
        see_also=("routine", "noise", "trouble", "data_loss"),
    ),
    Concept(
        ("cursor",),
        "A place in a log, as `vexfsctl log --json` prints it with each record.",
        "Give it to the option --after of `vexfsctl log`, which then goes on behind it.",
    ),
    Concept(
        ("mount point", "mountpoint"),
        "The directory at which a volume can be used.",
        see_also=("volume",),
    ),
)


def concept_headings() -> Iterator[Heading]:
    """Yield what the program is about."""
    for concept in CONCEPTS:
        yield Heading(concept.names, partial(_explain, concept))


def _explain(concept: Concept) -> Explanation:
    return Explanation(
        subject=Subject.TERM,
        name=concept.names[0],
        meaning=concept.meaning,
        what_you_do=concept.what_you_do,
        see_also=concept.see_also,
    )
