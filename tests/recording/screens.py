"""`script/record-screens [DIRECTORY]`: README's pictures, of the recording that the demo shows.

Text as a terminal has it, at the fixed clock, drawn by rich in whatever font the reader has: a
picture that fetched one would be another picture without the network.
"""

import re
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.recording.case import ROOM, Case
from tests.recording.room import INCIDENT
from tests.recording.running import Rooms, rooms

_CHECKOUT = Path(__file__).parents[2]
IMAGES = _CHECKOUT / "docs/images"
SCREENS = {"status": ("status",), "trace": ("trace", "demo")}
"""The command of each picture."""
_COLUMNS = 100
_WEB_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def main(directory: Path) -> None:
    """Draw them in *directory*."""
    directory.mkdir(parents=True, exist_ok=True)
    with rooms(_CHECKOUT, None) as lent:
        for name, words in SCREENS.items():
            (directory / f"{name}.svg").write_text(_drawn(name, words, lent))


def _drawn(name: str, words: tuple[str, ...], lent: Rooms) -> str:
    case = Case(words, tree="live", log=INCIDENT, columns=_COLUMNS)
    answer, _ = lent.ask(case)
    console = Console(record=True, width=_COLUMNS, file=StringIO(), _environ={})
    console.print(Text.from_ansi(answer.stdout.decode().replace(f"{ROOM}/", "").rstrip("\n")))
    title = f"$ vexfsctl {' '.join(words)}"
    return _WEB_FONT.sub("", console.export_svg(title=title, unique_id=name))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else IMAGES)
