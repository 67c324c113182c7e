"""Suspects: what may be to blame for an incident, and how certain that is.

Each line of the kernel about a suspect has signs, and each sign a weight; the line's points are
their sum. Lines of one kind say one thing, so only the best of each kind counts, however often it
stands in the log. Kinds count as witnesses who know nothing of each other: together they leave the
product of the doubts that each leaves. A suspect is less certain if something below it has lines of
its own, which explain it. Where nobody knows what the volume lies on, disks share the blame.

So the order of lines does not matter, a further line never makes its suspect less certain unless it
tells of a repair, and certainty is between 0 and 1. The weights are a judgement, not measured; what
is computed from them is all shown (`trace --verbose`).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import prod

from vexfsctl.model.device_graph import DeviceKind
from vexfsctl.model.entry import LogEntry


class Sign(StrEnum):
    """What speaks for or against a suspect."""

    TROUBLE = "trouble"
    BELOW = "below"
    """The volume lies on it."""
    ERRNO = "same_errno"
    STUCK = "stuck"
    """Something hangs, as the call did."""
    DIRECTION = "same_direction"
    SECTOR = "same_sector"
    """Another line names that sector, too."""
    JUST_BEFORE = "just_before"
    """Before VexFS's record of the error."""
    DURING = "during"
    """While the call ran."""
    BESIDE = "beside"
    """Beside VexFS's records, in a log without times."""
    KERNEL = "kernel"
    """Surely the kernel wrote it."""
    OTHER_ERRNO = "other_errno"
    OTHER_DIRECTION = "other_direction"
    BEFORE = "before"
    EARLIER = "earlier"
    """Minutes before, as far as trouble lasts that long."""
    AFTER = "after"
    APART = "apart"
    """The volume does not lie on it."""
    LOOSE = "loose"
    """It is in a line of no known form."""
    GENERAL = "general"
    """The line is understood by its words alone."""
    REPAIR = "repair"
    SILENT = "silent"
    """No line is about it, as it would be if its requests failed."""
    VOLUME = "volume"
    """Another volume that lies on it fails at once."""


WEIGHTS = {
    Sign.TROUBLE: 20,
    Sign.BELOW: 20,
    Sign.ERRNO: 15,
    Sign.STUCK: 15,
    Sign.DIRECTION: 10,
    Sign.SECTOR: 5,
    Sign.JUST_BEFORE: 15,
    Sign.DURING: 10,
    Sign.BESIDE: 5,
    Sign.KERNEL: 10,
    Sign.OTHER_ERRNO: -20,
    Sign.OTHER_DIRECTION: -30,
    Sign.BEFORE: -10,
    Sign.EARLIER: -15,
    Sign.AFTER: -20,
    Sign.APART: -40,
    Sign.LOOSE: -20,
    Sign.GENERAL: -10,
    Sign.REPAIR: -30,
    Sign.SILENT: -25,
    Sign.VOLUME: 75,
}
"""In hundredths. A line that tells of a repair has only that sign: it is against its suspect."""
MOST = 95
"""Points that a line has at most: none is a proof."""
MOST_CERTAIN = 0.99
"""What any number of lines comes to at most."""
EXPLAINED = 50
"""What the certainty of something below takes from a suspect, in hundredths of it."""


class SuspectKind(StrEnum):
    """What can be to blame, besides the kinds of devices."""

    FILESYSTEM = "filesystem"
    TASK = "task"
    OTHER = "other"
    """What the kernel calls by a name that is no block device's: a server, an address."""
    MACHINE = "machine"
    """Memory, processors, the kernel itself."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What lines of one kind say about a suspect."""

    kind: str
    """As in `KernelEvidence`; `volume` for another volume that fails at once."""
    points: int
    """In hundredths, those of the best line; negative if it is against the suspect."""
    signs: tuple[Sign, ...]
    """Those of that line."""
    lines: int
    """How many lines there are of that kind."""
    line: LogEntry | None = None
    """The best of them; None if it is no line of the kernel."""
    volume: str | None = None
    """The other volume."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Another suspect, by its own lines: it explains one, or may be meant instead."""

    suspect: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Suspect:
    """What may be to blame."""

    name: str
    """The kernel's name of a device; a task by name and process number."""
    kind: DeviceKind | SuspectKind
    testimony: tuple[Testimony, ...]
    """One for each kind of lines, the best first."""
    explained: Explanation | None = None
    """By what is below it."""
    rivals: tuple[Explanation, ...] = ()
    """Other disks that may be what the volume lies on."""

    @property
    def called(self) -> str:
        """What it is, in words: `disk sdb`, `filesystem on dm-1`."""
        match self.kind:
            case SuspectKind.FILESYSTEM:
                return f"filesystem on {self.name}"
            case SuspectKind.OTHER:
                return self.name
            case SuspectKind.MACHINE:
                return f"machine ({self.name.replace('_', ' ')})"
            case DeviceKind.MAPPED | DeviceKind.LOOP:
                return f"{self.kind} device {self.name}"
        return f"{self.kind} {self.name}"

    @property
    def is_of_its_time(self) -> bool:
        """Whether anything makes it suspect but trouble of minutes before."""
        against = (each.signs for each in self.testimony if each.points > 0)
        return self.certainty > 0 and any(Sign.EARLIER not in signs for signs in against)

    @property
    def doubts(self) -> list[float]:
        """What each kind of lines of trouble leaves of the doubt about it."""
        return [1 - each.points / 100 for each in self.testimony if each.points > 0]

    @property
    def repairs(self) -> list[float]:
        """What each kind of lines of repairs leaves of the certainty about it."""
        return [1 + each.points / 100 for each in self.testimony if each.points < 0]

    @property
    def alone(self) -> float:
        """How certain it is by its own lines."""
        return min(1 - prod(self.doubts), MOST_CERTAIN) * prod(self.repairs)

    @property
    def certainty(self) -> float:
        """How certain it is that it is to blame, from 0 to 1.

        What a task waits for is to blame rather than the task.
        """
        if self.explained is None:
            return self.alone * self.share
        certainty = self.alone * self.share * (1 - EXPLAINED / 100 * self.explained.certainty)
        return min(certainty, self.explained.certainty) if self.waits else certainty

    @property
    def waits(self) -> bool:
        """Whether it only waits for something."""
        return self.kind is SuspectKind.TASK

    @property
    def share(self) -> float:
        """Which part of the blame is its own, by what it and its rivals have of certainty."""
        others = sum(each.certainty for each in self.rivals)
        return self.alone / (self.alone + others) if others else 1.0
