"""LBAs as sectors, where the log says how large a block is."""

import pytest

from tests.analysis.records import read_log
from vexfsctl.model.entry import LogEntry

CDB = "sd 3:0:0:0: [sdb] tag#12 CDB: Read(10) 28 00 00 00 10 00 00 00 08 00"


def found(device: str, size: int) -> str:
    """Return the line with which the kernel finds a disk."""
    return f"sd 3:0:0:0: [{device}] 976773168 {size}-byte logical blocks: (500 GB/466 GiB)"


def sector_of(entry: LogEntry) -> tuple[int | None, int | None]:
    """Return what a line says of the place of its request: sector and LBA."""
    assert entry.evidence is not None
    return entry.evidence.sector, entry.evidence.lba


@pytest.mark.parametrize(("size", "sector"), [(512, 4096), (4096, 32768)])
def test_an_lba_is_a_sector_once_the_size_of_a_block_is_known(size: int, sector: int) -> None:
    """In units of 512 bytes, whatever the device counts in."""
    *_, entry = read_log((1.0, found("sdb", size)), (2.0, CDB), facility=0)

    assert sector_of(entry) == (sector, 4096)


def test_without_that_it_is_none() -> None:
    """Neither before it is told, nor by the line of another disk."""
    first, _, last = read_log((1.0, CDB), (2.0, found("sdc", 512)), (3.0, CDB), facility=0)

    assert sector_of(first) == sector_of(last) == (None, 4096)


@pytest.mark.parametrize(
    ("told", "sector"),
    [(4096, 4096), (4104, 4096), (32768, 32768), (32776, 32768), (40_000_000, None), (8, None)],
)
def test_the_block_layer_gives_the_size_away(told: int, sector: int | None) -> None:
    """Its line comes right after the command's and names a sector within it."""
    failed = f"critical medium error, dev sdb, sector {told} op 0x0:(READ) flags 0x0 phys_seg 1"
    first, _, later = read_log((1.0, CDB), (1.0, failed), (2.0, CDB), facility=0)

    assert sector_of(first) == sector_of(later) == (sector, 4096)


@pytest.mark.parametrize("later_s", [9.0, -9.0])
def test_what_is_not_near_gives_no_size_away(later_s: float) -> None:
    """A clock that falls back by so much began anew."""
    failed = "critical medium error, dev sdb, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1"
    first, _ = read_log((100.0, CDB), (100.0 + later_s, failed), facility=0)

    assert sector_of(first) == (None, 4096)


def test_where_both_sizes_fit_none_is_told() -> None:
    """Near the beginning of a disk; at its very beginning it does not matter."""
    command = CDB.replace("10 00 00 00", "00 08 00 00")
    failed = "I/O error, dev sdb, sector 64 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"
    first, _ = read_log((1.0, command), (1.0, failed), facility=0)
    (zero,) = read_log((1.0, CDB.replace("10 00 00 00", "00 00 00 00")), facility=0)

    assert sector_of(first) == (None, 8)
    assert sector_of(zero) == (0, 0)


def test_a_cd_has_blocks_of_its_own() -> None:
    """Of 2048 bytes, whatever else would fit."""
    command = "sr 0:0:0:0: [sr0] tag#105 CDB: Read(10) 28 00 00 00 00 42 00 00 3e 00"
    failed = "I/O error, dev sr0, sector 264 op 0x0:(READ) flags 0x0 phys_seg 31 prio class 0"
    first, _ = read_log((1.0, command), (1.0, failed), facility=0)

    assert sector_of(first) == (264, 66)


def test_other_lines_between_do_not_matter() -> None:
    """Those that the rate limit counts, or of another disk, whose command awaits its own line."""
    other = CDB.replace("3:0:0:0: [sdb]", "4:0:0:0: [sdc]").replace("10 00", "20 00", 1)
    entries = read_log(
        (1.0, CDB),
        (1.0, other),
        (1.0, "blk_print_req_error: 11 callbacks suppressed"),
        (1.0, "I/O error, dev sdb, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"),
        (1.1, "Buffer I/O error on dev sdb1, logical block 0, async page read"),
        (1.2, "I/O error, dev sdc, sector 8192 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"),
        facility=0,
    )

    assert [each.evidence.sector for each in entries if each.evidence] == [
        *(4096, 8192, None, 4096, None, 8192)
    ]


def test_the_block_layer_gives_the_size_away_of_a_disk_of_libata() -> None:
    """Its name is another one, but the sector is that of the command."""
    command = "ata3.00: cmd 60/08:00:{}/00:00:14:00:00/40 tag 0 ncq dma 4096 in"
    first, second, *_ = read_log(
        (1.0, command.format("90:e3:57")),
        (1.0, command.format("00:00:01")),
        (1.0, "ata3.00: error: { UNC }"),
        (1.0, "end_request: I/O error, dev sda, sector 341304210"),
        facility=0,
    )

    assert sector_of(first) == (341304208, 341304208)
    assert sector_of(second) == (335609856, 335609856)
