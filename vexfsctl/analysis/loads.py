"""Which records are about a volume as it is now, and which about an earlier one of its name."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vexfsctl.model.volume import Presence, Volume

if TYPE_CHECKING:
    from vexfsctl.model.entry import LogEntry


class Loads:
    """The loads of the present volumes: name and epoch. False if no volume answers."""

    def __init__(self, volumes: Iterable[Volume], *, saved: bool = False) -> None:
        """*saved*: the log may be of another boot or host, so only an epoch proves a record."""
        self.saved = saved
        self._epochs = {
            volume.name: None if volume.status is None else volume.status.epoch
            for volume in volumes
            if volume.presence is not Presence.VANISHED
        }

    def __bool__(self) -> bool:
        """Whether any volume answers."""
        return any(epoch is not None for epoch in self._epochs.values())

    def hold(self, entry: "LogEntry") -> bool:
        """Whether *entry* is about one of them; an entry of unknown epoch counts as such."""
        if entry.event is None or entry.event.volume not in self._epochs:
            return False
        epoch = self._epochs[entry.event.volume]
        if None in (epoch, entry.epoch):
            return not self.saved
        return epoch == entry.epoch
