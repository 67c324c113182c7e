"""Why a message of the kernel is no evidence, by its words."""

import re

REASONS = {
    "part of a dump": r"^\s|^\W*name\W*$|^[^a-zA-Z]*$|^\W*(?:name|5|1f)\W*=|:\s*$",
    "no memory": r"(?i)\b(?:memory|alloc\w*|enomem|kmem\w*|mempool|bioset|out of pages)",
    "start-up": (
        r"(?i)\b(?:regist\w+|init\w*|load\w*|creat\w+|prob\w+|sysfs|debugfs|kobject|module"
        r"|work ?queues?|kthreads?|threads?|irqs?|interrupts?|msi\w*|firmware|version|attach\w*"
        r"|enabl\w+|config\w*|setup|set up|caps?|features?|clocks?|regulators?|gpio|dma|bar|map"
        r"|start\w*|proc|procfs|slab|cache|crypto|driver|cpu ?hotplug)\b"
    ),
    "a request that cannot be": (
        r"(?i)\b(?:options?|param\w*|unsupported|not supported|support\w*|invalid|unknown|ioctl"
        r"|unrecogni[sz]ed|must|cannot|can't|not allowed|mounts?|mounted|already|too (?:many|big"
        r"|small|large|long|short)|out of range|missing|no such|bad|illegal|wrong"
        r"|not (?:found|a|an)"
        r"|no name|incompatible|exceeds?|specif\w+|denied|refus\w+|permission|size|quota\w*)\b"
    ),
    "an assertion": r"(?i)\b(?:bug|assert\w*|should|unexpected|impossible|leak\w*)\b",
}
"""Each reason with the words that tell it, in the order tried."""
OTHER = "other"


def reason_of(text: str) -> str:
    """Return why a message like *text* is left out."""
    found = (reason for reason, words in REASONS.items() if re.search(words, text))
    return next(found, OTHER)
