"""Lines of raw flash: UBI, UBIFS, JFFS2, and the drivers of flash chips.

Wording of drivers/mtd, fs/ubifs and fs/jffs2 in Linux 3.10 to 6.18. A line of a driver names the
chip by its bus and driver, as others do: `spi-nand spi0.0: `.
"""

from vexfsctl.logs.kernel.form import REPAIR, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader

_DRIVERS = (
    *("spi-nand", "spi-nor", "m25p80", "mt29f", "brcmnand", "gpmi-nand", "sunxi_nand", "mtk-nand"),
    *("mtk-ecc", "qcom-nandc", "marvell-nfc", "meson-nand", "rockchip-nfc", "omap2-nand"),
)
_CHIP = (
    rf"(?:{'|'.join(_DRIVERS)}) "
    r"(?P<device>spi\d{1,3}\.\d{1,3}|[0-9a-f]{4,16}\.[\w-]{2,24}): "
)
_TROUBLE = (
    r"(?i:ecc (?:error|fail)\w*|uncorrect\w*|bit-?flips?|\btime-?d? ?out|\bfail\w*|\berrors?\b"
    r"|bad block|corrupt\w*)"
)

FLASH_FORMS = (
    EvidenceForm(
        "UBIFS error (ubi0:0 pid 1172): ubifs_read_node: bad node type (255 but expected 1)",
        "UBIFS",
        # Up to 4.0 with the process alone.
        r"UBIFS (?:error|warning) \((?:(?P<device>ubi\d{1,3}:\d{1,3})|pid )",
        free_reader("filesystem"),
        begins=("UBIFS ",),
    ),
    EvidenceForm(
        "jffs2: Newly-erased block contained word 0x19852003 at offset 0x00750000",
        "block contained word 0x",
        r"jffs2: Newly-erased block contained word 0x",
        free_reader("filesystem"),
        begins=("jffs2: ",),
    ),
    EvidenceForm(
        "jffs2: jffs2_scan_eraseblock(): Magic bitmask 0x1985 not found at 0x00b00000: 0x2705",
        "Magic bitmask 0x",
        r"jffs2: (?:\w{1,40}\(\): )?Magic bitmask 0x\w{1,8} not found at ",
        reader("filesystem"),
        begins=("jffs2: ",),
    ),
    EvidenceForm(
        "jffs2: notice: (132) check_node_data: wrong data CRC in data node at 0x0033c4d4",
        "jffs2: ",
        # The number in brackets is that of a process.
        r"jffs2: ",
        reader("filesystem"),
        trouble_only=True,
        begins=("jffs2: ",),
    ),
    EvidenceForm(
        # Up to 3.1x no device is named.
        "ubi0: fixable bit-flip detected at PEB 273",
        "fixable bit-flip detected",
        r"(?:(?P<device>ubi[0-9]\d{0,2})|UBI): fixable bit-flip detected",
        free_reader("filesystem", REPAIR),
        begins=(*(f"ubi{digit}" for digit in range(10)), "UBI: fixable bit-flip"),
    ),
    EvidenceForm(
        "UBI error: ubi_io_read: error -74 (ECC error) while reading 64 bytes from PEB 0:0",
        "UBI ",
        r"UBI (?:error|warning): ",
        free_reader("filesystem"),
        begins=("UBI error: ", "UBI warning: "),
    ),
    EvidenceForm(
        "ubi0 error: ubi_io_read: error -74 (ECC error) while reading 2048 bytes from PEB 17:0",
        "ubi",
        r"(?P<device>ubi[0-9]\d{0,2}) (?:error|warning)\b",
        free_reader("filesystem"),
        begins=tuple(f"ubi{digit}" for digit in range(10)),
    ),
    EvidenceForm(
        "spi-nand spi0.0: ecc error at 4096",
        ": ",
        rf"{_CHIP}.{{0,120}}?{_TROUBLE}",
        free_reader("filesystem"),
        begins=tuple(f"{driver} " for driver in _DRIVERS),
    ),
    EvidenceForm(
        "nand: timeout while waiting for chip to become ready",
        "nand",
        rf"(?:nand|(?:__)?nand_\w{{1,32}}): (?!.{{0,80}}not possible).{{0,120}}?{_TROUBLE}",
        free_reader("filesystem"),
        begins=("nand: ", "nand_", "__nand_"),
    ),
)
"""In the order tried."""
