"""The systemd journal, read through journalctl(1): this host's, a namespace, saved files.

`journal` is that of this host, `journal@NAMESPACE` that of a namespace, `journal:PATH` that of a
directory or file. Only this module starts journalctl. What it complains of, such as damaged files,
is why the journal was not read to its end.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.child import SourceChild
from vexfsctl.logs.files.names import JOURNAL, is_journal
from vexfsctl.system.access import access_hint

_FIELDS = (
    *("MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID"),
    *("_TRANSPORT", "_SOURCE_MONOTONIC_TIMESTAMP", "_KERNEL_DEVICE", "_KERNEL_SUBSYSTEM"),
)
"""What `formats.journal` reads; times and the boot id come in any case."""
_MATTERS = (
    *("_TRANSPORT=kernel", "+", "SYSLOG_IDENTIFIER=kernel", "+", "SYSLOG_IDENTIFIER=vexfsctl"),
    *("+", "SYSLOG_IDENTIFIER=vexfs", "+", "SYSLOG_IDENTIFIER=VexFS", "+", "_COMM=vexfsctl"),
)
"""The kernel, and services that run VexFS in user space."""
_FILES = (".journal", ".journal~")
_NOT_ALLOWED = ("insufficient permissions", "not seeing messages", "Permission denied")
_NOT_THERE = ("No journal files were found", "No such file or directory", "Not a directory")
_ELSEWHERE = "journald may keep none there: --log journal:DIR reads the journals of a directory"
_OTHER_LOG = "journal:DIR has *.journal files; other logs are named without journal:"
_ADVICE = "run it with sudo, or as a member of group systemd-journal or adm"


def journals_are_in(name: str) -> bool:
    """Whether a directory has journal files, or directories of machines that have some."""
    directory = Path(name)
    patterns = ("*.journal", "*.journal~", "*/system*.journal")
    return any(next(directory.glob(pattern), None) is not None for pattern in patterns)


def as_journal(name: str) -> str:
    """Return the journal that *name* is, or that a directory of that name has."""
    return name if is_journal(name) else f"{JOURNAL}:{name}"


def read_journal(name: str, silence_s: float, *, every_record: bool) -> Iterator[bytes]:
    """Yield the journal *name* in the form `export`; raise LogUnreadable with the reason.

    Without *every_record*, only what the kernel and VexFS wrote.
    """
    with closing(_start(name, silence_s, every_record=every_record)) as child:
        silent = True
        for chunk in child:
            silent = False
            yield chunk
        if complaint := child.complaint():
            raise failure_of(complaint, name)
        if silent:
            # journalctl says nothing of a directory without journals.
            hint = _ELSEWHERE if _path(name) is None else _OTHER_LOG
            raise LogUnreadable("it has no records of the kernel or VexFS", hint=hint)


def follow_journal(name: str, *, every_record: bool) -> SourceChild:
    """Return a child that prints the same and goes on with new records; raise LogUnreadable."""
    return _start(name, None, "--follow", "--no-tail", every_record=every_record)


def failure_of(complaint: str, name: str) -> LogUnreadable:
    """Return what journalctl complains of the journal *name* as the reason of an exception."""
    lines = [line.strip() for line in complaint.split("\n") if line.strip()]
    path = _path(name)
    if any(words in complaint for words in _NOT_ALLOWED):
        hint = _ADVICE if path is None else access_hint(Path(path), os.R_OK)
        return LogUnreadable("not all of the journal may be read", hint=hint)
    more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
    missing = any(words in complaint for words in _NOT_THERE)
    hint = (_ELSEWHERE if path is None else _OTHER_LOG) if missing else None
    return LogUnreadable(f"journalctl: {lines[0].rstrip('.')}{more}", hint=hint)


def _start(name: str, silence_s: float | None, *options: str, every_record: bool) -> SourceChild:
    matches = () if every_record else _MATTERS
    argv = [
        *("journalctl", "--no-pager", "--output=export", f"--output-fields={','.join(_FIELDS)}"),
        *(*options, *_place(name), *matches),
    ]
    otherwise = "on a host with systemd: journalctl -o export | vexfsctl … --log -"
    return SourceChild(argv, silence_s=silence_s, otherwise=otherwise)


def _path(name: str) -> str | None:
    """Return the directory or file of the journal *name*; None: it is one of this host."""
    place = name.removeprefix(JOURNAL)
    return place[1:] if place.startswith(":") else None


def _place(name: str) -> Sequence[str]:
    """Return the options of journalctl for the journal *name*; raise LogUnreadable."""
    path = _path(name)
    if path:
        # Not asked of the filesystem, which may not answer.
        return (f"--file={path}",) if path.endswith(_FILES) else (f"--directory={path}",)
    if path is not None:
        raise LogUnreadable("no directory is named", hint="--log journal:DIR")
    namespace = name.removeprefix(JOURNAL)
    if not namespace:
        return ()
    if namespace == "@":
        raise LogUnreadable("no namespace is named", hint="--log journal@NAMESPACE")
    return (f"--namespace={namespace[1:]}",)
