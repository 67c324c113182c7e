"""Which device is behind an entry of a log, as far as the log itself or a live tree says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from vexfsctl.model.device_names import is_block_name
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent, UpstreamKind

_NEAR_US = 1_000_000
"""How long after a kernel line about a device an error may be blamed on it: the kernel prints when
the request ends, VexFS when it learns of that, perhaps after a retry and its delay."""
_ROUGH_US = 1_000_000
"""More of it without uptimes: most such times are cut to seconds."""
_BESIDE = 16
"""How many records after a kernel line may be blamed on it where they have no times."""

_Log = tuple[str, str | None]
_ENDS = (UpstreamKind.UNMOUNTED, UpstreamKind.MODULE_LOADED, UpstreamKind.MODULE_UNLOADED)


@dataclass(slots=True)
class BackingFinder:
    """Watches a log go by, oldest first."""

    of_volumes: Mapping[str, str]
    """Name of each live volume and of the device it lies on."""
    _mounted: dict[_Log, set[str]] = field(default_factory=dict, init=False)
    _latest: dict[bool, "_Trouble"] = field(default_factory=dict, init=False)
    """The latest line about a disk (True), and that about what may only lie on one."""
    _records: int = field(default=0, init=False)
    """How many VexFS wrote."""

    def find(self, entry: LogEntry) -> str | None:
        """Note *entry* and return the kernel name of its device; None if unknown.

        A volume's comes from its `state` record, otherwise from its tree; another build's from its
        mount line while one device is mounted. The kernel module's volumes are called as their
        devices are. Otherwise it is the device of a kernel line of trouble just before, rather of a
        disk than of what may lie on it.
        """
        if (evidence := entry.evidence) is not None:
            device = evidence.member or evidence.device
            if device is not None and evidence.is_trouble and entry.verified:
                of_disk = _tells_cause(evidence.kind, evidence.device, evidence.member)
                self._latest[of_disk] = device, entry.record, self._records
            return evidence.device or device
        self._records += 1
        if (event := entry.event) is not None:
            told = entry.device or self.of_volumes.get(event.volume)
            is_name = entry.epoch is None and is_block_name(event.volume)
            return told or (event.volume if is_name else None) or self._beside(entry.record)
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
        near = (each for of_disk in (True, False) if (each := self._latest.get(of_disk)))
        return next((each[0] for each in near if self._is_near(each, record)), None)

    def _is_near(self, trouble: "_Trouble", record: LogRecord) -> bool:
        _, seen, after = trouble
        if seen.boot_id != record.boot_id:
            return False
        if not (seen.has_time or record.has_time):
            return seen.source == record.source and self._records - after <= _BESIDE
        rough_us = 0 if record.uptime_us is not None else _ROUGH_US
        return seen.is_near(record, _NEAR_US + rough_us)


_Trouble = tuple[str, LogRecord, int]
"""A device, the line about it, and how many records of VexFS came before."""


@lru_cache(maxsize=64)
def _tells_cause(kind: str, device: str | None, member: str | None) -> bool:
    """Whether lines of trouble of that kind do, about these devices: there may be very many."""
    return KernelEvidence(kind=kind, device=device, member=member).tells_cause
