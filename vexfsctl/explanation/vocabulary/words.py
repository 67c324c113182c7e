"""The closed sets of words that stand in tables, verdicts and JSON.

They are spelt out here, since the enums that declare them are all over the program: importing those
would take longer than everything else that `explain` does. A test compares them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import ERRNO_CLASSES
from vexfsctl.model.coverage import GAP_REASONS


class WordSet(NamedTuple):
    """Words of one kind."""

    of: str
    """What they are words for."""
    meanings: Mapping[str, str]


WORDS = (
    WordSet(
        "Verdict",
        {
            "ok": "Nothing is known to be wrong, and nothing that matters is unknown.",
            "warning": "Something is wrong; the volume still serves what matters most.",
            "critical": "A volume gives no service, refuses writes, or has damaged data.",
            "unknown": "Too little could be read to say; that is never OK.",
        },
    ),
    WordSet(
        "Origin of a record",
        {
            "kernel": "The kernel wrote it: nobody else can write records of its facility.",
            "driver": "A userspace driver wrote it, and its state record or its attributes "
            "vouch for it.",
            "unverified": "It was written from user space and nothing vouches for it: it may "
            "be a forgery, and is never evidence for a verdict.",
            "unrecorded": "The log does not say who wrote it, as in plain dmesg text.",
        },
    ),
    WordSet(
        "Coverage of a source",
        {reason: f"The source {words}." for reason, words in GAP_REASONS.items()},
    ),
    WordSet(
        "Line of a log that is no record",
        {
            "torn": "A record that is broken off.",
            "not_read": "A line of no form that is known.",
            "missed": "A line of no known form that names VexFS or says what the kernel says "
            "of a device: it may be a record that was not understood.",
        },
    ),
    WordSet(
        "Significance of a line of another VexFS build",
        {
            "routine": "It reports success or progress.",
            "noise": "It looks like trouble and is known to be harmless.",
            "error": "Something failed.",
            "blocked": "A breaker or the degradation level refused a call.",
            "timeout": "Something ran past its deadline.",
            "corruption": "Stored structures or data are damaged.",
            "data_loss": "Data was acknowledged to the application and is not stored.",
        },
    ),
    WordSet(
        "Kind of a line of another VexFS build",
        {
            "call_started": "A call began.",
            "call_succeeded": "A call ended well.",
            "call_failed": "A call failed.",
            "call_blocked": "A call was refused by a breaker or by degradation.",
            "call_timed_out": "A call ran past its deadline.",
            "call_skipped": "A call was not made, because the module was not "
            "initialized; it got an answer of the module's own.",
            "fallback_used": "An answer was made up in place of one that failed.",
            "module_loaded": "The module was loaded: calls are counted from 1 again.",
            "module_unloaded": "The module was unloaded.",
            "module_state": "The state of the module changed.",
            "degradation": "The degradation level changed.",
            "watchdog": "The watchdog of the module reports calls that take too long.",
            "mounted": "A VexFS was mounted.",
            "unmounted": "A VexFS was unmounted.",
            "message": "Anything else that it says.",
        },
    ),
    WordSet(
        "Significance of a line of the kernel about a device",
        {
            "trouble": "Something is wrong.",
            "repair": "Something was wrong and has been mended.",
            "routine": "Nothing is wrong.",
        },
    ),
    WordSet(
        "Kind of a line of a log",
        {
            "kernel": "A line of the kernel about a device, which is evidence.",
            "unrecognised": "A line that begins like a record of VexFS and is none.",
        },
    ),
    WordSet(
        "Resource that a volume may run short of",
        {
            "memory": "The memory of its driver, of memory_limit_bytes.",
            "operations": "Calls of applications at once, of max_operations.",
            "space": "Free space below it, of which reserve_bytes are kept.",
        },
    ),
    WordSet(
        "Class of an errno",
        {str(word): term.meaning for word, term in ERRNO_CLASSES.items()},
    ),
    WordSet(
        "Kind of device",
        {
            "disk": "A whole disk.",
            "partition": "A partition of a disk.",
            "mapped": "A device of the device mapper: LVM, LUKS, multipath.",
            "array": "Software RAID of md.",
            "loop": "A file used as a device.",
            "path": "One path to an NVMe namespace that has several.",
            "controller": "What a disk is attached to: an ATA port, a SCSI host, an NVMe "
            "controller, a virtio device.",
        },
    ),
    WordSet(
        "Kind of lab",
        {
            "device": "ext4 on a loop device whose sectors fail on demand; only for root.",
            "plain": "A plain directory: the driver fails its own calls on demand.",
        },
    ),
    WordSet(
        "Kind of suspect",
        {
            "filesystem": "The filesystem below the volume.",
            "task": "A task that is stuck.",
            "other": "What the kernel calls by a name that is no block device's, such as a server.",
            "machine": "Memory, processors, or the kernel itself.",
        },
    ),
    WordSet(
        "Reason for or against a suspect",
        {
            "trouble": "The kernel reports trouble with it.",
            "below": "The volume lies on it.",
            "same_errno": "Its line has the errno of the error.",
            "stuck": "It hangs, as the call did.",
            "same_direction": "Its line is about a read if the call read, a write if it wrote.",
            "same_sector": "Another line names the same sector.",
            "just_before": "Its line came just before the record of the error.",
            "during": "Its line came while the call ran.",
            "beside": "Its line stands beside the records, in a log without times.",
            "kernel": "It is certain that the kernel wrote its line.",
            "other_errno": "Its line has another errno than the error.",
            "other_direction": "Its line is about a write while the call read, or vice versa.",
            "before": "Its line came before the call.",
            "earlier": "Its line came minutes before, as far as such trouble lasts.",
            "after": "Its line came after the error.",
            "apart": "The volume does not lie on it.",
            "general": "The line is understood by its words alone.",
            "loose": "Its line is of no known form.",
            "repair": "Its line tells of a repair.",
            "silent": "No line is about it, as there would be if its requests failed.",
            "volume": "Another volume that lies on it failed at the same time.",
        },
    ),
    WordSet(
        "Reason why the kernel says nothing of an incident",
        {
            "refused": "A breaker refused the call, so no device was asked.",
            "answered": "The filesystem below answers so itself, without asking a device.",
            "undated": "The records have no time, and no line beside them tells of trouble.",
            "other_clock": "Another log has times of another kind, so nobody can say which "
            "of its lines belong here.",
            "abandoned": "The call was abandoned, and its request had not ended by then.",
            "left_out": "The kernel's rate limit left out lines.",
            "bio_based": "The device, such as one of device mapper or md, fails requests "
            "without a line.",
            "unknown_device": "Nobody knows which device it is; it may be one that fails "
            "requests without a line.",
            "above_device": "The device has lines when its requests fail: none did, or the "
            "line is missing.",
        },
    ),
    WordSet(
        "Who did what a line of a timeline tells",
        {
            "call": "It is about the call.",
            "breaker": "It is about a breaker.",
            "operator": "A person did it.",
            "recovery": "A replay did it.",
            "volume": "It is about the volume.",
            "kernel": "The kernel wrote it.",
        },
    ),
    WordSet(
        "Key of errors --by",
        {
            "severity": "By severity.",
            "op": "By operation type.",
            "error": "By name and errno.",
            "volume": "By volume.",
            "hint": "By their hints, all of an error together.",
            "device": "By the device of the volume.",
            "fingerprint": "By what they are, wherever and whenever they arise.",
            "host": "By the host that wrote them.",
            "minute": "By the minute.",
        },
    ),
    WordSet(
        "Change between two logs",
        {
            "new": "This kind of error is only in the later log.",
            "more": "It has become more frequent, and hardly by chance.",
            "unknown": "It is in both logs, but one of them does not say how long it is.",
            "fewer": "It has become less frequent, and hardly by chance.",
            "gone": "It is only in the earlier log.",
            "same": "No difference that could not be chance.",
        },
    ),
    WordSet(
        "Source of hints",
        {
            "records": "The records of the incident have them.",
            "catalogue": "The catalogue has them, vexfs-errors(7).",
            "given": "The command line gave them.",
        },
    ),
    WordSet(
        "What a plan works on",
        {
            "device": "A block device, below the volume.",
            "volume": "The volume, through its attributes.",
        },
    ),
    WordSet(
        "Source of the failing range",
        {
            "kernel_log": "The kernel's lines about the device around the incident.",
            "given": "The command line gave it.",
            "sample": "No range is known: a sample of the device is read.",
        },
    ),
    WordSet(
        "Risk of a step",
        {
            "safe": "It only reads.",
            "disruptive": "It changes how the device or volume serves others, never what is "
            "stored.",
            "manual": "A person does it.",
        },
    ),
    WordSet(
        "Outcome of a step",
        {
            "ok": "It was done; whether the fault is gone is verified next.",
            "failed": "It was tried and did not work.",
            "refused": "It is not possible or not safe here: nothing was done.",
            "abandoned": "It did not end by its deadline and was left behind.",
            "person_needed": "A person must act now.",
            "interrupted": "The replay was ended from outside while the step ran.",
        },
    ),
    WordSet(
        "State of a fault",
        {
            "gone": "It is verified gone.",
            "present": "It is still there.",
            "unproven": "Reads succeed, but the fault was not in reading, or only a "
            "sample was read.",
        },
    ),
    WordSet(
        "Result of a replay",
        {
            "gone": "The fault is verified gone.",
            "still_there": "All steps ran, and the fault is still there.",
            "unproven": "All steps ran, and reading cannot show whether the fault is gone.",
            "person_needed": "It stopped where a person must act.",
            "failed": "It could not go on.",
            "interrupted": "It was ended from outside, or killed.",
            "running": "It has not ended.",
        },
    ),
    WordSet(
        "Access to an attribute",
        {
            "ro": "It can only be read.",
            "rw": "It can be read and written.",
            "wo": "It can only be written: writing makes the driver do something.",
        },
    ),
    WordSet(
        "Source of a setting",
        {
            "default": "Nothing sets it: it is the default.",
            "file": "The configuration file sets it.",
            "environment": "An environment variable sets it.",
            "option": "An option of the command line sets it.",
        },
    ),
    WordSet(
        "Subject of an explanation",
        {
            "errno": "A number, and its name, with which the operating system says why a call "
            "failed.",
            "code": "A return code of vexfs_ffi.h.",
            "error": "An error of the catalogue, vexfs-errors(7).",
            "error_family": "Errors whose names begin alike.",
            "hint": "What an error suggests doing about it.",
            "hint_flags": "Several hints as bits of one number.",
            "severity": "How bad an error is.",
            "breaker_state": "How a breaker is.",
            "operation": "An operation type, which has a breaker of its own.",
            "call": "What an application can ask of a volume.",
            "module_state": "How a kernel module or another provider is.",
            "presence": "Whether a volume answers.",
            "degradation": "How far a volume limits what it does.",
            "access_mode": "Whether an operator lets a volume be written to.",
            "attribute": "A file of the attribute tree.",
            "record": "A kind of record in the log.",
            "line": "A line of a log.",
            "exit_status": "The number with which vexfsctl ends.",
            "term": "What the program is about.",
            "word": "One of a closed set of words in tables or JSON.",
            "column": "The title of a column.",
            "finding": "The code of a reason for a verdict.",
            "problem": "The code of what kept a command from being done.",
            "kernel_kind": "A kind of lines of the kernel about a device.",
            "upstream_line": "A line of another VexFS build.",
        },
    ),
    WordSet(
        "Output format",
        {
            "table": "Tables and prose for people.",
            "json": "One JSON value with coverage and problems, failures included.",
            "ndjson": "One JSON value on each line, for each row.",
            "tsv": "One table with columns separated by tabs.",
        },
    ),
    WordSet(
        "Colour",
        {
            "auto": "Colour on a terminal, unless NO_COLOR or TERM says otherwise.",
            "always": "Colour everywhere.",
            "never": "No colour.",
        },
    ),
)


def word_headings() -> Iterator[Heading]:
    """Yield these words, each once with all that it can mean."""
    found: dict[str, list[str]] = {}
    for of, meanings in WORDS:
        for word, meaning in meanings.items():
            found.setdefault(word, []).append(f"{of}: {meaning}")
    for word, told in found.items():
        yield Heading((word,), partial(_explain, word, " ".join(told)))


def _explain(word: str, meaning: str) -> Explanation:
    return Explanation(subject=Subject.WORD, name=word, meaning=meaning)
