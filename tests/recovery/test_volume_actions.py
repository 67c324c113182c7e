"""Through a live volume: probing a breaker, the access mode, what a harmless call proves."""

from dataclasses import dataclass
from errno import EIO

import pytest

from tests.support.clock import VirtualClock
from tests.support.live import LiveTree, LiveVolume
from tests.support.tree import FakeTree
from vexfsctl.exceptions import VexfsctlException, VolumeNotFound
from vexfsctl.model.breaker import BreakerAction
from vexfsctl.model.events import OperatorActed
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.recovery.plan.recovery_plan import Circumstances, make_plan
from vexfsctl.recovery.plan.steps import FaultState, Outcome, Step
from vexfsctl.recovery.plan.subject import subject_of_hints
from vexfsctl.recovery.volume_actions import HarmlessCall, VolumeActions

STORAGE = OperationType.STORAGE


@dataclass
class Mount:
    """The mount of a live volume: reads of it pass through the volume's engine."""

    live: LiveVolume
    errno: int | None = None
    """What the device below answers; None: it is well."""
    calls: int = 0

    def send(self) -> HarmlessCall:
        """Read a file."""
        self.calls += 1
        if self.errno is not None:
            self.live.fail(STORAGE, self.errno)
            return HarmlessCall("read of /mnt/v/f", "Input/output error")
        self.live.guard.run(STORAGE, "read", lambda _: None, repeatable=False)
        self.live.refresh()
        return HarmlessCall("read of /mnt/v/f", None)


@pytest.fixture
def live(tree: FakeTree, clock: VirtualClock) -> LiveVolume:
    """A volume with a real engine."""
    return LiveVolume(tree, clock)


@pytest.fixture
def mount(live: LiveVolume) -> Mount:
    """Its mount, the device below well."""
    return Mount(live)


def actions(
    mount: Mount, tree: FakeTree, clock: VirtualClock, *, doubt: str | None = None
) -> VolumeActions:
    """The actions on it."""
    return VolumeActions(
        LiveTree(tree.root, live={mount.live.name: mount.live}),
        mount.live.name,
        STORAGE,
        send=mount.send,
        doubt=doubt,
        clock=clock,
        timeout_s=30,
        reason="cable reseated",
    )


def step(hint: str) -> Step:
    """The step of one hint."""
    [made] = make_plan(subject_of_hints(hint), Circumstances()).steps
    return made


def test_a_probe_closes_the_breaker_of_a_device_that_is_well(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """Half-open, then as many calls as it takes; the reason goes to the log."""
    mount.live.fail(STORAGE, EIO, times=5)
    acting = actions(mount, tree, clock)
    before = acting.verify()

    taken = acting.take(step("retry"))

    assert (before.state, before.message) == (
        FaultState.PRESENT,
        "the breaker of loop0/storage is open: calls are refused",
    )
    assert (taken.outcome, taken.changed) == (Outcome.OK, True)
    assert taken.message == ("the breaker of loop0/storage: open → closed; read of /mnt/v/f: ok")
    assert taken.details == {"before": "open", "after": "closed", "calls": 3}
    assert acting.verify().state is FaultState.GONE
    [acted] = [each for each in mount.live.events if isinstance(each, OperatorActed)]
    assert (acted.action, acted.reason) == ("probe", "cable reseated")


def test_a_probe_of_a_device_that_is_not_well_fails_and_leaves_it_open(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """The first call opens it again; no second one is sent."""
    mount.live.fail(STORAGE, EIO, times=5)
    mount.errno = EIO
    acting = actions(mount, tree, clock)

    taken = acting.take(step("retry"))

    assert (taken.outcome, taken.changed, mount.calls) == (Outcome.FAILED, False, 1)
    assert taken.evidence == ("read of /mnt/v/f: Input/output error",)
    assert acting.verify().state is FaultState.PRESENT


def test_a_closed_breaker_is_tried_with_one_call(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """Nothing is commanded."""
    taken = actions(mount, tree, clock).take(step("retry"))

    assert (taken.outcome, taken.changed, mount.calls) == (Outcome.OK, False, 1)
    assert not [each for each in mount.live.events if isinstance(each, OperatorActed)]


def test_a_disabled_breaker_cannot_be_closed_by_calls(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """It judges none."""
    mount.live.command(STORAGE, BreakerAction.DISABLE)

    taken = actions(mount, tree, clock).take(step("retry"))

    assert (taken.outcome, mount.calls) == (Outcome.REFUSED, 0)
    assert "is disabled: it refuses no call" in taken.message


def test_somebody_else_who_moves_the_breaker_is_not_overwritten(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """The command names the generation it was made for."""
    mount.live.fail(STORAGE, EIO, times=5)
    mount.live.before_write = lambda: mount.live.command(STORAGE, BreakerAction.TRIP)

    with pytest.raises(VexfsctlException):
        actions(mount, tree, clock).take(step("retry"))
    assert tree.read("loop0/operations/storage/breaker/state") == "forced_open"


def test_read_only_mode_is_read_back(mount: Mount, tree: FakeTree, clock: VirtualClock) -> None:
    """The second time nothing is changed."""
    acting = actions(mount, tree, clock)

    first, second = acting.take(step("read_only")), acting.take(step("read_only"))

    assert (first.outcome, first.message, first.changed) == (
        Outcome.OK,
        "access_mode: rw → ro",
        True,
    )
    assert (second.outcome, second.changed) == (Outcome.OK, False)
    assert tree.read("loop0/access_mode") == "ro"


@pytest.mark.parametrize("hint", ["invalidate_cache", "reduce_scope", "use_fallback", "restart"])
def test_what_the_volume_cannot_do_yet_is_refused(
    mount: Mount, tree: FakeTree, clock: VirtualClock, hint: str
) -> None:
    """With what it needs."""
    taken = actions(mount, tree, clock).take(step(hint))

    assert (taken.outcome, taken.message) == (Outcome.REFUSED, f"{hint} needs --device")


def test_a_person_is_a_person(mount: Mount, tree: FakeTree, clock: VirtualClock) -> None:
    """Whatever the place."""
    taken = actions(mount, tree, clock).take(step("manual"))

    assert taken.outcome is Outcome.PERSON_NEEDED


def test_a_call_that_succeeds_proves_nothing_where_there_is_a_doubt(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """One that fails proves enough."""
    acting = actions(mount, tree, clock, doubt="the fault was in writing")
    assert acting.verify().state is FaultState.UNPROVEN
    assert acting.verify().message == "read of /mnt/v/f: ok; the fault was in writing"

    mount.errno = EIO
    assert acting.verify().state is FaultState.PRESENT


def test_a_breaker_that_has_not_closed_is_not_well_yet(
    mount: Mount, tree: FakeTree, clock: VirtualClock
) -> None:
    """Half-open, one call of three: calls of applications may still be refused."""
    mount.live.fail(STORAGE, EIO, times=5)
    mount.live.command(STORAGE, BreakerAction.PROBE)

    looked = actions(mount, tree, clock).verify()

    assert looked.state is FaultState.UNPROVEN
    assert "is still half_open" in looked.message


def test_a_volume_that_goes_away_ends_it(mount: Mount, tree: FakeTree, clock: VirtualClock) -> None:
    """Both ways of looking at it raise."""
    acting = actions(mount, tree, clock)
    tree.remove("loop0")

    with pytest.raises(VolumeNotFound):
        acting.verify()
    with pytest.raises(VolumeNotFound):
        acting.take(step("read_only"))
    assert step("read_only").hint is HintKind.READ_ONLY
