"""Lines of the floppy driver (drivers/block/floppy.c, Linux 2.4 to 6.12).

It calls a drive `floppy0` that the block layer calls `fd0`.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.told import reader
from vexfsctl.model.events import KernelEvidence

_BEGINS = tuple(f"floppy{digit}: " for digit in range(8))


def _read(match: re.Match[str]) -> KernelEvidence:
    return replace(reader("block")(match), device=f"fd{match['drive']}")


FLOPPY_FORMS = (
    EvidenceForm(
        "floppy0: disk absent or changed during operation",
        "floppy",
        (
            r"floppy(?P<drive>[0-7]): .{0,80}?\b(?i:errors?|fail\w*|time\w{0,3}[ -]?out|times out"
            r"|absent|removed|not found|overrun|underrun|unexpected|unable|bad|write protected"
            r"|conflict)\b"
        ),
        _read,
        begins=_BEGINS,
    ),
)
"""In the order tried."""
