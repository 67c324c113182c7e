"""What the kernel's own lines tell, in short."""

from vexfsctl.logs.kernel.evidence import parse_evidence
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

NAMES = ("kind", "device", "member", "sector", "direction", "errno", "task", "significance")


def evidence_of(text: str, level: int | None = 3) -> KernelEvidence | None:
    """Return what a line that the kernel wrote says; *level* None: its source does not say."""
    return parse_evidence(LogRecord(text, "kmsg", 0, level=level, facility=0))


def told(text: str, level: int | None = 3) -> str:
    """Return what such a line says but for that it is trouble; "nothing" if it is no evidence."""
    evidence = evidence_of(text, level)
    if evidence is None:
        return "nothing"
    values = {name: getattr(evidence, name) for name in NAMES}
    return " ".join(str(value) for value in values.values() if value not in (None, "trouble"))
