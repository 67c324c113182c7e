"""The one line of a monitoring plugin: `WARNING - text | performance data`.

The form is that of the Monitoring Plugins development guidelines, "Plugin Output" and "Performance
data": a datum is `'label'=value[UOM];[warn];[crit];[min];[max]`, with trailing empty parts left
out.
"""

import re
from collections.abc import Iterable
from typing import Protocol

from vexfsctl.render.escape import escape_text
from vexfsctl.render.result import Line

_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_LONGEST = 200
"""Characters of text: what a pager or a table of a monitoring system has room for."""


class Datum(Protocol):
    """A number with its thresholds: a range `0..threshold` in which all is well."""

    @property
    def label(self) -> str:
        """Any text."""

    @property
    def value(self) -> int | None:
        """Not negative; None if unknown."""

    @property
    def warning(self) -> int | None:
        """The highest value that is not a reason to warn."""

    @property
    def critical(self) -> int | None:
        """The highest value that is not critical."""

    @property
    def maximum(self) -> int | None:
        """The highest possible value."""

    @property
    def counter(self) -> bool:
        """Whether it only grows."""


def plugin_line(verdict: str, text: str, data: Iterable[Datum] = ()) -> Line:
    """Return the line: *text* is foreign and may hold anything."""
    # Performance data begin at the first bar.
    harmless = escape_text(text).replace("|", "\\x7c")
    shown = (harmless,) if len(harmless) <= _LONGEST else (harmless[: _LONGEST - 1], "…")
    numbers = render_perfdata(data)
    return (f"{verdict} - ", *shown, *((f" | {numbers}",) if numbers else ()))


def render_perfdata(data: Iterable[Datum]) -> str:
    """Render *data* in one line."""
    return " ".join(map(_render_datum, data))


def _render_datum(datum: Datum) -> str:
    # "U" stands for a value that could not be determined.
    value = "U" if datum.value is None else f"{datum.value}{'c' if datum.counter else ''}"
    parts = (value, datum.warning, datum.critical, 0, datum.maximum)
    text = ";".join("" if part is None else str(part) for part in parts).rstrip(";")
    return f"{_render_label(datum.label)}={text}"


def _render_label(label: str) -> str:
    """Quote where needed; an equals sign may not stand in a label, nor a bar in perfdata."""
    if _PLAIN.fullmatch(label):
        return label
    text = escape_text(label).replace("=", "_").replace("|", "_").replace("'", "''")
    return f"'{text}'"
