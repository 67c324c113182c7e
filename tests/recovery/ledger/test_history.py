"""Looking back on replays: how each ended, also where it did not."""

from dataclasses import replace

import pytest

from tests.recovery.samples import (
    INCIDENT,
    REPLAY,
    WHOLE,
    begun,
    ended,
    step_begun,
    step_ended,
)
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.ledger.entries import LedgerEntry, ReplayBegun
from vexfsctl.recovery.ledger.history import (
    PastReplay,
    PastStep,
    Result,
    collect_replays,
    is_asked_for,
)
from vexfsctl.recovery.plan.steps import Outcome

OTHER = CorrelationId(0x5F1C93A200000002)


def nobody(_: ReplayBegun) -> bool:
    """No lock is held."""
    return False


def everybody(_: ReplayBegun) -> bool:
    """Every lock is held."""
    return True


def collect(*entries: LedgerEntry) -> tuple[PastReplay, ...]:
    """The replays in *entries*, none of which runs."""
    return collect_replays(entries, nobody)


def test_one_that_ended() -> None:
    """Its steps with what they came to, its result and its exit status."""
    assert collect(*WHOLE) == (
        PastReplay(
            begun=begun(),
            steps=(
                PastStep(
                    1, HintKind.RETRY, Outcome.FAILED, "EIO after 3 attempts", 1_500_000, False
                ),
            ),
            result=Result.PERSON_NEEDED,
            exit_status=5,
            message="a person must act",
        ),
    )


@pytest.mark.parametrize("known", range(1, len(WHOLE)))
def test_one_that_was_killed_is_interrupted_wherever_it_was(known: int) -> None:
    """A step that was begun and never ended shows without an outcome."""
    [replay] = collect(*WHOLE[:known])

    assert (replay.result, replay.exit_status) == (Result.INTERRUPTED, None)
    assert [each.outcome for each in replay.steps] == {
        1: [],
        2: [None],
        3: [Outcome.FAILED],
        4: [Outcome.FAILED],
    }[known]


def test_one_whose_lock_is_held_runs() -> None:
    """Unless it has ended."""
    assert collect_replays(WHOLE[:2], everybody)[0].result is Result.RUNNING
    assert collect_replays(WHOLE, everybody)[0].result is Result.PERSON_NEEDED


def test_a_lock_is_of_the_latest_to_have_it() -> None:
    """One that was killed does not run again with the next one on its device."""
    first, second = collect_replays((begun(), begun(OTHER)), everybody)

    assert (first.result, second.result) == (Result.INTERRUPTED, Result.RUNNING)


def test_replays_at_the_same_time_are_told_apart() -> None:
    """Their lines stand among each other."""
    lines = (
        begun(),
        begun(OTHER, lock="other.lock"),
        step_begun(1, OTHER),
        step_begun(),
        step_ended(1, OTHER),
        ended(OTHER, "gone", 0),
        step_ended(),
    )

    first, second = collect(*lines)

    assert (first.begun.replay, first.result) == (REPLAY, Result.INTERRUPTED)
    assert (second.begun.replay, second.result) == (OTHER, Result.GONE)
    assert [len(each.steps) for each in (first, second)] == [1, 1]


def test_what_has_no_begin_is_left_out() -> None:
    """Its begin was torn: nothing says what it was."""
    assert collect(step_begun(), step_ended(), ended()) == ()


def test_a_result_of_tomorrow_is_kept_as_it_stands() -> None:
    """And not guessed."""
    [replay] = collect(begun(), ended(result="undone", status=0))

    assert replay.result == "undone"


@pytest.mark.parametrize(
    ("asked", "means_it"),
    [
        (str(REPLAY), True),
        ("5F1C93A200000001", True),
        (str(INCIDENT), True),
        ("29", True),
        ("/dev/sdb", True),
        ("sdb", True),
        ("8:16", True),
        ("/dev/sdc", False),
        ("FF", False),
        ("", False),
        ("loop0/storage", False),
    ],
)
def test_what_may_be_asked_for(asked: str, means_it: bool) -> None:
    """A replay's id, its incident's, the end of either, its device, its volume."""
    [replay] = collect(*WHOLE)

    assert is_asked_for(replay, asked) is means_it


def test_a_replay_of_what_has_no_id_is_asked_for_by_what_it_was_of() -> None:
    """A numbered call of an earlier build, an error, hints: as they were written."""
    [replay] = collect(replace(begun(), subject="CALL-1@read_file#1"))

    assert is_asked_for(replay, "CALL-1@read_file#1")
    assert not is_asked_for(replay, "CALL-1@read_file#2")


def test_a_replay_through_a_volume_is_asked_for_by_its_name() -> None:
    """It has no device."""
    [replay] = collect(replace(begun(), device=None, volume="dead"))

    assert is_asked_for(replay, "dead")
    assert not is_asked_for(replay, "/dev/sdb")
