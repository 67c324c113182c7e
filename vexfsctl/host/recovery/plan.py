"""The plan of a recovery: its subject, the place, and the steps."""

from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import covering
from vexfsctl.host.host import Host
from vexfsctl.host.recovery.place import circumstances_at, device_of, look_at_device
from vexfsctl.host.recovery.request import Asked, Place
from vexfsctl.host.recovery.subject import FoundSubject, find_subject
from vexfsctl.recovery.plan.recovery_plan import Circumstances, Plan, make_plan


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it was made from."""

    plan: Plan
    found: FoundSubject
    here: Circumstances
    place: Place
    """The request as given."""

    @property
    def volume_device(self) -> Path | None:
        """Node of the device under the live volume; None if it is not known."""
        return device_of(self.found)


def plan_recovery(host: Host, asked: Asked, place: Place, *, to_read: bool) -> Planned:
    """Return the plan for what was *asked* at *place*; *to_read*: its devices must be readable.

    Raises what `find_subject` and `look_at_device` raise, and InvalidInput for an invalid place.
    """
    place.check()
    found = find_subject(host, asked)
    with covering(found.coverage):
        device = look_at_device(place.device, to_read=to_read)
        if device is not None:
            found = found.on_device(device.number)
        here = circumstances_at(place, device, found)
    return Planned(make_plan(found.subject, here), found, here, place)
