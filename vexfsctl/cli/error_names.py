"""Names of errors as `--error` takes them: one that nobody knows is likelier misspelt than rare."""

import errno
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.cli.context import AppContext


def note_unknown_errors(app: AppContext, wanted: Iterable[str]) -> None:
    """Tell of each in *wanted* that VexFS has no such error; a record may have it all the same."""
    known = {name.lower(): name for name in _names()}
    for word in wanted:
        if word.lower() in known:
            continue
        near = [known[each] for each in get_close_matches(word.lower(), known)]
        hint = f"did you mean {' or '.join(near)}?" if near else "vexfs-errors(7) lists them"
        app.note(f"vexfsctl: VexFS has no error called {word!a}: {hint}")


def _names() -> Iterator[str]:
    for error in ERRORS:
        yield error.name
        yield error.name.partition(".")[0]
    yield from errno.errorcode.values()
