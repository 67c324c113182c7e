"""Lines of block devices that are files or memory of this host: loop, zram, pmem.

Wording of drivers/block/loop.c, drivers/block/zram and drivers/nvdimm, Linux 4.9 to 6.12.
"""

import errno

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader

MEMORY_FORMS = (
    EvidenceForm(
        "loop: Write error at byte offset 4096, length 4096.",
        "loop",
        # The offset is one of the backing file, and which loop device has that is not said.
        (
            r"loop: (?P<direction>Write) error at byte offset"
            r"|loop_set_status: (?P<device>loop\d{1,5})"
        ),
        reader("loop"),
        begins=("loop: Write error at byte offset", "loop_set_status: loop"),
    ),
    EvidenceForm(
        "zram: Decompression failed! err=-22, page=4096",
        "zram",
        r"zram: (?P<way>Dec|C)ompression failed! err=-?(?P<errno>\d{1,3})",
        lambda match: reader("zram", direction="read" if match["way"] == "Dec" else "write")(match),
        begins=("zram: ",),
    ),
    EvidenceForm(
        "zram: Error allocating memory for compressed page: 4096, size=4096",
        "zram",
        r"zram: Error allocating memory for compressed page",
        reader("zram", errno=errno.ENOMEM, direction="write"),
        begins=("zram: ",),
    ),
    EvidenceForm(
        "nd_pmem btt0.0: io error in WRITE sector 4096, len 4096,",
        "io error in ",
        (
            r"nd_(?:pmem|btt) (?P<device>[\w.]{1,32}): io error in (?P<direction>READ|WRITE)"
            r" sector (?P<sector>\d{1,20})"
        ),
        reader("pmem"),
        begins=("nd_pmem ", "nd_btt "),
    ),
    EvidenceForm(
        "nd_pmem namespace0.0: Found corrupted metadata!",
        "nd_",
        (
            r"nd_(?:pmem|btt) (?P<device>[\w.]{1,32}): .{0,160}?\b(?i:errors?|fail\w*|corrupt\w*"
            r"|bad ?blocks?|poison\w*|unable to (?:clear|deduce))\b"
        ),
        free_reader("pmem"),
        trouble_only=True,
        begins=("nd_pmem ", "nd_btt "),
    ),
)
"""In the order tried."""
