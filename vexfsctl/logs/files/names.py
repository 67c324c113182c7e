"""Names of log sources, as `--log` takes them: words, journals, paths."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.formats.kmsg import SOURCE_NAME

JOURNAL = "journal"
PSTORE = "pstore"
STANDARD_INPUT = "-"
WORDS = (SOURCE_NAME, JOURNAL, PSTORE)
"""Sources that are no path. A file that is called like one needs `./`."""
SOURCES = (
    "a source is kmsg, journal, journal:DIR, journal@NAMESPACE, pstore, - (standard input), or "
    "the path of a log or of a directory of logs"
)
"""What a source may be, as a hint."""

_IN_LIST = re.compile(
    rf"{JOURNAL}:(?!(?:{'|'.join((*WORDS, STANDARD_INPUT))})(?:[:@]|$))[^:]+|[^:]+"
)


def is_journal(name: str) -> bool:
    """Whether a source called *name* is a journal."""
    return name == JOURNAL or name.startswith((f"{JOURNAL}:", f"{JOURNAL}@"))


def is_pattern(name: str) -> bool:
    """Whether a source called *name* may be a pattern, where no file is called like that."""
    # Deferred: most names are those of files.
    from glob import has_magic

    return has_magic(name)


def split_names(names: str) -> list[str]:
    """Return the items of a list separated by colons; `journal:DIR` is one item.

    What follows `journal:` belongs to it, as in `--log`, unless it is a word: `journal:kmsg` is
    two items.
    """
    return _IN_LIST.findall(names)


def hint_for_missing(name: str, files: Collection[str] = ()) -> str:
    """Return what to do where no file is called *name*: perhaps it was misspelt.

    *files* are the names of those in the same directory.
    """
    # Deferred: only a misspelt name needs it.
    from difflib import get_close_matches

    directory, slash, file = name.rpartition("/")
    near = get_close_matches(name.lower(), WORDS, n=1)
    near += [f"{directory}{slash}{each}" for each in get_close_matches(file, files, n=1)]
    return f"did you mean {' or '.join(near)}?" if near else SOURCES


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Put the *name* of a source before the reason that a LogUnreadable gives."""
    try:
        yield
    except LogUnreadable as failure:
        message = f"cannot read {name}: {failure.message}"
        raise LogUnreadable(message, hint=failure.hint) from failure
