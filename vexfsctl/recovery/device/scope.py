"""Reduce scope: halve the failing ranges until the bad sectors are known exactly."""

from vexfsctl.devices.disks import SECTOR_BYTES
from vexfsctl.model.clock import Clock
from vexfsctl.recovery.device.bisection import BadBlocks, find_bad_blocks
from vexfsctl.recovery.device.target import Target, list_ranges, range_details
from vexfsctl.recovery.plan.ranges import total
from vexfsctl.recovery.plan.steps import Outcome, StepResult

TIME_LIMIT_S = 600.0
"""A disk may take seconds for each bad sector: what is known by then is reported."""


def reduce_scope(target: Target, clock: Clock) -> StepResult:
    """Halve the failing ranges until the bad sectors are known exactly."""
    ends_ns = clock.now_ns() + round(TIME_LIMIT_S * 1e9)
    found = find_bad_blocks(
        lambda place: target.medium.read(place).reading,
        target.ranges,
        target.block_size,
        exhausted=lambda: clock.now_ns() > ends_ns,
        progress=lambda done, whole: target.progress("halving what fails", done, whole),
    )
    outcome = Outcome.OK if found.complete else Outcome.FAILED
    return StepResult(
        Outcome.ABANDONED if found.unanswered else outcome,
        f"{_words(found, target)}, after {found.reads} read{'s' if found.reads != 1 else ''}",
        evidence=(
            *list_ranges("cannot be read", found.bad),
            *list_ranges("did not answer", found.unanswered),
            *list_ranges("not looked at", found.unexamined),
        ),
        details=target.details
        | {
            "reads": found.reads,
            "complete": found.complete,
            "bad_sectors": total(found.bad) // SECTOR_BYTES,
            "extents": [range_details(each) for each in found.bad],
            "unanswered": [range_details(each) for each in found.unanswered],
            "unexamined": [range_details(each) for each in found.unexamined],
        },
    )


def _words(found: BadBlocks, target: Target) -> str:
    count = total(found.bad) // SECTOR_BYTES
    if not found.complete:
        return f"{count} bad sectors known in {target.words}, but not all of it could be looked at"
    if not count:
        return f"every sector of {target.words} can be read"
    extents = f"{len(found.bad)} extent{'s' if len(found.bad) > 1 else ''}"
    return f"{count} bad sector{'s' if count > 1 else ''} in {extents} of {target.words}"
