"""What log entries say and name, by what they mean."""

import pytest

from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS, advice_for
from vexfsctl.explanation.form import Explanation
from vexfsctl.explanation.lines import SIGNIFICANCES, explain_entry
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Origin, Unrecognised
from vexfsctl.model.events import (
    BreakerChanged,
    CallRejected,
    CallTimedOut,
    DegradationChanged,
    ErrorReported,
    Event,
    EvidenceSignificance,
    FallbackUsed,
    KernelEvidence,
    StateChanged,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogRecord
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

ID = CorrelationId(0x6F1C93A20000002A)


def line_meanings(meaning: Event | UpstreamEvent | KernelEvidence | Unrecognised) -> list[str]:
    """Names of what a line that means *meaning* is explained by."""
    return [each.name for each in explained(meaning)]


def explained(
    meaning: Event | UpstreamEvent | KernelEvidence | Unrecognised | None,
) -> tuple[Explanation, ...]:
    """The explanations of a line that means *meaning*."""
    entry = LogEntry(LogRecord("text", "kmsg"), meaning, Origin.UNRECORDED)
    return explain_entry(entry)


@pytest.mark.parametrize(
    ("meaning", "names"),
    [
        (
            ErrorReported(
                volume="loop0",
                id=ID,
                operation=OperationType.STORAGE,
                call="read",
                error="IoError.ReadError",
                errno=5,
                severity=Severity.HIGH,
                attempt=1,
                max_attempts=3,
                message="read operation failed",
            ),
            ["error", "IoError.ReadError"],
        ),
        (
            CallTimedOut(
                volume="loop0", id=ID, operation=OperationType.SYNC, call="fsync", limit_ms=5_000
            ),
            ["timeout", "Timeout"],
        ),
        (
            CallRejected(
                volume="loop0",
                id=ID,
                operation=OperationType.STORAGE,
                call="read",
                retry_after_ms=1,
            ),
            ["rejected", "CircuitBreakerOpen"],
        ),
        (
            CallRejected(
                volume="loop0",
                id=ID,
                operation=OperationType.STORAGE,
                call="read",
                limit="max_operations", retry_after_ms=1,
            ),
            ["rejected", "ResourceBusy"],
        ),
        (
            BreakerChanged(
                volume="loop0",
                id=None,
                operation=OperationType.STORAGE,
                before=BreakerState.OPEN,
                after=BreakerState.HALF_OPEN,
                generation=3,
                trips=1,
                by="timer",
            ),
            ["breaker", "half_open"],
        ),
        (
            StateChanged(
                volume="loop0",
                epoch=1,
                before="initializing",
                after="error",
                driver="fuse",
                version="1",
            ),
            ["state", "error"],
        ),
        (DegradationChanged(volume="loop0", before="normal", after="read_only"),
            ["degradation", "read_only"]),
        (DegradationChanged(volume="loop0", before="normal", after="of-a-later-version"),
            ["degradation"]),
        (
            FallbackUsed(
                volume="loop0",
                id=ID,
                operation=OperationType.SUPERBLOCK,
                call="statfs",
                via="last_good",
                result="ok",
            ),
            ["fallback"],
        ),
        (KernelEvidence(kind="block", device="sda", sector=8, direction="write", errno=61),
            ["kernel block", "IoError.WriteError"]),
        (KernelEvidence(kind="hung_task"), ["kernel hung_task"]),
        (
            UpstreamEvent(
                form="module_state",
                kind=UpstreamKind.MODULE_STATE,
                significance=Significance.ERROR,
                before="initializing",
                after="error",
            ),
            ["module_state", "error"],
        ),
        (
            UpstreamEvent(
                form="lookup_failed",
                kind=UpstreamKind.CALL_FAILED,
                significance=Significance.NOISE,
                error="NotFound",
            ),
            ["lookup_failed"],
        ),
        (
            UpstreamEvent(
                form="call_failed",
                kind=UpstreamKind.CALL_FAILED,
                significance=Significance.ERROR,
                error="OfALaterVersion",
                errno=5,
            ),
            ["call_failed", "EIO"],
        ),
        (Unrecognised("VexFS: error vol=", "error record without call"), ["unrecognised"]),
    ],
)  # fmt: skip
def test_a_line_is_explained_with_what_it_names(
    meaning: Event | UpstreamEvent | KernelEvidence | Unrecognised, names: list[str]
) -> None:
    """The line first, then its error, or the state it leads to; nothing for known noise."""
    assert line_meanings(meaning) == names


def test_a_record_says_where_to_read_on() -> None:
    """Its id leads to the incident."""
    event = CallTimedOut(
        volume="loop0", id=ID, operation=OperationType.SYNC, call="fsync", limit_ms=5_000
    )

    line = explained(event)[0]

    assert line.meaning == (
        "loop0/sync: still running after 5s: abandoned, the application got ETIMEDOUT."
    )
    assert line.facts["operation"] is OperationType.SYNC
    assert line.what_you_do == (
        "`vexfsctl trace CORR-6F1C93A20000002A` shows everything that happened under its id."
    )


def test_the_note_of_an_upstream_line_is_told() -> None:
    """What the line is worth, and why."""
    event = UpstreamEvent(
        form="write_lost",
        kind=UpstreamKind.MESSAGE,
        significance=Significance.DATA_LOSS,
        note="the number is a count of bytes",
    )

    assert explained(event)[0].meaning == (
        "Data was acknowledged to the application but is not stored. The number is a count of "
        "bytes."
    )


@pytest.mark.parametrize(
    ("evidence", "meaning"),
    [
        (
            KernelEvidence(kind="block", device="sda", sector=8, direction="write_zeroes", errno=5),
            "A request to write zeroes to sda beginning at sector 8 failed with EIO.",
        ),
        (
            KernelEvidence(
                kind="md",
                device="md0",
                member="sdb1",
                sector=8,
                sector_on_member=True,
                direction="read",
            ),
            "A read of sdb1 beginning at sector 8 failed.",
        ),
        (
            KernelEvidence(
                kind="md",
                device="md0",
                sector=8,
                direction="read",
                significance=EvidenceSignificance.REPAIR,
            ),
            "Something was wrong with md0 and has been mended.",
        ),
        (
            KernelEvidence(kind="ata", device="ata1", significance=EvidenceSignificance.ROUTINE),
            "It reports what happens to ata1; nothing is wrong.",
        ),
    ],
)
def test_kernel_evidence_is_told_in_a_sentence(evidence: KernelEvidence, meaning: str) -> None:
    """Plain words for every direction, and no failure where nothing failed."""
    assert explained(evidence)[0].meaning == meaning


def test_kernel_evidence_without_numbers_is_told_by_its_kind() -> None:
    """A sentence, with the device where there is one."""
    kinds = [*KERNEL_KINDS, "of_a_later_version"]
    lines = [line for kind in kinds for line in explained(KernelEvidence(kind=kind, device="sdz"))]

    assert len(lines) == len(kinds)
    assert [x.meaning for x in lines if not x.meaning.endswith(".") or "{" in x.meaning] == []
    look = "`vexfsctl log --device sdz` lists the lines about that device."
    assert [line.what_you_do for line in lines] == [
        f"{advice_for([(kind, None)])} {look}" for kind in kinds
    ]


def test_an_unverified_record_is_doubted() -> None:
    """Anybody may write into the kernel log."""
    record = LogRecord("text", "kmsg", facility=1)
    event = DegradationChanged(volume="loop0", before="normal", after="light")

    line, _ = explain_entry(LogEntry(record, event, Origin.UNVERIFIED))

    assert line.what_the_system_does is not None
    assert line.what_the_system_does.startswith("It was written from user space")


def test_a_line_without_a_meaning_is_not_explained() -> None:
    """Neither VexFS's nor about a device."""
    assert explained(None) == ()


def test_every_significance_has_its_sentence() -> None:
    """One that is added fails here until it is explained."""
    assert list(SIGNIFICANCES) == list(Significance)
