"""What is followed under the name of a source."""

import os
import stat
from typing import BinaryIO

from vexfsctl.exceptions import InvalidInput, LogUnreadable
from vexfsctl.logs.files.compression import is_compressed
from vexfsctl.logs.files.listing import ask
from vexfsctl.logs.files.names import PSTORE, STANDARD_INPUT, is_journal, is_pattern, naming
from vexfsctl.logs.formats.kmsg import SOURCE_NAME
from vexfsctl.logs.sources.following.descriptors import missing, mode_of, open_file
from vexfsctl.logs.sources.following.file import FollowedFile
from vexfsctl.logs.sources.following.journal import FollowedJournal
from vexfsctl.logs.sources.following.logs import FollowedLogs
from vexfsctl.logs.sources.following.source import LiveSource
from vexfsctl.logs.sources.following.stream import FollowedStream
from vexfsctl.logs.sources.journal import journals_are_in
from vexfsctl.logs.sources.kmsg import KmsgReader
from vexfsctl.logs.sources.live import LiveText
from vexfsctl.logs.sources.pstore import crash_logs_in
from vexfsctl.logs.sources.reader import LogHost

_MAGIC = 8
"""Bytes by which a compressed file is known."""


def open_live(name: str, host: LogHost, *, every_record: bool) -> LiveSource | FollowedLogs:
    """Begin to follow the source called *name*; *every_record* is as in `LiveText`.

    Raises LogUnreadable, and InvalidInput if it is of a kind that never grows.
    """
    if name in (SOURCE_NAME, str(host.kmsg)):
        return KmsgReader(host.kmsg, boot_id=host.boot_id, every_record=every_record)

    def text_of(source: str) -> LiveText:
        boot_id = host.boot_id if source in host.live_logs else None
        return LiveText(source, boot_id=boot_id, every_record=every_record)

    if is_journal(name):
        return FollowedJournal(name, text_of(name), every_record=every_record)
    if name == PSTORE:
        raise _never_grows(name, "it")
    if name == STANDARD_INPUT:
        return FollowedStream(name, _duplicate(host.stdin), text_of(name))
    mode = mode_of(name, host.silence_s)
    if mode is None and is_pattern(name):
        return FollowedLogs(name, host.silence_s, text_of)
    if mode is None or not stat.S_ISDIR(mode):
        return _open_path(name, host, text_of(name))
    with naming(name):
        if crash_logs_in(name, host.silence_s):
            raise _never_grows(name, "what pstore kept")
        if ask(lambda: journals_are_in(name), host.silence_s):
            return FollowedJournal(name, text_of(name), every_record=every_record)
    return FollowedLogs(name, host.silence_s, text_of)


def _open_path(name: str, host: LogHost, text: LiveText) -> LiveSource:
    descriptor = open_file(name, host.silence_s)
    if descriptor is None:
        raise missing(name)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return FollowedStream(name, descriptor, text)
    if is_compressed(os.pread(descriptor, _MAGIC, 0)):
        os.close(descriptor)
        raise _refusal(name, "it is compressed")
    return FollowedFile(name, descriptor, text, host.silence_s)


def _duplicate(stdin: BinaryIO | None) -> int:
    try:
        if stdin is not None:
            return os.dup(stdin.fileno())
    except OSError:
        pass
    raise LogUnreadable("cannot read standard input: it is closed")


def _never_grows(name: str, what: str) -> InvalidInput:
    return _refusal(name, f"{what} never grows")


def _refusal(name: str, reason: str) -> InvalidInput:
    return InvalidInput(f"cannot follow {name}: {reason}", hint="leave --follow out")
