"""Page long answers on a terminal through `$PAGER`, or less by default, as git and man do."""

import shlex
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress

# Quit if it fits after all, show colours, leave the text on the screen.
_LESS_OPTIONS = "FRX"


def page(pieces: Iterable[str], environ: Mapping[str, str]) -> bool:
    """Show a text page by page; False if there is no pager and nothing was shown."""
    command = shlex.split(environ.get("PAGER", "less"))
    if not command:
        return False
    try:
        pager = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            env={"LESS": _LESS_OPTIONS, **environ},
            text=True,
            errors="backslashreplace",
        )
    except OSError:
        return False
    with pager, suppress(BrokenPipeError):
        assert pager.stdin is not None
        pager.stdin.writelines(pieces)
        pager.stdin.close()
        _wait(pager)
    return True


def _wait(pager: subprocess.Popen[str]) -> None:
    while pager.returncode is None:
        # Ctrl-C is for the pager (it stops a search); ending now would leave it on the terminal.
        with suppress(KeyboardInterrupt):
            pager.wait()
