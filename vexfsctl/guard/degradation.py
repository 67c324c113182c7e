"""The engine's judgement of how much service a volume can give.

Independent of the operator's `access_mode`. Corruption holds it at read-only whatever else is
judged: a volume that was damaged does not get better by itself.
"""

from vexfsctl.model.volume import DegradationLevel


class Degradation:
    """A judged level, and the hold that corruption puts on it. Not locked."""

    def __init__(self) -> None:
        self._judged = DegradationLevel.NORMAL
        self._held = False

    @property
    def level(self) -> DegradationLevel:
        """The level in force: the judged one, but at least read-only while held."""
        return max(self._judged, DegradationLevel.READ_ONLY) if self._held else self._judged

    def judge(self, level: DegradationLevel) -> None:
        """Set the level that is in force unless it is held."""
        self._judged = level

    def hold_read_only(self) -> None:
        """Corruption was found: read-only until `release`."""
        self._held = True

    def release(self) -> None:
        """An operator puts the volume back into service."""
        self._held = False
