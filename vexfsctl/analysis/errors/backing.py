"""Which device is behind an entry of a log, as far as the log itself or a live tree says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vexfsctl.model.entry import LogEntry
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_NEAR_US = 1_000_000
"""How long after a kernel line about a device an error may be blamed on it: the kernel prints when
the request ends, VexFS when it learns of that, perhaps after a retry and its delay."""

_Log = tuple[str, str | None]
_ENDS = (UpstreamKind.UNMOUNTED, UpstreamKind.MODULE_LOADED, UpstreamKind.MODULE_UNLOADED)


@dataclass(slots=True)
class BackingFinder:
    """Watches a log go by, oldest first."""

    of_volumes: Mapping[str, str]
    """Name of each live volume and of the device it lies on."""
    _mounted: dict[_Log, set[str]] = field(default_factory=dict, init=False)
    _latest: tuple[str, LogRecord] | None = field(default=None, init=False)

    def find(self, entry: LogEntry) -> str | None:
        """Note *entry* and return the kernel name of its device; None if unknown.

        A volume's comes from its `state` record, otherwise from its tree; another build's from its
        mount line while one device is mounted; otherwise it is the device of a kernel line of
        trouble just before.
        """
        evidence = entry.evidence
        if evidence is not None:
            device = evidence.device or evidence.member
            if device is not None and evidence.is_trouble:
                self._latest = (device, entry.record)
            return device
        if entry.event is not None:
            told = entry.device or self.of_volumes.get(entry.event.volume)
            return told or self._beside(entry.record)
        if entry.upstream is not None:
            return self._of_mount(entry.upstream, entry.record) or self._beside(entry.record)
        return None

    def _of_mount(self, event: UpstreamEvent, record: LogRecord) -> str | None:
        mounted = self._mounted.setdefault((record.source, record.boot_id), set())
        if event.kind in _ENDS:
            mounted.clear()
        elif event.device is not None:
            mounted.add(event.device)
        if event.device is not None:
            return event.device
        return next(iter(mounted)) if len(mounted) == 1 else None

    def _beside(self, record: LogRecord) -> str | None:
        if self._latest is None or record.uptime_us is None:
            return None
        device, seen = self._latest
        near = (
            seen.boot_id == record.boot_id
            and seen.uptime_us is not None
            and 0 <= record.uptime_us - seen.uptime_us <= _NEAR_US
        )
        return device if near else None
