"""How large the logical blocks of devices are, as far as a log says, and the sectors from that.

A command names its first block by LBA, in blocks of 512 or 4096 bytes. The disk driver prints the
size when it finds a disk (`sd_print_capacity`, drivers/scsi/sd.c, Linux 2.6 to 6.12).
"""

from dataclasses import dataclass, field, replace

from vexfsctl.logs.kernel.form import SECTOR_BYTES
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

_Place = tuple[str, str | None, str]
"""Log, boot, and device: a name may be another disk's after a boot."""


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
        elif evidence.lba is not None and place in self._bytes:
            return replace(evidence, sector=evidence.lba * self._bytes[place] // SECTOR_BYTES)
        return evidence
