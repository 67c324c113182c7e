"""A plan carried out: what is noted when, where it stops, and with which exit status."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recovery.samples import BOOT, WHEN, block_device
from tests.support.clock import VirtualClock
from vexfsctl.exceptions import DeviceActionFailed, DeviceVanished, ExitStatus, RecoveryFailed
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.events import RecoveryStepTaken
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.entries import FaultVerified, LedgerEntry, StepEnded, Who
from vexfsctl.recovery.ledger.file import Ledger, read_ledger
from vexfsctl.recovery.ledger.history import PastReplay, Result, collect_replays
from vexfsctl.recovery.ledger.journal import Journal, Stamp
from vexfsctl.recovery.plan.recovery_plan import Circumstances, make_plan
from vexfsctl.recovery.plan.steps import FaultState, Outcome, Step, StepResult, Verification
from vexfsctl.recovery.plan.subject import Subject, subject_of_error, subject_of_hints
from vexfsctl.recovery.replay import EndedFromOutside, Replayed, carry_out

REPLAY = CorrelationId(0x5F1C93A200000001)
OK, FAILED, REFUSED = Outcome.OK, Outcome.FAILED, Outcome.REFUSED
GONE, PRESENT, UNPROVEN = FaultState.GONE, FaultState.PRESENT, FaultState.UNPROVEN


@dataclass
class FaultyDevice:
    """A device that answers as the test says: states looked at in turn, the last for ever."""

    clock: VirtualClock
    states: Sequence[FaultState | Exception]
    outcomes: dict[HintKind, Outcome | BaseException] = field(default_factory=dict)
    taken: list[HintKind] = field(default_factory=list)
    looks: int = 0
    before_step: Callable[[], None] = lambda: None

    def verify(self) -> Verification:
        """Read what failed."""
        state = self.states[min(self.looks, len(self.states) - 1)]
        self.looks += 1
        if isinstance(state, Exception):
            raise state
        return Verification(state, f"look {self.looks}")

    def take(self, step: Step) -> StepResult:
        """Take two seconds."""
        self.before_step()
        self.taken.append(step.hint)
        self.clock.advance(2)
        default = Outcome.PERSON_NEEDED if step.hint is HintKind.MANUAL else OK
        outcome = self.outcomes.get(step.hint, default)
        if isinstance(outcome, BaseException):
            raise outcome
        return StepResult(outcome, f"{step.hint} was {outcome}", changed=outcome is OK)


@dataclass
class Bench:
    """A ledger, a log, a clock, and a device to try replays on."""

    place: Path
    clock: VirtualClock = field(default_factory=VirtualClock)
    logged: list[RecoveryStepTaken] = field(default_factory=list)

    def replay(
        self, device: FaultyDevice, subject: Subject, *, all_steps: bool = False
    ) -> Replayed:
        """Carry the plan for *subject* out on *device*."""
        plan = make_plan(subject, Circumstances(device=block_device()))
        stamp = Stamp(clock=self.clock, wall_clock=lambda: WHEN, boot_id=BOOT)
        journal = Journal(Ledger(self.place), REPLAY, plan, stamp, self.logged.append)
        journal.begin(Who(0, None, None, 1), None, "device.lock", None)
        return carry_out(plan, device, journal, all_steps=all_steps)

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """What the ledger has."""
        return read_ledger(self.place).entries

    @property
    def past(self) -> PastReplay:
        """The only replay, looked back upon."""
        [replay] = collect_replays(self.entries, lambda _: False)
        return replay


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty one."""
    return Bench(tmp_path / "state")


READ = Subject(
    name="CORR-6F1C93A200000029",
    hints=subject_of_error("IoError.ReadError").hints,
    hints_from=subject_of_error("IoError.ReadError").hints_from,
    incident=CorrelationId(0x6F1C93A200000029),
    volume="sdb",
    epoch=99,
    errors=("IoError.ReadError",),
)
"""Hints: retry, invalidate_cache, use_fallback."""


def test_it_stops_as_soon_as_the_fault_is_gone(bench: Bench) -> None:
    """The first step helped: the second is not taken, and the answer is 0."""
    device = FaultyDevice(bench.clock, [PRESENT, GONE])

    replayed = bench.replay(device, READ)

    assert (replayed.result, replayed.exit_status) == (Result.GONE, 0)
    assert device.taken == [HintKind.RETRY]
    assert [each.duration_us for each in replayed.steps] == [2_000_000]
    assert replayed.message == "look 2"
    assert (bench.past.result, bench.past.exit_status) == (Result.GONE, 0)


def test_a_fault_that_is_gone_already_needs_no_step(bench: Bench) -> None:
    """It says so; with --all every step is taken all the same."""
    device = FaultyDevice(bench.clock, [GONE])

    replayed = bench.replay(device, READ)

    assert (replayed.result, replayed.exit_status, replayed.steps) == (Result.GONE, 0, ())
    assert replayed.message == "there is nothing to do: look 1"
    again = Bench(bench.place / "again", bench.clock)
    assert len(again.replay(device, READ, all_steps=True).steps) == 3


@pytest.mark.parametrize(
    ("state", "result"), [(PRESENT, Result.STILL_THERE), (UNPROVEN, Result.UNPROVEN)]
)
def test_all_steps_taken_and_not_gone_is_four(
    bench: Bench, state: FaultState, result: Result
) -> None:
    """Still there, or nothing proves that it is not."""
    replayed = bench.replay(FaultyDevice(bench.clock, [state]), READ)

    assert (replayed.result, replayed.exit_status) == (result, 4)
    assert [each.verification and each.verification.state for each in replayed.steps] == [state] * 3


def test_a_person_is_called_where_the_plan_ends_with_one(bench: Bench) -> None:
    """What comes before is done; nothing is verified after it."""
    device = FaultyDevice(bench.clock, [UNPROVEN])

    replayed = bench.replay(device, subject_of_error("CorruptedData"))

    assert (replayed.result, replayed.exit_status) == (Result.PERSON_NEEDED, 5)
    assert device.taken == [HintKind.READ_ONLY, HintKind.MANUAL]
    assert device.looks == 2


def test_nobody_is_called_for_a_fault_that_is_gone(bench: Bench) -> None:
    """Not even with --all."""
    device = FaultyDevice(bench.clock, [GONE])

    replayed = bench.replay(device, subject_of_hints("retry,manual"), all_steps=True)

    assert (replayed.exit_status, device.taken) == (0, [HintKind.RETRY])


def test_a_step_that_cannot_be_taken_is_passed_over(bench: Bench) -> None:
    """Refused: nothing was done, so nothing is looked at; failed: the next one is tried."""
    outcomes: dict[HintKind, Outcome | BaseException] = {
        HintKind.RETRY: REFUSED,
        HintKind.INVALIDATE_CACHE: DeviceActionFailed("BLKFLSBUF: not permitted"),
        HintKind.USE_FALLBACK: Outcome.ABANDONED,
    }
    device = FaultyDevice(bench.clock, [PRESENT], outcomes)

    replayed = bench.replay(device, READ)

    assert [(each.result.outcome, each.verification is None) for each in replayed.steps] == [
        (REFUSED, True),
        (FAILED, False),
        (Outcome.ABANDONED, False),
    ]
    assert replayed.steps[1].result.message == "BLKFLSBUF: not permitted"
    assert replayed.exit_status == 4


@pytest.mark.parametrize("during", ["step", "look", "first look"])
def test_a_device_that_vanishes_ends_it(bench: Bench, during: str) -> None:
    """With 1, the step noted as failed: nothing is done to what comes in its place."""
    gone = DeviceVanished("/dev/sdb went away")
    states: list[FaultState | Exception] = [PRESENT, gone if during == "look" else PRESENT]
    device = FaultyDevice(bench.clock, [gone] if during == "first look" else states)
    if during == "step":
        device.outcomes[HintKind.RETRY] = gone

    replayed = bench.replay(device, READ)

    assert (replayed.result, replayed.exit_status) == (Result.FAILED, 1)
    assert replayed.failures == (gone,)
    assert replayed.message == "/dev/sdb went away"
    assert bench.past.result is Result.FAILED
    noted = {"step": [FAILED], "look": [OK], "first look": []}[during]
    assert [each.outcome for each in bench.past.steps] == noted


@pytest.mark.parametrize(
    ("ending", "status", "word"),
    [(KeyboardInterrupt(), 130, "SIGINT"), (EndedFromOutside(15), 143, "SIGTERM")],
)
def test_a_signal_ends_it_and_is_noted(
    bench: Bench, ending: KeyboardInterrupt, status: int, word: str
) -> None:
    """The step that was being taken shows as interrupted, and so does the replay."""
    device = FaultyDevice(bench.clock, [PRESENT], {HintKind.INVALIDATE_CACHE: ending})

    replayed = bench.replay(device, READ)

    assert (replayed.result, replayed.exit_status) == (Result.INTERRUPTED, status)
    assert replayed.message == f"ended by {word}"
    assert [each.outcome for each in bench.past.steps] == [OK, Outcome.INTERRUPTED]
    assert (bench.past.result, bench.past.exit_status) == (Result.INTERRUPTED, status)


def test_a_signal_after_all_was_done_loses_no_end(bench: Bench) -> None:
    """What the replay came to is noted and answered all the same."""
    moments: Iterator[datetime | EndedFromOutside] = iter([WHEN, WHEN, EndedFromOutside(15), WHEN])

    def wall_clock() -> datetime:
        moment = next(moments)
        if isinstance(moment, EndedFromOutside):
            raise moment
        return moment

    plan = make_plan(READ, Circumstances(device=block_device()))
    stamp = Stamp(clock=bench.clock, wall_clock=wall_clock, boot_id=BOOT)
    journal = Journal(Ledger(bench.place), REPLAY, plan, stamp, bench.logged.append)
    journal.begin(Who(0, None, None, 1), None, "device.lock", None)
    replayed = carry_out(plan, FaultyDevice(bench.clock, [GONE]), journal, all_steps=False)

    assert (replayed.result, replayed.exit_status) == (Result.GONE, 0)
    assert (bench.past.result, bench.past.exit_status) == (Result.GONE, 0)


def test_each_step_is_on_disk_before_it_is_taken(bench: Bench) -> None:
    """Killed at any step, the ledger has its begin and the ends of all before it."""
    seen: list[list[str]] = []
    device = FaultyDevice(bench.clock, [PRESENT])
    device.before_step = lambda: seen.append([type(each).__name__ for each in bench.entries])

    bench.replay(device, READ)

    begin = ["ReplayBegun", "FaultVerified", "StepBegun"]
    step = ["StepEnded", "FaultVerified", "StepBegun"]
    assert seen == [begin, begin + step, begin + step + step]


def test_the_log_is_told_under_the_id_of_the_incident(bench: Bench) -> None:
    """One record a step; the ledger has its text, for volumes whose log is elsewhere."""
    bench.replay(FaultyDevice(bench.clock, [PRESENT, GONE]), READ)

    assert bench.logged == [
        RecoveryStepTaken(
            volume="sdb",
            id=CorrelationId(0x6F1C93A200000029),
            step="retry",
            result="ok",
            duration_us=2_000_000,
            message="retry was ok",
        )
    ]
    [end] = [each for each in bench.entries if isinstance(each, StepEnded)]
    assert end.record == (
        "VexFS: [CORR-6F1C93A200000029] recovery vol=sdb step=retry result=ok dur_us=2000000 "
        'msg="retry was ok"'
    )
    assert end.epoch == 99


def test_without_a_volume_the_ledger_alone_is_told(bench: Bench) -> None:
    """The kernel log has nobody to file it under."""
    replayed = bench.replay(FaultyDevice(bench.clock, [PRESENT]), subject_of_hints("retry"))

    assert bench.logged == []
    assert replayed.incident == REPLAY
    assert [getattr(each, "record", None) for each in bench.entries] == [None] * len(bench.entries)


def test_a_ledger_that_takes_no_more_ends_it(bench: Bench) -> None:
    """What could not be noted is not done."""
    device = FaultyDevice(bench.clock, [PRESENT])
    device.before_step = lambda: shutil.rmtree(bench.place)

    replayed = bench.replay(device, READ)

    assert (replayed.result, replayed.exit_status) == (Result.FAILED, 1)
    assert device.taken == [HintKind.RETRY]
    assert all(isinstance(each, RecoveryFailed) for each in replayed.failures)
    assert len(replayed.failures) == 2


_outcomes = st.sampled_from([*Outcome, DeviceVanished("gone"), EndedFromOutside(15)])


@given(
    st.lists(st.sampled_from(FaultState), min_size=1, max_size=9),
    st.dictionaries(st.sampled_from(HintKind), _outcomes),
    st.sets(st.sampled_from(HintKind), min_size=1),
    st.booleans(),
)
def test_whatever_happens_the_answer_and_the_ledger_agree(
    tmp_path_factory: pytest.TempPathFactory,
    states: list[FaultState],
    outcomes: dict[HintKind, Outcome | BaseException],
    hints: set[HintKind],
    all_steps: bool,
) -> None:
    """0 only after a look that found it gone; every step begun is ended; the look is the last."""
    bench = Bench(tmp_path_factory.mktemp("replay"))
    device = FaultyDevice(bench.clock, states, outcomes)

    replayed = bench.replay(device, subject_of_hints(",".join(hints)), all_steps=all_steps)

    past = bench.past
    looks = [each for each in bench.entries if isinstance(each, FaultVerified)]
    assert (past.result, past.exit_status) == (replayed.result, replayed.exit_status)
    assert all(each.outcome is not None for each in past.steps)
    assert [each.hint for each in past.steps] == device.taken
    assert replayed.exit_status in (0, 1, 4, 5, 143)
    if replayed.exit_status == 0:
        assert looks[-1].state is GONE
    if replayed.exit_status == 4:
        assert looks[-1].state is not GONE
    if replayed.exit_status == ExitStatus.PERSON_NEEDED:
        assert past.steps[-1].outcome is Outcome.PERSON_NEEDED
