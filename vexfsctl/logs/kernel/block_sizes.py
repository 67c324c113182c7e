"""How large the logical blocks of devices are, as far as a log says, and the sectors from that.

A command names its first block by LBA, in blocks of 512 or 4096 bytes. The disk driver prints the
size when it finds a disk (`sd_print_capacity`, drivers/scsi/sd.c, Linux 2.6 to 6.12), and the block
layer says of a command that failed, right after the driver did, in which sector that was.
"""

from dataclasses import dataclass, field, replace

from vexfsctl.logs.kernel.form import SECTOR_BYTES
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

_Place = tuple[str, str | None, str]
"""Log, boot, and device: a name may be another disk's after a boot."""
_SIZES = (512, 4096)
_LONGEST = 1 << 20
"""Bytes of a request, the first of which its command names and one of which the block layer."""


@dataclass(slots=True)
class BlockSizes:
    """Watches the kernel's lines of a log go by, oldest first."""

    _bytes: dict[_Place, int] = field(default_factory=dict, init=False)

    def with_sector(self, evidence: KernelEvidence, record: LogRecord) -> KernelEvidence:
        """Note what *evidence*, of *record*, says; return it with its sector if that is known now.

        A log that begins after the discovery of a disk leaves its LBAs as they are.
        """
        if evidence.device is None:
            return evidence
        place = record.source, record.boot_id, evidence.device
        if evidence.block_bytes is not None:
            self._bytes[place] = evidence.block_bytes
        if evidence.lba is None or evidence.sector is not None:
            return evidence
        # The first block begins in the first sector, whatever its size.
        size = self._bytes.get(place, 0 if evidence.lba == 0 else None)
        if size is None:
            return evidence
        return replace(evidence, sector=evidence.lba * size // SECTOR_BYTES)

    def settled(self, entry: LogEntry, following: LogEntry) -> LogEntry:
        """Return *entry*, which has an LBA, with its sector if *following* gives its size away."""
        told, block = entry.evidence, following.evidence
        if told is None or told.lba is None or told.device is None:
            return entry
        if block is None or block.kind != "block" or block.device != told.device:
            return entry
        size = _size_by(told.lba, block.sector)
        if size is None:
            return entry
        record = entry.record
        self._bytes[record.source, record.boot_id, told.device] = size
        return replace(entry, meaning=self.with_sector(told, record))


def awaits_sector(evidence: KernelEvidence) -> bool:
    """Whether the next line may say where *evidence* was."""
    return evidence.lba is not None and evidence.sector is None and evidence.device is not None


def _size_by(lba: int, sector: int | None) -> int | None:
    """Return the size of a block with which *sector* is in a request from *lba* on, if but one."""
    if sector is None:
        return None
    place = sector * SECTOR_BYTES
    fitting = [size for size in _SIZES if 0 <= place - lba * size < _LONGEST]
    return fitting[0] if len(fitting) == 1 else None
