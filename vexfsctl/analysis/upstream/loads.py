"""Which load of its module a line of an earlier VexFS build is of: each numbers calls from 1."""

from vexfsctl.model.intervals import Intervals
from vexfsctl.model.record import Counted
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind


class ModuleLoads:
    """Counts the loads of the module while the lines of one log and boot go by."""

    def __init__(self) -> None:
        self.latest = 0
        """0 is one that was loaded before the log begins, 1 the first whose load it shows."""
        self._seen: dict[str | None, Intervals] = {}
        """Numbers seen in this load, by call site."""

    def take(self, event: UpstreamEvent, counted: Counted | None = None) -> int:
        """Return the load that *event*, the next one, is of; *counted* is that of its record."""
        if counted is not None:
            for start, end in counted.numbers:
                self._seen.setdefault(event.call, Intervals()).add_all(start, end)
            return self.latest
        number = event.number
        seen = None if number is None else self._seen.setdefault(event.call, Intervals())
        # Numbers never repeat within a load: the line that reported a new one was lost.
        again = event.kind is UpstreamKind.CALL_STARTED and seen is not None and number in seen
        if again or event.kind is UpstreamKind.MODULE_LOADED:
            self.latest += 1
            self._seen.clear()
            seen = None if number is None else self._seen.setdefault(event.call, Intervals())
        if seen is not None and number is not None:
            seen.add(number)
        return self.latest
