"""Words by which the kernel tells of trouble, whatever form a line has."""

import re
from functools import cache

_TROUBLE = (
    r"\b(?:errors?(?!=)|fail\w*|corrupt\w*|abort\w*|lost|unable|rectify|invalid|inconsisten\w*"
    r"|mismatch\w*|wrong|bad|damaged|timed? ?out|time-?outs?|not responding|panic|hung|stopped"
    r"|fsck|xfs_repair|cannot|can't|violat\w*|uncorrect\w*|unrecover\w*|dead|missing|offline\w*"
    r"|fault(?:ed|y)?|reject\w*|unexpected|withdraw\w*|fatal|unavailable|broken|couldn't|could not"
    r"|bogus|overlaps?|non-?existent|insufficient|unsupported|not enough|no memory|denied|stuck"
    r"|out of (?:range|bounds?|space)|overran|truncated|illegal|unreachable|wrongly|not in group"
    r"|incompatib\w*|incorrect\w*|shutting down|e2fsck|chkdsk|is dirty|does not match|ran out"
    r"|deadlock|unidentified|erroneous|expired"
    r"|too (?:big|small|large|short|long)"
    r")\b|read-?only|shut ?down"
)


def tells_of_trouble(text: str) -> bool:
    """Whether *text* has a word of trouble in it."""
    return _trouble().search(text) is not None


@cache
def _trouble() -> re.Pattern[str]:
    # On first use: few logs have lines that it takes a word to judge.
    return re.compile(_TROUBLE, re.IGNORECASE)
