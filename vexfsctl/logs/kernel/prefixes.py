"""What the kernel may put before a text that says something of a device: a closed list.

At most one of these is passed over: what stands behind two is not known to be the kernel's.
"""

import re
from functools import cache

from vexfsctl.logs.kernel.literals import DIGITS

_SAMPLES = {
    # A serial console, or a log daemon, put a stamp before a line that had one.
    "[   12.345678] ": r" {0,3}\[ *\d{1,12}\.\d{6}\] ",
    # A forum took the bracket of a stamp for the begin of a mark.
    "12.345678] ": r"\d{1,12}\.\d{6}\] ",
    # CONFIG_PRINTK_CALLER without printk.time (kernel/printk/printk.c).
    "[    T412] ": r"\[ *[TC]\d{1,10}\] ",
    # Kernels of phones and boards put who wrote a line there. A process may be called anything: its
    # name, of at most 15 characters, ends with the last bracket that it can end with.
    "(0)[412:kworker/0:1]": r"\(\d{1,3}\)\[\d{1,10}:[^\n]{0,15}\]",
    ".(0)[412:kworker/0:1]": r"\.\(\d{1,3}\)\[\d{1,10}:[^\n]{0,15}\]",
    "-(0)[412:kworker/0:1]": r"-\(\d{1,3}\)\[\d{1,10}:[^\n]{0,15}\]",
    "<3>.(0)[412:kworker/0:1]": r"<\d{1,3}>[ .-]?\(\d{1,3}\)\[\d{1,10}:[^\n]{0,15}\]",
    "[1:  kworker/1:1:  412] ": r" ?\[ *\d{1,3}: {0,15}[^\n]{1,15}: {0,10}\d{1,10}\] ",
    "[pid:412,cpu1,kworker/1:1,4]": r"\[pid:\d{1,10},cpu\d{1,3},[^\n]{0,15},\d{1,4}\] ?",
    "c3   412 (kworker/3:1) ": r"c\d{1,3} (?: {0,8}\d{1,10} (?:\([^\n]{1,15}\) )?)?",
    # The processor, of real-time kernels 4.19 to 5.x.
    "003: ": r"\d{3}: ",
    # kernel/watchdog.c up to Linux 4.18.
    "NMI watchdog: ": "NMI watchdog: ",
    # A build in which this name was set for all that was compiled after it.
    "trusted_key: ": "trusted_key: ",
    # Where somebody pointed to a line.
    "**": r"\*\*",
    # Colours of a terminal or a web page, behind what journalctl shows in none.
    '<font color="#C01C28"><b>': r"(?:<[a-z]{1,8}(?: [^<>\n]{0,60})?>){1,4}",
    "\x1b[0;1;31m": r"(?:\x1b\[[\d;]{0,16}m){1,3}",
    # A log daemon that takes the tag of another one for text.
    "kernel: ": "kernel: ",
    # Of syslog of RHEL 6: `kernel: : mpt2sas0: …`.
    ": ": ": ",
    # Where a line was pasted, or a driver's format begins with it.
    " ": " ",
    # /dev/console of systemd and dracut keeps the level.
    "<3>": r"<\d{1,3}> ?",
}
SAMPLES = tuple(_SAMPLES)
"""One of each."""
_FIRST = frozenset("".join(sample[0] for sample in SAMPLES) + DIGITS)
"""What each begins with."""
PREFIX = rf"(?:(?=[{re.escape(''.join(sorted(_FIRST)))}])(?:{'|'.join(_SAMPLES.values())}))"
"""Regular expression for one of them."""
WORDS = ("NMI watchdog", "trusted_key")
"""Those that a log daemon may take for a tag."""


def without_prefix(text: str) -> str:
    """Return *text* without what of the list stands before it."""
    if text[:1] not in _FIRST:
        return text
    match = _prefix().match(text)
    return text if match is None else text[match.end() :]


@cache
def _prefix() -> re.Pattern[str]:
    # On first use: few logs have any.
    return re.compile(PREFIX, re.ASCII)
