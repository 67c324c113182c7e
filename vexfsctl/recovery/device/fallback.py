"""Use fallback: whether the copy has what cannot be read, and is the same everywhere else.

Both are read in the same places and only digests are kept; nothing is ever copied.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vexfsctl.devices.disks import SECTOR_BYTES, BlockDevice
from vexfsctl.devices.sectors import DIGEST_BYTES
from vexfsctl.devices.topology import related_devices
from vexfsctl.model.clock import Clock
from vexfsctl.model.units import format_size
from vexfsctl.recovery.device.bisection import Limits, Reading, find_bad_blocks
from vexfsctl.recovery.device.comparison import Comparison, compare
from vexfsctl.recovery.device.medium import Medium
from vexfsctl.recovery.device.scope import TIME_LIMIT_S
from vexfsctl.recovery.device.target import PIECE_BYTES, Target, list_ranges, range_details
from vexfsctl.recovery.plan.ranges import fit, pieces, total
from vexfsctl.recovery.plan.steps import ByteRange, Outcome, StepResult


def use_fallback(target: Target, fallback: Medium | None, clock: Clock) -> StepResult:
    """Read the same ranges from *fallback* and compare what both have; nothing is copied."""
    if fallback is None:
        return StepResult(Outcome.REFUSED, "no fallback was given (--fallback DEV)")
    if reason := _no_fallback(target.medium.device, fallback.device):
        return StepResult(Outcome.REFUSED, reason)
    fallback.require_same()
    pair = _Pair(target, fallback, clock)
    compared = pair.compare()
    lost, differs = total(compared.lost), compared.differing > 0
    complete = not (pair.own.short or pair.other.short)
    outcome = Outcome.OK if complete and not lost and not differs else Outcome.FAILED
    return StepResult(
        Outcome.ABANDONED if pair.own.unanswered or pair.other.unanswered else outcome,
        "; ".join(_words(compared, target, fallback.device, complete)),
        evidence=(
            *_size_words(target.medium.device, fallback.device),
            *list_ranges(f"only {fallback.device.path} can read", compared.servable),
            *list_ranges("neither can read", compared.lost),
        ),
        details=target.details
        | {
            "fallback": str(fallback.device.path),
            "complete": complete,
            "block_size": pair.block_size,
            "compared_blocks": compared.compared,
            "differing_blocks": compared.differing,
            "first_difference": compared.first_difference,
            "servable": [range_details(each) for each in compared.servable],
            "lost": [range_details(each) for each in compared.lost],
        },
    )


@dataclass(slots=True)
class _Side:
    """One of the two devices that are read in the same places."""

    medium: Medium
    limits: Limits = field(default_factory=Limits)
    unanswered: int = 0
    short: bool = False
    """Whether something was left out because of the limits."""

    def digests(
        self, part: ByteRange, block_size: int, exhausted: Callable[[], bool]
    ) -> dict[int, bytes]:
        """Digests of the readable blocks of *part*, by offset."""
        known: dict[int, bytes] = {}

        def read(place: ByteRange) -> Reading:
            answer = self.medium.read(place, digest_block=block_size)
            if answer.ok:
                known.update(_by_offset(place.offset, block_size, answer.value))
            return answer.reading

        there = fit([part], block_size, self.medium.device.size)
        found = find_bad_blocks(read, there, block_size, limits=self.limits, exhausted=exhausted)
        self.limits = Limits(
            self.limits.reads - found.reads, self.limits.unanswered - len(found.unanswered)
        )
        self.unanswered += len(found.unanswered)
        self.short = self.short or not found.complete
        return known


class _Pair:
    """Compares a device and its fallback piece by piece, so that any range fits into memory."""

    def __init__(self, target: Target, fallback: Medium, clock: Clock) -> None:
        self.own, self.other = _Side(target.medium), _Side(fallback)
        self.block_size = max(target.block_size, fallback.device.logical_block_size)
        self._target = target
        self._clock = clock

    def compare(self) -> Comparison:
        """Compare all ranges, or as much as the limits allow."""
        ends_ns = self._clock.now_ns() + round(TIME_LIMIT_S * 1e9)
        ranges = fit(self._target.ranges, self.block_size, self._target.medium.device.size)
        whole, done, sum_of_parts = total(ranges), 0, Comparison()
        for part in pieces(ranges, PIECE_BYTES):
            self._target.progress("comparing with the fallback", done, whole)
            if self.own.short or self.other.short:
                break
            own, other = (
                side.digests(part, self.block_size, lambda: self._clock.now_ns() > ends_ns)
                for side in (self.own, self.other)
            )
            sum_of_parts += compare(part, self.block_size, own, other)
            done += part.length
        return sum_of_parts


def _by_offset(offset: int, block_size: int, digests: bytes) -> Iterable[tuple[int, bytes]]:
    for number, start in enumerate(range(0, len(digests), DIGEST_BYTES)):
        yield offset + number * block_size, digests[start : start + DIGEST_BYTES]


def _no_fallback(device: BlockDevice, fallback: BlockDevice) -> str | None:
    """Return why *fallback* cannot stand in for *device*."""
    if fallback.number == device.number:
        return f"{fallback.path} is {device.path} itself"
    if fallback.name in related_devices(device.name):
        return f"{fallback.path} and {device.path} overlap: a fault in one is in both"
    return None


def _words(
    compared: Comparison, target: Target, fallback: BlockDevice, complete: bool
) -> Iterable[str]:
    if compared.first_difference is not None:
        yield (
            f"{fallback.path} differs from {target.medium.device.path} in {compared.differing} of"
            f" {compared.compared} blocks, first at"
            f" sector {compared.first_difference // SECTOR_BYTES}"
        )
    elif compared.compared:
        yield f"{fallback.path} is the same in all {compared.compared} blocks that both can read"
    else:
        yield f"no block of {target.words} can be read from both: nothing could be compared"
    if compared.servable:
        yield f"it has {format_size(total(compared.servable))} of what fails here"
    if compared.lost:
        yield f"{format_size(total(compared.lost))} can be read from neither"
    if not complete:
        yield "not all of it could be looked at"


def _size_words(device: BlockDevice, fallback: BlockDevice) -> Iterable[str]:
    if fallback.size < device.size:
        sizes = f"{format_size(fallback.size)} of {format_size(device.size)}"
        yield f"{fallback.path} is smaller: {sizes}"
