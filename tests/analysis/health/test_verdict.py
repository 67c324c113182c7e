"""Every reason for a verdict, and what outweighs what."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.records import BOOT, EPOCH, STATE, error, group_errors, read_log
from tests.analysis.volumes import healthy_volume, with_breaker, with_operation, with_status
from vexfsctl.analysis.errors.groups import Sighting
from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.health.next_steps import NextStep, next_steps
from vexfsctl.analysis.health.verdict import Observation, judge
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    Presence,
    Volume,
)

NOW_S = 10_000.0
WINDOW = Window(since_us=6_400_000_000, now_us=10_000_000_000, boot_id=BOOT)
"""The last hour."""
COMPLETE = Coverage(("kmsg",))
LATE = Coverage(("kmsg",), (Gap("kmsg", "starts_late", 12),))
NONE = Coverage()
"""No log could be read."""


def judged(
    volumes: Sequence[Volume], log: Sequence[LogEntry], coverage: Coverage
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Judge the last hour at its end."""
    return judge(Observation(volumes, log, coverage, WINDOW, WINDOW.now_us))


def verdict_on(
    *volumes: Volume, log: tuple[LogEntry, ...] = (), coverage: Coverage = COMPLETE
) -> tuple[Verdict, list[str]]:
    """Return the verdict and each finding as `where: code`."""
    verdict, findings = judged(volumes, log, coverage)
    return verdict, [f"{finding.subject}: {finding.code}" for finding in findings]


def counts(last_s: float, **values: int) -> ErrorCounts:
    """Return error counters whose last error was at *last_s* seconds."""
    zero = dict.fromkeys(("total", "low", "medium", "high", "critical", "logged", "suppressed"), 0)
    return ErrorCounts(**zero | values, last_id=None, last_time_ns=round(last_s * 1e9))


def test_a_healthy_volume_is_ok() -> None:
    """And there is nothing to say about it."""
    assert verdict_on(healthy_volume()) == (Verdict.OK, [])


@pytest.mark.parametrize("presence", [Presence.STALE, Presence.UNRESPONSIVE])
def test_a_volume_that_does_not_answer_is_critical(presence: Presence) -> None:
    """Its hint says what to type."""
    volume = Volume("loop0", Path("/run/vexfs"), presence, detail="loop0 is gone", hint="do this")

    verdict, findings = judged([volume], (), COMPLETE)

    assert verdict is Verdict.CRITICAL
    assert (findings[0].code, findings[0].message) == (f"volume_{presence}", f"{presence}: is gone")
    assert findings[0].hint == "do this"


def test_a_busy_volume_is_a_warning() -> None:
    """Whether or not it has answered in the end; what it said then counts as ever."""
    silent = Volume("loop0", Path("/run/vexfs"), Presence.BUSY, detail="loop0 does not answer")
    late = replace(healthy_volume(), presence=Presence.BUSY, detail="it answered late")
    broken = replace(with_status(healthy_volume(), state=ModuleState.ERROR), presence=Presence.BUSY)

    assert verdict_on(silent) == (Verdict.WARNING, ["loop0: volume_busy"])
    assert verdict_on(late) == (Verdict.WARNING, ["loop0: volume_busy"])
    assert verdict_on(broken) == (
        Verdict.CRITICAL,
        ["loop0: state_error", "loop0: volume_busy"],
    )


def test_force_is_a_next_step_only_where_nobody_serves() -> None:
    """Whose driver may run is not to be cut off, however long it says nothing."""
    there = Volume("loop0", Path("/run/vexfs"), Presence.UNRESPONSIVE)
    step = NextStep(
        ("umount", "--force", "loop0"), "clear away what is left of it, then mount it again"
    )

    assert next_steps([there], (), (), records=True) == ()
    assert next_steps([replace(there, abandoned=True)], (), (), records=True) == (step,)


def test_a_volume_in_state_error_is_critical() -> None:
    """It gives no service."""
    volume = with_status(healthy_volume(), state=ModuleState.ERROR)

    assert verdict_on(volume) == (Verdict.CRITICAL, ["loop0: state_error"])


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        (DegradationLevel.LIGHT, Verdict.WARNING),
        (DegradationLevel.MODERATE, Verdict.WARNING),
        (DegradationLevel.HEAVY, Verdict.WARNING),
        (DegradationLevel.READ_ONLY, Verdict.CRITICAL),
        (DegradationLevel.EMERGENCY, Verdict.CRITICAL),
    ],
)
def test_degradation_warns_until_it_refuses_writes(
    level: DegradationLevel, verdict: Verdict
) -> None:
    """Then it is critical."""
    volume = with_status(healthy_volume(), degradation=level)

    assert verdict_on(volume) == (verdict, [f"loop0: degradation_{level}"])


@pytest.mark.parametrize("state", [state for state in BreakerState if state != "closed"])
def test_a_breaker_that_is_not_closed_warns_and_an_open_vital_one_is_critical(
    state: BreakerState,
) -> None:
    """Vital are superblock and storage."""
    judged_as = {
        operation: verdict_on(with_breaker(healthy_volume(), operation, state=state))
        for operation in OperationType
    }

    vital = Verdict.CRITICAL if state in ("open", "forced_open") else Verdict.WARNING
    verdicts = dict.fromkeys(OperationType, Verdict.WARNING) | {
        "superblock": vital,
        "storage": vital,
    }
    assert judged_as == {
        operation: (verdicts[operation], [f"loop0/{operation}: breaker_{state}"])
        for operation in OperationType
    }


@pytest.mark.parametrize(
    ("would_reject", "told"),
    [(0, ""), (1, "; it would have refused 1 call"), (14, "; it would have refused 14 calls")],
)
def test_a_breaker_that_observes_tells_what_it_would_have_refused(
    would_reject: int, told: str
) -> None:
    """With its reason and the rest of its time."""
    volume = with_operation(healthy_volume(), OperationType.FILE, would_reject=would_reject)
    volume = with_breaker(
        volume,
        OperationType.FILE,
        state=BreakerState.METRICS_ONLY,
        until_ms=300_000,
        reason="trying 3",
    )

    _, findings = judged([volume], (), COMPLETE)

    assert findings[0].message == (
        "breaker metrics_only, set by an operator for another 5m: judges but lets all pass"
        f" (trying 3){told}"
    )


def test_overdue_calls_warn() -> None:
    """Something hangs."""
    volume = with_operation(healthy_volume(), OperationType.FILE, overdue=2)

    _, findings = judged([volume], (), COMPLETE)

    assert (findings[0].verdict, findings[0].code) == (Verdict.WARNING, "overdue")
    assert findings[0].message == "2 calls are past the deadline and still running"


def test_a_volume_set_read_only_by_an_operator_warns() -> None:
    """Somebody may have forgotten it."""
    volume = with_status(healthy_volume(), access_mode=AccessMode.READ_ONLY)

    assert verdict_on(volume) == (Verdict.WARNING, ["loop0: access_mode_ro"])


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            error(0x2A, sev="critical", errno="EUCLEAN", err="CorruptedData"),
            (Verdict.CRITICAL, ["loop0/storage: error_critical"]),
        ),
        (error(0x2A), (Verdict.WARNING, ["loop0/storage: error_high"])),
        (error(0x2A, sev="medium"), (Verdict.OK, [])),
        (
            error(0x2A, sev="medium", errno="EMFILE", err="TooManyOpenFiles"),
            (Verdict.WARNING, ["loop0/storage: no_descriptor"]),
        ),
        (
            "VexFS: [CORR-000000000000002F] timeout vol=loop0 op=sync call=fsync limit_ms=5000",
            (Verdict.WARNING, ["loop0/sync: timeout"]),
        ),
        (
            "VexFS: suppressed vol=loop0 calls=9 errors=27 interval_ms=5000",
            (Verdict.WARNING, ["loop0: suppressed"]),
        ),
        (
            "VexFS: [CORR-000000000000002C] rejected vol=loop0 op=storage call=read "
            "retry_after_ms=1",
            (Verdict.OK, []),
        ),
    ],
)
def test_what_the_log_has_of_a_live_volume_counts_inside_the_window_only(
    record: str, expected: tuple[Verdict, list[str]]
) -> None:
    """An hour later it is history; refusals of a live volume are told by its breaker."""
    inside = read_log((1.0, STATE), (NOW_S - 60, record))
    outside = read_log((1.0, STATE), (NOW_S - 3601, record))

    assert verdict_on(healthy_volume(), log=inside) == expected
    assert verdict_on(healthy_volume(), log=outside) == (Verdict.OK, [])


def test_lifetime_counters_are_no_evidence() -> None:
    """Errors of last week are not news."""
    volume = with_status(healthy_volume(), errors=counts(60.0, total=7, high=7, logged=7))

    assert verdict_on(volume) == (Verdict.OK, [])


def test_unverified_records_are_never_evidence() -> None:
    """Whoever may write to the kernel log could raise or hide an alarm with them."""
    forged = read_log((NOW_S - 60, error(0x2A, sev="critical")))

    assert verdict_on(healthy_volume(), log=forged) == (Verdict.OK, [])
    assert verdict_on(log=forged) == (Verdict.UNKNOWN, ["None: nothing_found"])


def test_a_plain_text_log_is_evidence_though_it_records_no_origin() -> None:
    """`dmesg` prints no facility."""
    log = read_log((NOW_S - 60, error(0x2A)), facility=None)

    assert verdict_on(healthy_volume(), log=log)[0] is Verdict.WARNING


def test_records_of_another_boot_are_not_in_the_window() -> None:
    """Their clock is another one."""
    log = read_log((1.0, STATE), (NOW_S - 60, error(0x2A)), boot="another")

    assert verdict_on(healthy_volume(), log=log) == (Verdict.OK, [])


def test_neither_volume_nor_record_is_unknown() -> None:
    """Nothing can be said of VexFS on such a host."""
    assert verdict_on() == (Verdict.UNKNOWN, ["None: nothing_found"])


def test_a_host_whose_log_cannot_be_read_is_not_said_to_have_no_record() -> None:
    """Nobody looked."""
    _, findings = judged([], (), NONE)

    assert [each.message for each in findings] == [
        "no volume on this host, and no log could be read"
    ]


def test_a_volume_that_cannot_be_read_is_unknown_unless_something_worse_is_known() -> None:
    """What is known to be bad outweighs what is not known."""
    unreadable = Volume("vda", Path("/run/vexfs"), Presence.UNREADABLE, detail="Permission denied")
    warned = with_status(healthy_volume(), access_mode=AccessMode.READ_ONLY)

    assert verdict_on(healthy_volume(), unreadable) == (
        Verdict.UNKNOWN,
        ["vda: volume_unreadable"],
    )
    assert verdict_on(warned, unreadable)[0] is Verdict.WARNING


def test_a_volume_that_vanished_is_no_finding() -> None:
    """It was unmounted while it was being looked at."""
    vanished = Volume("vda", Path("/run/vexfs"), Presence.VANISHED)

    assert verdict_on(healthy_volume(), vanished) == (Verdict.OK, [])


@pytest.mark.parametrize("coverage", [LATE, NONE])
def test_counters_rule_errors_out_where_the_log_is_incomplete(coverage: Coverage) -> None:
    """No error since before the window, or none that would matter."""
    before = with_status(healthy_volume(), errors=counts(60.0, total=1, high=1))
    harmless = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=1, low=1))

    assert verdict_on(healthy_volume(), coverage=coverage) == (Verdict.OK, [])
    assert verdict_on(before, coverage=coverage) == (Verdict.OK, [])
    assert verdict_on(harmless, coverage=coverage) == (Verdict.OK, [])


def test_an_incomplete_log_is_unknown_where_the_counters_rule_nothing_out() -> None:
    """The last error is recent, and among all there were severe ones."""
    mixed = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=2, low=1, high=1))
    blind = with_status(healthy_volume(), errors=None)

    assert verdict_on(mixed, coverage=LATE) == (Verdict.UNKNOWN, ["loop0: log_incomplete"])
    assert verdict_on(blind, coverage=LATE) == (Verdict.UNKNOWN, ["loop0: log_incomplete"])
    assert verdict_on(blind) == (Verdict.OK, [])


def test_counters_of_nothing_but_severe_errors_are_evidence_themselves() -> None:
    """Then the recent one is severe, whatever the log lacks."""
    severe = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=2, high=2))

    assert verdict_on(severe, coverage=NONE) == (Verdict.WARNING, ["loop0: error_high"])


def test_a_log_that_does_not_show_what_the_counters_have_is_unknown() -> None:
    """rsyslog drops records of user space by default."""
    mixed = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=2, low=1, high=1))

    assert verdict_on(mixed) == (Verdict.UNKNOWN, ["loop0: log_disagrees"])


def test_records_that_could_not_be_written_are_a_warning() -> None:
    """Like those that were left out; and nobody need guess why the log lacks them."""
    full = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=3, low=3, logged=1, lost=2))
    long_ago = with_status(healthy_volume(), errors=counts(60.0, total=2, low=2, lost=2))

    verdict, [finding] = judged([full], (), LATE)

    assert (verdict, finding.code) == (Verdict.WARNING, "records_lost")
    assert finding.message == "2 error records could not be written to its log, kmsg"
    assert verdict_on(long_ago) == (Verdict.OK, [])


def test_what_was_lost_before_the_volume_came_up_is_no_gap_for_it() -> None:
    """A ring buffer that begins after boot has all of a volume that was mounted later."""
    mixed = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=2, low=1, high=1))
    log = read_log((7000.0, STATE), (NOW_S - 5, error(0x2A, sev="low")))

    assert mixed.status is not None
    assert mixed.status.epoch == EPOCH
    assert verdict_on(mixed, log=log, coverage=LATE) == (Verdict.OK, [])


def test_a_gap_in_the_log_of_another_volume_is_no_gap_for_this_one() -> None:
    """Each is judged by the log it writes."""
    mixed = with_status(healthy_volume(), errors=counts(NOW_S - 5, total=2, low=1, high=1))
    log = read_log((1.0, STATE), (NOW_S - 5, error(0x2A, sev="low")))
    other = Coverage(("kmsg", "/x.kmsg"), (Gap("/x.kmsg", "unreadable"),))

    assert verdict_on(mixed, log=log, coverage=other) == (Verdict.OK, [])


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            STATE.replace("to=initializing", "to=error"),
            (Verdict.CRITICAL, ["loop0: state_error"]),
        ),
        (
            error(0x2A, errno="EBADMSG", sev="medium"),
            (Verdict.CRITICAL, ["loop0: corruption"]),
        ),
        (
            "VexFS: [CORR-000000000000002C] rejected vol=loop0 op=storage call=read "
            "retry_after_ms=1",
            (Verdict.WARNING, ["loop0: rejected"]),
        ),
        (
            "VexFS: [CORR-000000000000002C] rejected vol=loop0 op=storage call=read "
            "retry_after_ms=0 limit=max_concurrent",
            (Verdict.WARNING, ["loop0: no_place"]),
        ),
        (
            "VexFS: [CORR-000000000000002F] timeout vol=loop0 op=sync call=fsync limit_ms=5000",
            (Verdict.WARNING, ["loop0: timeout"]),
        ),
        (
            "VexFS: [CORR-0000000000000029] failed vol=loop0 op=file call=read err=X "
            "errno=ENOSPC attempts=1 dur_us=5",
            (Verdict.WARNING, ["loop0: failed"]),
        ),
        (
            "VexFS: [CORR-000000000000002D] recovered vol=loop0 op=file call=read attempts=2 "
            "dur_us=5",
            (Verdict.OK, []),
        ),
    ],
)
def test_without_a_volume_the_log_alone_is_judged(
    record: str, expected: tuple[Verdict, list[str]]
) -> None:
    """By more than what counts beside a tree."""
    log = read_log((NOW_S - 61, STATE), (NOW_S - 60, record))

    assert verdict_on(log=log) == expected


def test_without_a_volume_an_incomplete_log_is_unknown() -> None:
    """Even if what there is of it is fine."""
    log = read_log((NOW_S - 61, STATE))

    assert verdict_on(log=log, coverage=LATE) == (Verdict.UNKNOWN, ["None: log_incomplete"])


def test_errors_of_many_volumes_that_are_gone_are_one_finding() -> None:
    """A host may have had many; the one that is here comes first."""
    log = read_log(
        (1.0, STATE),
        *((NOW_S - 60, STATE.replace("loop0", f"test{n}")) for n in range(3)),
        *((NOW_S - 50, error(0x2A, vol=f"test{n}")) for n in range(3)),
        (NOW_S - 40, error(0x3A)),
    )

    _, findings = judged([healthy_volume()], log, COMPLETE)

    assert [(each.subject, each.message) for each in findings] == [
        ("loop0/storage", "1 error of high severity"),
        (None, "3 errors of high severity on 3 volumes that are gone"),
    ]


@pytest.mark.parametrize("attribute", ["state", "degradation"])
def test_a_word_that_is_not_known_is_unknown(attribute: str) -> None:
    """A newer provider may say more than this version understands; it is never guessed."""
    volume = with_status(healthy_volume(), **{attribute: "purple"})

    _, findings = judged([volume], (), COMPLETE)

    assert [(each.verdict, each.message) for each in findings] == [
        (Verdict.UNKNOWN, f"{attribute} is 'purple', which this vexfsctl does not know")
    ]


def test_an_operation_that_cannot_be_read_is_unknown() -> None:
    """Its breaker may be open."""
    volume = healthy_volume()
    assert volume.status is not None
    rest: dict[OperationType, Any] = dict(volume.status.operations)
    del rest[OperationType.SYNC]

    assert verdict_on(replace(volume, status=replace(volume.status, operations=rest))) == (
        Verdict.UNKNOWN,
        ["loop0/sync: not_understood"],
    )


def test_an_earlier_load_of_the_same_name_is_gone() -> None:
    """A volume mounted anew is not blamed for what its predecessor met; it is told apart."""
    log = read_log((9_000.0, STATE), (9_001.0, error(0x2A)))
    anew = with_status(healthy_volume(), epoch=EPOCH + 1)

    assert verdict_on(anew, log=log) == (Verdict.WARNING, ["loop0: error_high"])
    _, findings = judged([anew], log, COMPLETE)
    assert findings[0].operation is None
    for volume, live in ((anew, False), (healthy_volume(), True)):
        loads = Loads([volume])
        [group] = group_errors(Sighting(entry, None, loads.hold(entry)) for entry in log)
        assert group.live is live
