"""vexfsctl.toml(5): the configuration file, from the declaration that its reader uses."""

from collections.abc import Iterator

from vexfsctl.config.declaration import PER_OPERATION, TABLES, Key, TableOf
from vexfsctl.config.reading import MAXIMUM_SIZE, STANDARD_FILE
from vexfsctl.render.mdoc import (
    argument,
    literal_block,
    page_head,
    paragraphs,
    see_also,
    tagged_list,
    text_lines,
    words,
)

EXAMPLE = """\
# Every operation type of every volume that is mounted from now on.
[breaker]
failure_threshold = 8
window_ms = 30_000

# What goes to the device itself opens sooner and stays open longer.
[breaker.storage]
failure_threshold = 3
timeout_ms = 300_000

[retry]
max_attempts = 5
base_delay_ms = 50

[windows]
status = "4h"
check = "15m"

[sources]
logs = ["kmsg", "/var/log/vexfs/archive.kmsg"]
timeout = "5s"

[output]
pager = false
"""
"""Shown in the page; a test checks that it is valid."""

_DESCRIPTION = (
    f"The settings of vexfsctl for a whole host, in TOML 1.0. The file {STANDARD_FILE} is read if"
    " it exists; --config or VEXFSCTL_CONFIG names another instead, or /dev/null for none. Options"
    " and environment variables override the file; what none of them sets has its default.",
    f"It must be a regular file in UTF-8, at most {MAXIMUM_SIZE >> 10} KiB in size. If it has a"
    " mistake, none of it is used: the command fails with exit status 2 and names the mistakes"
    " with file, line and key; vexfsctl config check names all, however many. vexfsctl config show"
    " says which value of each setting applies, and what set it. If this user may not read the"
    " standard file, the command says so and goes on without it.",
    "A duration is text such as 500ms, 15m or 1h30m, or a number of seconds. Where the name of a"
    " key ends in _ms, it takes an integer, of milliseconds.",
)
_LATER = (
    "The tables breaker and retry are what a volume starts with. To change a live volume, use"
    " vexfsctl breaker set and vexfsctl volume set."
)


def toml_page() -> list[str]:
    """Return the lines of the page."""
    return [
        *page_head("vexfsctl.toml", 5, "configuration of vexfsctl"),
        ".Sh DESCRIPTION",
        *paragraphs(*_DESCRIPTION, _LATER),
        *(line for name, table in TABLES.items() for line in _section(name, table)),
        ".Sh FILES",
        *tagged_list([(f"Pa {STANDARD_FILE}", ["Read if no other file is named."])]),
        ".Sh EXAMPLES",
        *literal_block(EXAMPLE),
        *see_also(
            "vexfsctl(1)",
            "vexfsctl-breaker(1)",
            "vexfsctl-config(1)",
            "vexfsctl-mount(1)",
            "vexfsctl-volume(1)",
            "vexfs-sysfs(5)",
        ),
    ]


def _section(name: str, table: TableOf) -> Iterator[str]:
    yield f".Ss Table {argument(name)}"
    yield from text_lines(table.meaning)
    if table.per_operation:
        yield from text_lines(PER_OPERATION)
    yield from tagged_list((_tag(key, each), _text(each)) for key, each in table.keys.items())


def _tag(name: str, key: Key) -> str:
    return f"Cm {argument(name)} : {words(key.type.name)}"


def _text(key: Key) -> list[str]:
    return text_lines(f"{key.meaning} Default: {key.default}.")
