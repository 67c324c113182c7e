"""Whether the kernel wrote a record that says something of a device, or somebody else."""

from vexfsctl.logs.own_records import is_of_program
from vexfsctl.model.record import KERNEL_FACILITY, LogRecord

REPORTERS = ("zed: ", "zed[")
"""Programs that tell what a module of the kernel reported."""


def may_be_of_kernel(record: LogRecord) -> bool:
    """Whether the kernel may have written *record*: nothing says that user space did."""
    if record.facility not in (None, KERNEL_FACILITY):
        return False
    return not record.fields or not is_of_program(record) or _may_lack_tag(record.text)


def _may_lack_tag(text: str) -> bool:
    """Whether *text*, without the kernel's tag, is evidence nevertheless.

    Some take the tag off before they hand a log over. Then it must be a line that only the kernel
    writes: a program's tag does not look like the beginning of one by chance.
    """
    # Deferred: rarely asked, and it has all forms.
    from vexfsctl.logs.kernel.strong import find_strong

    return text.startswith(REPORTERS) or find_strong(text) == 0
