r"""A line of `journalctl -o json` as a pattern, for such as need no decoding (`stretches`).

Fields may stand in any order. Those that `journal` reads are strings of a known form, and all
others strings of printable ASCII, quotes and backslashes escaped: so the line is an object, and a
key in quotes before a colon and a quote is nothing else. A message may have other letters, too. Up
to its first colon it has no escapes: what a device is called must not look longer than it is.
"""

from collections.abc import Sequence

from vexfsctl.logs.formats.possessive import possessive
from vexfsctl.logs.sieve import BEGIN, BEGINNING, REST, RESTING, WORD, WORDING

# Three ranges, which `re` looks up in a table.
_PRINTABLE = r"[ !#-\[\]-~]"
_ESCAPE = r'\\["\\/]'
_LETTER = (
    r"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
)
_BOOT = r'"_BOOT_ID":"'
_RECEIVED = r'"__MONOTONIC_TIMESTAMP":"'
_SAID = r'"_SOURCE_MONOTONIC_TIMESTAMP":"'
_WALL = r'"__REALTIME_TIMESTAMP":"'
_TENS = r"(?P<tens>\d{0,12})(?:(?P<below>[0-4])|[5-9])\d{6}"
_THE_SAME = r'(?P=tens)(?(below)[0-4]|[5-9])\d{6}"'
_WRITTEN = possessive(f"{_PRINTABLE}++|{_ESCAPE}|{_LETTER}", "*")
_MESSAGE = rf'"MESSAGE":"{BEGIN}{REST}(?![^:"\\]*\\){_WRITTEN}"'
# A tag has no blank, colon or bracket: what stands behind it in the text is known.
_ESCAPED = possessive(f"{_ESCAPE}{_PRINTABLE}*+", "*")
_OTHERS = (
    r'"(?!MESSAGE"|SYSLOG_(?:IDENTIFIER|PID)"|_(?:BOOT_ID|PID|SOURCE_MONOTONIC_TIMESTAMP)"'
    rf'|__(?:MONOTONIC|REALTIME)_TIMESTAMP")\w++":"{_PRINTABLE}*+{_ESCAPED}"'
    rf"|{_SAID}{_THE_SAME}"
    rf'|"SYSLOG_IDENTIFIER":"(?:kernel|{WORD}[\w./()@+-]*+)"'
    rf'|{_WALL}\d{{16}}"'
    r'|"(?:SYSLOG)?_PID":"\d{1,10}"'
)
_BEFORE = possessive(f"(?:{_OTHERS}),", "*")
_BEHIND = possessive(f",(?:{_OTHERS})", "*")
# A line of more than 64 KiB is none (`text`).
_SHORT = r"(?=.{0,60000}+\n)"


def _in_any_order(fields: Sequence[str]) -> str:
    """Return a pattern for *fields* in any order, with others between them."""
    if len(fields) == 1:
        return fields[0]
    branches = (
        rf"{field},{_BEFORE}{_in_any_order([*fields[:at], *fields[at + 1 :]])}"
        for at, field in enumerate(fields)
    )
    return f"(?:{'|'.join(branches)})"


AHEAD = rf'(?=.*"MESSAGE":"{BEGIN})(?=.*{_BOOT}(?P<boot>[0-9a-f]{{32}})")(?=.*{_RECEIVED}{_TENS}")'
"""The boot and the five seconds of a line; if its text matters, that is found out first."""
LINE = (
    rf"{_SHORT}\x1e?+\{{{_BEFORE}"
    + _in_any_order((_MESSAGE, rf'{_BOOT}(?P=boot)"', rf"{_RECEIVED}{_THE_SAME}"))
    + rf"{_BEHIND}\}}\n"
)
"""A line of the same boot and the same five seconds."""
MATTERS = rf'"(?:MESSAGE":"(?:{BEGINNING}|{RESTING})|SYSLOG_IDENTIFIER":"(?!kernel"){WORDING})'
"""What such a line has in it that matters: no value has a quote that is not escaped."""
UPTIME = rf"(?:.*{_SAID}|.*{_RECEIVED})(?P<uptime>\d{{1,20}})"
"""A line up to the end of its uptime."""
TIME = rf'(?P<date>).*{_WALL}(?P<second>\d{{16}})".*(?P<zone>)'
"""A line that has a time."""
WRITER = r'.*"(?:_(?:TRANSPORT|PID|UID|COMM|EXE)":"|SYSLOG_FACILITY":"\d{1,20}")'
"""A line that says who wrote it."""
