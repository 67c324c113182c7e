"""Kernel lines that begin with the name of a process: what that calls itself is not the kernel's.

Any user may call a program `XFS (sda): bad` and let it crash, or a network interface `VexFS`. The
wording is that of arch/*/mm and arch/*/kernel (`show_signal_msg`), kernel/signal.c, mm/oom_kill.c,
mm/page_alloc.c, fs/drop_caches.c, kernel/exit.c and net/core/dev.c in Linux 4.4 to 6.18.
"""

import re

PROCESS = r"(?:[^:=\[\n]|:(?! )){1,15}?"
"""Regular expression for the name of a process, without a tag before it, as of a log daemon: what
stands behind a tag may be any program's words."""
_HEAD = 40
"""Characters in which a line that begins so has at least one of `:`, `[`, `(`, or one of these."""
_USES, _CALLS = " uses obsolete ", " calls setitimer"
_BEGINS = re.compile(
    # TASK_COMM_LEN is 16, with its end.
    # The lookahead is quicker than to try what may follow at each place.
    r"(?:traps: )?(?P<name>.{1,15}?)(?=[\[:/]| [(iuc])(?:\[\d{1,10}\]:? | \(\d{1,10}\)(?:: | used )"
    r"| invoked oom-killer:(?: |$)|: (?:page allocation |vmalloc|sending ioctl |uses )"
    r"|(?:/\d{1,10})?: potentially unexpected |:\d{1,10} (?:conflicting|freeing|map pfn) "
    rf"|{_USES}|{_CALLS}"
    r"|: (?:renamed from |(?:entered|left) (?:promiscuous|allmulticast) mode))",
    re.DOTALL,
)


def process_of(text: str) -> str | None:
    """Return the name of the process that *text*, of the kernel, begins with; None if with none.

    That of a network interface, too.
    """
    head = text[:_HEAD]
    # Most lines of a storm of errors have none of these, and the pattern takes twice as long.
    if not (":" in head or "[" in head or "(" in head or _USES in head or _CALLS in head):
        return None
    match = _BEGINS.match(text)
    return None if match is None else match["name"]
