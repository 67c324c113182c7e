"""A verdict and its reasons in words, as `status` and `check` use them."""

from collections.abc import Sequence

from vexfsctl.analysis.health.findings import Finding
from vexfsctl.analysis.health.summary import Summary


def sentence_of(finding: Finding) -> str:
    """Return *finding* with what it is about: `loop0/file: breaker open`."""
    return finding.message if finding.subject is None else f"{finding.subject}: {finding.message}"


def all_well(summary: Summary) -> str:
    """Return what is healthy, for a verdict without findings."""
    if not summary.volumes:
        return "VexFS reports nothing wrong in the log"
    names = [volume.name for volume in summary.volumes]
    if len(names) == 1:
        return f"{names[0]} is healthy"
    return f"all {len(names)} volumes are healthy"


def reasons_within(findings: Sequence[Finding], limit: int) -> str:
    """Return the worst of *findings*, and as many more as fit into *limit* characters."""
    first, *others = map(sentence_of, findings)
    text = first
    for told, sentence in enumerate(others):
        longer = f"{text}; {sentence}"
        if len(longer) > limit:
            return f"{text} (+{len(others) - told} more)"
        text = longer
    return text
