"""Names of log sources, as `--log` takes them: words, journals, paths."""

import re

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


def split_names(names: str) -> list[str]:
    """Return the items of a list separated by colons; `journal:DIR` is one item.

    What follows `journal:` belongs to it, as in `--log`, unless it is a word: `journal:kmsg` is
    two items.
    """
    return _IN_LIST.findall(names)


def hint_for_missing(name: str) -> str:
    """Return what to do where no file is called *name*: perhaps a word was misspelt."""
    # Deferred: only a misspelt name needs it.
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), WORDS, n=1)
    return f"did you mean {near[0]}?" if near else SOURCES
