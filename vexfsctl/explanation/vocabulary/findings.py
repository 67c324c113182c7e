"""The codes of findings and of problems: what each says."""

from collections.abc import Iterator, Mapping
from functools import partial

from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import BREAKER_STATES, DEGRADATION_LEVELS, PRESENCES

FINDINGS = {
    **{
        f"breaker_{state}": f"A breaker is {state}. {term.meaning}"
        for state, term in BREAKER_STATES.items()
    },
    **{
        f"degradation_{level}": f"Degradation is {level}. {term.meaning}"
        for level, term in DEGRADATION_LEVELS.items()
    },
    **{
        f"volume_{presence}": f"The volume is {presence}. {term.meaning}"
        for presence, term in PRESENCES.items()
    },
    "access_mode_ro": "An operator made the volume read-only.",
    "corruption": "Stored structures or data are damaged.",
    "data_loss": "Data was acknowledged to the application and is not stored.",
    "error_critical": "There were errors of critical severity within the window.",
    "error_high": "There were errors of high severity within the window.",
    "error_low": "There were errors of low severity within the window.",
    "error_medium": "There were errors of medium severity within the window.",
    "failed": "Calls failed.",
    "kernel_failure": "The kernel reports a failure of its own with VexFS among what was running.",
    "kernel_stall": "The kernel reports a stall with VexFS among what was running.",
    "kernel_warning": "The kernel warns of something with VexFS among what was running.",
    "log_disagrees": "Counters and log contradict each other.",
    "log_incomplete": "Part of the log is missing, and nothing rules errors out.",
    "mount_hangs": "A mount began and never ended.",
    "no_descriptor": "Calls were refused because the driver has no file descriptor left.",
    "no_place": "Calls were refused because as many were running as a limit allows.",
    "not_understood": "The volume or the log says something that this vexfsctl does not know.",
    "nothing_found": "There is neither a volume nor a record of VexFS here.",
    "overdue": "Calls are past their deadline and still running.",
    "records_lost": "The driver could not write records to its log.",
    "rejected": "Calls were refused by a breaker.",
    "state_error": "The provider of the volume is in state error.",
    "suppressed": "Records of failing calls were left out to keep within the rate limit.",
    "timeout": "Calls ran past their deadline.",
    "unreturned": "A call began and never returned.",
}
"""Of `status` and `check`."""

PROBLEMS = {
    "action_failed": "An intended change was not made.",
    "ambiguous_id": "Several incidents fit the id: give more of its digits.",
    "attribute_missing": "The provider of the volume does not have that attribute.",
    "bug": "This is a mistake in vexfsctl itself: please report it.",
    "configuration_invalid": "The configuration file has a mistake; `vexfsctl config check` lists "
    "all of them.",
    "configuration_unreadable": "This user may not read the configuration file, so its settings "
    "are ignored.",
    "deadline_exceeded": "A wait timed out.",
    "declined": "The person who was asked said no: nothing was changed.",
    "device_action_failed": "A program such as losetup, mkfs or mount failed.",
    "device_not_found": "Nothing is called that, here or in complete evidence.",
    "device_vanished": "A device went away during an action.",
    "evidence_missing": "What was asked about could not be examined.",
    "facility_unavailable": "This machine lacks something: FUSE, loop devices, a program, root.",
    "failed": "The command failed.",
    "generation_moved": "Somebody else changed the breaker meanwhile: nothing was overwritten.",
    "incident_not_found": "No incident has that id, in complete evidence.",
    "invalid_input": "An option or argument is invalid.",
    "lab_failed": "The lab could not be made, changed or removed.",
    "log_unreadable": "A log could not be opened or read.",
    "malformed_record": "Bytes are not a record of the expected form.",
    "mount_failed": "The volume could not be mounted or unmounted.",
    "not_found": "What was asked for does not exist.",
    "output_failed": "The answer could not be written to standard output.",
    "permission_refused": "The provider refused a write: this user may not do that.",
    "provider_failed": "The provider refused a write, because it is in state error.",
    "recovery_failed": "A replay could not start or continue.",
    "state_conflict": "The provider refused a write: it is not possible in the present state.",
    "sysfs_unreadable": "An attribute or a root may not be read.",
    "usage": "The command line is wrong.",
    "value_refused": "The provider refused a value: malformed, or out of range.",
    "volume_busy": "The driver of the volume runs, but has not answered in time.",
    "volume_not_found": "No volume is called that.",
    "volume_stale": "The driver of the volume is gone, but its mount is left.",
    "volume_unresponsive": "The driver of the volume does not answer.",
    "volume_vanished": "The volume went away while it was being read.",
    "write_refused": "The provider refused a write to an attribute.",
}
"""Of messages, and of `problems` in JSON."""


def finding_headings() -> Iterator[Heading]:
    """Yield the codes of findings and of problems."""
    yield from _headings(Subject.FINDING, FINDINGS)
    yield from _headings(Subject.PROBLEM, PROBLEMS)


def _headings(subject: Subject, meanings: Mapping[str, str]) -> Iterator[Heading]:
    for code, meaning in meanings.items():
        yield Heading((code,), partial(_explain, subject, code, meaning))


def _explain(subject: Subject, code: str, meaning: str) -> Explanation:
    return Explanation(subject=subject, name=code, meaning=meaning)
