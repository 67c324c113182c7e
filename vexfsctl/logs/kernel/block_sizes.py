"""How large the logical blocks of devices are, as far as a log says, and the sectors from that.

A command names its first block by LBA, in blocks of 512 or 4096 bytes, of a CD 2048. The disk
driver prints the size when it finds a disk (`sd_print_capacity`, drivers/scsi/sd.c, Linux 2.6 to
6.12), and the block layer says of a command that failed, soon after the driver did, in which sector
that was.

Whoever looks at a part of a log finds the same sectors with all lines of the former kind
(`SIZE_TOLD`), and those of the kernel from `REMEMBERED_US` before that part to `SETTLING_US` after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from vexfsctl.logs.kernel.form import SECTOR_BYTES
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

SIZE_TOLD = "-byte logical blocks"
"""What a line has in it that says how large blocks are."""
REMEMBERED_US = 10_000_000
"""How long a size is known that two lines gave away: the rate limit of the kernel leaves out such
lines for five seconds at a time."""
SETTLING_US = 1_000_000
"""How long after a command the line may come that gives its size away."""

_Place = tuple[str, str | None, str]
"""Log, boot, and device: a name may be another disk's after a boot."""
_SIZES = (512, 4096)
_SIZES_OF_CD = (2048,)
"""Of what the driver sr serves, which is called `sr0` (get_sectorsize, drivers/scsi/sr.c)."""
_LONGEST = 1 << 20
"""Bytes of a request, the first of which its command names and one of which the block layer."""
_MOST_HELD = 1_000
_ANY = "*"
"""In place of a name that the block layer does not know; it calls nothing so."""


def with_sectors(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """Yield *entries*, oldest first, with the sectors of those that have an LBA, where known."""
    sizes = _BlockSizes()
    held: list[LogEntry] = []
    """One with an LBA whose size is not known yet, and what came after it."""
    waiting: dict[str, list[int]] = {}
    """Where in *held* such are, by what the block layer calls their device."""
    for each in entries:
        entry, meaning = each, each.meaning
        if held and (len(held) == _MOST_HELD or _is_late(held[0], entry)):
            yield from held
            held.clear()
            waiting.clear()
        if isinstance(meaning, KernelEvidence) and meaning.tells_of_blocks:
            meaning = sizes.with_sector(meaning, entry.record)
            entry = replace(entry, meaning=meaning)
            if _awaits_sector(meaning):
                waiting.setdefault(_name_in_blocks(meaning), []).append(len(held))
                held.append(entry)
                continue
        if not held:
            yield entry
            continue
        held.append(entry)
        if isinstance(meaning, KernelEvidence) and meaning.kind == "block":
            for name in (meaning.device or "", _ANY):
                for place in waiting.pop(name, ()):
                    held[place] = sizes.settled(held[place], meaning)
            if not waiting:
                yield from held
                held.clear()
    yield from held


@dataclass(slots=True)
class _BlockSizes:
    """Watches the kernel's lines of a log go by, oldest first."""

    _told: dict[_Place, int] = field(default_factory=dict, init=False)
    _given_away: dict[_Place, tuple[int, LogRecord]] = field(default_factory=dict, init=False)

    def with_sector(self, evidence: KernelEvidence, record: LogRecord) -> KernelEvidence:
        """Note what *evidence*, of *record*, says; return it with its sector if that is known now.

        A log that begins after the discovery of a disk leaves its LBAs as they are.
        """
        if evidence.device is None:
            return evidence
        place = record.source, record.boot_id, evidence.device
        if evidence.block_bytes is not None:
            self._told[place] = evidence.block_bytes
        if evidence.lba is None or evidence.sector is not None:
            return evidence
        size = self._size_at(place, record)
        # The first block begins in the first sector, whatever its size.
        if size is None and evidence.lba:
            return evidence
        return replace(evidence, sector=evidence.lba * (size or 0) // SECTOR_BYTES)

    def settled(self, entry: LogEntry, block: KernelEvidence) -> LogEntry:
        """Return *entry*, which has an LBA, with its sector if *block* gives its size away."""
        told = entry.evidence
        if told is None or told.lba is None or told.device is None:
            return entry
        sizes = _SIZES_OF_CD if told.device.startswith("sr") else _SIZES
        size, record = _size_by(told.lba, block.sector, sizes), entry.record
        if size is not None:
            self._given_away[record.source, record.boot_id, told.device] = size, record
        return replace(entry, meaning=self.with_sector(told, record))

    def _size_at(self, place: _Place, record: LogRecord) -> int | None:
        if (told := self._told.get(place)) is not None:
            return told
        size, since = self._given_away.get(place, (None, record))
        return size if since.is_near(record, REMEMBERED_US) else None


def _is_late(waiting: LogEntry, entry: LogEntry) -> bool:
    """Whether no line from *entry* on gives away the size of blocks in *waiting*."""
    return not waiting.record.is_near(entry.record, SETTLING_US)


def _name_in_blocks(evidence: KernelEvidence) -> str:
    """Return what the block layer calls the device of *evidence*."""
    # It does not know the names of libata: where its sector fits, it means that disk.
    return _ANY if evidence.kind == "ata" or evidence.device is None else evidence.device


def _awaits_sector(evidence: KernelEvidence) -> bool:
    """Whether a line soon after may say where *evidence* was."""
    return evidence.lba is not None and evidence.sector is None and evidence.device is not None


def _size_by(lba: int, sector: int | None, sizes: tuple[int, ...]) -> int | None:
    """Return which of *sizes* has *sector* in a request from *lba* on, if but one has."""
    if sector is None:
        return None
    place = sector * SECTOR_BYTES
    fitting = [size for size in sizes if 0 <= place - lba * size < _LONGEST]
    return fitting[0] if len(fitting) == 1 else None
