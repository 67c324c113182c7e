"""What the attribute tree says about a volume besides its counters: identity, place, state."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vexfsctl import __version__
from vexfsctl.model.events import Event, StateChanged
from vexfsctl.model.volume import ModuleState

DRIVER = "fuse"


@dataclass(slots=True)
class VolumeFacts:
    """Facts about one volume. All except the state stay the same for the life of the mount."""

    name: str
    epoch: int
    """Identity of this load."""
    mountpoint: str
    log: str
    """`kmsg` or the path of the file with its records."""
    device: str | None = None
    """`major:minor` of the backing block device."""
    device_name: str | None = None
    """What the kernel calls it."""
    uuid: str | None = None
    version: str = __version__
    driver: str = DRIVER
    state: ModuleState = ModuleState.UNINITIALIZED
    _subscribers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Call *callback* whenever the state changes."""
        self._subscribers.append(callback)

    def move_to(self, state: ModuleState, listener: Callable[[Event], None]) -> None:
        """Change the state and report it; the record names the epoch of all following records."""
        before, self.state = self.state, state
        listener(
            StateChanged(
                volume=self.name,
                epoch=self.epoch,
                before=before,
                after=state,
                driver=self.driver,
                version=self.version,
                device=self.device_name,
            )
        )
        for callback in self._subscribers:
            callback()
