"""Lines of the old IDE driver, whose disks are called `hda` (drivers/ide, Linux 2.4 to 5.13).

A channel is called `ide0`. Bits of the error register are named by `ide_dump_ata_error` in
ide-lib.c; their errnos are those that libata makes of them.
"""

import errno
import re

from vexfsctl.logs.kernel.form import REPAIR, EvidenceForm
from vexfsctl.logs.kernel.literals import SMALL_LETTERS
from vexfsctl.logs.kernel.told import reader
from vexfsctl.model.events import KernelEvidence

_DISKS = SMALL_LETTERS[:20]
_DISK_BEGINS = tuple(f"hd{letter}:{what}" for letter in _DISKS for what in (" ", "hd"))
# The scan for partitions may have begun a line that it ends later.
_DISK = rf"(?:hd\w:(?=hd))?(?P<device>hd[{_DISKS[0]}-{_DISKS[-1]}]): "
_CHANNEL_BEGINS = tuple(f"ide{number}: " for number in range(10))
_CHANNEL = r"(?P<device>ide[0-9]): "

BIT_ERRNOS = {
    "UncorrectableError": errno.ENODATA,
    "AddrMarkNotFound": errno.ENODATA,
    "SectorIdNotFound": errno.EREMOTEIO,
}
"""By names of bits of the error register; all others are EIO."""


def _read_error_bits(match: re.Match[str]) -> KernelEvidence:
    bits = match["bits"].split()
    sector = match["sector"] or match["lba"]
    return KernelEvidence(
        kind="ata",
        device=match["device"],
        sector=None if sector is None else int(sector),
        errno=next((BIT_ERRNOS[bit] for bit in bits if bit in BIT_ERRNOS), errno.EIO),
    )


IDE_FORMS = (
    EvidenceForm(
        "hda: dma_intr: error=0x40 { UncorrectableError }, LBAsect=4099, high=0, low=4099,"
        " sector=4096",
        "error=0x",
        (
            rf"{_DISK}[\w ]{{1,40}}: error=0x[0-9a-f]{{1,2}} ?\{{(?P<bits>[\w= ]{{0,120}})\}}"
            r"(?:, LBAsect=(?P<lba>\d{1,20}))?(?:, .{0,60}?sector=(?P<sector>\d{1,20}))?"
        ),
        _read_error_bits,
        begins=_DISK_BEGINS,
    ),
    EvidenceForm(
        "hda: DMA timeout error",
        "",
        (
            rf"{_DISK}(?i:DMA timeout|timeout waiting for DMA|dma_timer_expiry: dma status"
            r"|ATAPI reset timed-out|irq timeout|timeout in )"
        ),
        reader("ata", errno=errno.ETIMEDOUT),
        begins=_DISK_BEGINS,
    ),
    EvidenceForm(
        "hda: dma_intr: status=0x51 { DriveReady SeekComplete Error }",
        "",
        (
            rf"{_DISK}(?:[\w ]{{1,40}}: status=0x[0-9a-f]{{1,2}} |lost interrupt"
            r"|(?:possibly )?failed opcode|drive not ready|DMA interrupt recovery|no response"
            r"|bad DMA status|head unload failed|I/O error|(?:\w{2,8} )?DMA disabled)"
        ),
        reader("ata"),
        begins=_DISK_BEGINS,
    ),
    EvidenceForm(
        # Of ide-disk and ide-taskfile.
        "hdc: no DRQ after issuing MULTWRITE",
        "no DRQ after issuing ",
        rf"{_DISK}no DRQ after issuing (?:MULT)?(?P<direction>WRITE)",
        reader("ata"),
        begins=_DISK_BEGINS,
    ),
    EvidenceForm(
        "hdc: ATAPI reset complete",
        "ATAPI reset complete",
        rf"{_DISK}ATAPI reset complete",
        reader("ata", significance=REPAIR),
        begins=_DISK_BEGINS,
    ),
    EvidenceForm(
        "ide0: reset: success",
        "reset: success",
        rf"{_CHANNEL}reset: success",
        reader("ata", significance=REPAIR),
        begins=_CHANNEL_BEGINS,
    ),
    EvidenceForm(
        "ide0: reset timed-out, status=0x90",
        "reset",
        rf"{_CHANNEL}reset(?: timed-out|: master: )",
        reader("ata"),
        begins=_CHANNEL_BEGINS,
    ),
)
"""In the order tried."""
