"""What the command line takes from the process it runs in, in one value that tests can replace."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TextIO

from vexfsctl.config.reading import STANDARD_FILE

if TYPE_CHECKING:
    from vexfsctl.host.host import Host

_STARTED_WITH = Path("/proc/self/environ")


class Surroundings(NamedTuple):
    """Environment, streams, and the host."""

    environ: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    host: "Callable[[], Host]"
    """Returns it when it is asked for, which help and completions of words do not."""
    config_file: Path = STANDARD_FILE
    """The configuration that is read where no other is named; need not exist."""

    @classmethod
    def of_this_process(cls) -> "Surroundings":
        """Take them from the running process."""
        stdin = _lenient(sys.stdin, os.O_RDONLY)
        return cls(
            environ=os.environ,
            stdin=stdin,
            stdout=_lenient(sys.stdout, os.O_WRONLY),
            stderr=_lenient(sys.stderr, os.O_WRONLY),
            host=partial(_this_host, getattr(stdin, "buffer", None)),
        )


@cache
def _this_host(stdin: BinaryIO | None) -> "Host":
    from vexfsctl.host.host import Host

    return replace(Host.of_this_machine(), stdin=stdin)


def _lenient(stream: TextIO | None, mode: int) -> TextIO:
    """Return a stream that exists and takes any text.

    Python sets a stream that was closed by the parent (`>&-`) to None, and the next file opened
    would get its descriptor: /dev/null takes the place. A locale without `→` shows `\\u2192`.
    """
    if stream is None:
        return os.fdopen(os.open(os.devnull, mode), "r" if mode == os.O_RDONLY else "w")
    if isinstance(stream, TextIOWrapper):
        if mode == os.O_RDONLY:
            stream.reconfigure(errors="surrogateescape")
        else:
            encoding = "ascii" if _speaks_ascii() else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    return stream


@cache
def _speaks_ascii() -> bool:
    """Whether the C locale was asked for.

    Python takes it for one of UTF-8 and sets LC_CTYPE so (PEP 538, PEP 540): what it was started
    with is known to the kernel only. Where no locale is named at all, Python is right mostly.
    """
    try:
        entries = _STARTED_WITH.read_bytes().split(b"\0")
    except OSError:
        return False
    given = dict(entry.partition(b"=")[::2] for entry in entries)
    named = (given.get(name) for name in (b"LC_ALL", b"LC_CTYPE", b"LANG"))
    return next(filter(None, named), b"") in (b"C", b"POSIX") and b"PYTHONIOENCODING" not in given
