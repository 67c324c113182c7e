"""Where shared breakers are, and what they may be called."""

import re
from pathlib import Path

from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.host import Host

_NAME = re.compile(r"[A-Za-z0-9_@+%=:,][A-Za-z0-9_@+%=:,.-]{0,99}")


def parse_name(text: str) -> str:
    """Return *text* if it can name a breaker; raise InvalidInput."""
    if _NAME.fullmatch(text):
        return text
    raise InvalidInput(
        f"not a name of a breaker: {text!a}",
        hint="up to 100 letters, digits and _@+%=:,.- that do not begin with . or -",
    )


def breaker_files(host: Host) -> dict[str, Path]:
    """Return the file of each breaker by its name; of two with one name, that in the better place.

    Without what was set aside: that begins with a dot.
    """
    found: dict[str, Path] = {}
    for directory in host.breaker_directories:
        try:
            entries = list(directory.iterdir())
        except OSError:
            continue
        for path in entries:
            if _NAME.fullmatch(path.name):
                found.setdefault(path.name, path)
    return {name: found[name] for name in sorted(found)}
