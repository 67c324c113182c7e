"""Lines as the kernel writes them, and what they are expected to say."""

from vexfsctl.logs.kernel.evidence import parse_evidence
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence
from vexfsctl.model.record import LogRecord

REPAIR, ROUTINE = EvidenceSignificance.REPAIR, EvidenceSignificance.ROUTINE


def kernel_line(text: str, level: int | None = 3) -> LogRecord:
    """Return a record the kernel wrote."""
    return LogRecord(text, "kmsg", 0, level=level, facility=0)


def told(text: str, level: int | None = 3) -> KernelEvidence | None:
    """Return what a line of the kernel says."""
    return parse_evidence(kernel_line(text, level))
