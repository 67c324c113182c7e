"""Manual pages of section 1, one for the program and one for each command, from the click tree."""

from collections.abc import Iterable, Iterator, Mapping
from textwrap import dedent, indent

from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.cli.command import fit_examples
from vexfsctl.cli.documents.commands import (
    ArgumentDocument,
    CommandDocument,
    OptionDocument,
    read_root,
)
from vexfsctl.cli.documents.manual.errors import errors_page
from vexfsctl.cli.documents.manual.log import log_page
from vexfsctl.cli.documents.manual.sysfs import sysfs_page
from vexfsctl.cli.documents.manual.toml import toml_page
from vexfsctl.cli.registry import gives_verdict
from vexfsctl.config.reading import STANDARD_FILE
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.guarded.command import GuardStatus
from vexfsctl.host.host import EVERY_RECORD_VARIABLE
from vexfsctl.recovery.ledger.file import FILE_NAME
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
from vexfsctl.system.directories import (
    BREAKER_VARIABLE,
    STANDARD_BREAKERS,
    STANDARD_ROOTS,
    STATE_VARIABLE,
    SYSTEM_STATE,
)

_OTHER_SECTIONS = ("vexfs-log(5)", "vexfs-sysfs(5)", "vexfsctl.toml(5)", "vexfs-errors(7)")
_OF_REPLAY = (ExitStatus.STILL_FAULTY, ExitStatus.PERSON_NEEDED)

VERDICTS = {int(verdict): f"{verdict.name}." for verdict in Verdict} | {
    int(Verdict.UNKNOWN): "UNKNOWN; wrong usage and failures also exit with 3."
}
"""Exit statuses of a command that gives a verdict."""

_OUTPUT = (
    "The answer goes to standard output, everything else to standard error. With --json every"
    " command answers in one envelope, failures included: schema, version, generated, host,"
    " boot_id, coverage (which sources were read and what was missing from them), data, and"
    " problems with a stable code, a message and a hint. NDJSON is the rows of data, one per"
    " line, followed by an envelope without data where there is something to add. TSV begins"
    " with a line of column names; tabs, newlines and backslashes in values are escaped.",
    "On a terminal tables use its width, and a long answer is paged. In a pipe there is no colour,"
    " no wrapping and no truncation. A state is always a word; colour only repeats it.",
)
_TARGETS = (
    "A volume has the name of its attribute directory; VOLUME/OPERATION names one of its"
    " operations: superblock, inode, file, directory, vector, storage or sync. Both parts may be"
    " globs, quoted for the shell: '*/sync'.",
)
_CHANGES = (
    "Verbs that change something report the state before and after, and whether it changed. On a"
    " terminal they ask first; elsewhere they need --yes. --dry-run shows the same and changes"
    " nothing. What is reported after a write is what was read back.",
)


_OTHER_STATUSES = (
    "check, and status with --exit-code, exit with a verdict instead: 0 OK, 1 WARNING, 2 CRITICAL,"
    " 3 UNKNOWN. lab run and guard run exit as their command does; vexfsctl-guard(1) has what else"
    " guard run exits with. A command that a signal ended exits with 128 plus the number of the"
    " signal."
)
_FILES = [
    ".Sh FILES",
    *tagged_list(
        [
            *((f"Pa {root}", [text]) for root, text in STANDARD_ROOTS.items()),
            *((f"Pa {place}", text_lines(text)) for place, text in STANDARD_BREAKERS.items()),
            ("Pa /dev/kmsg", ["The kernel log, for reading and for writing records."]),
            (f"Pa {SYSTEM_STATE / FILE_NAME}", ["Ledger of root's", ".Ic recover replay ."]),
            (
                f"Pa $XDG_STATE_HOME/vexfsctl/{FILE_NAME}",
                ["Ledger of a user's", ".Ic recover replay ."],
            ),
            (f"Pa {STANDARD_FILE}", ["Settings of this host,", ".Xr vexfsctl.toml 5 ."]),
        ]
    ),
]
_EXAMPLE_WIDTH = 73
"""The 78 columns of mandoc(1), less the indentation of a section."""


def manual_files() -> dict[str, str]:
    """Return every page by the path it is checked in under."""
    root = read_root()
    pages = {"vexfsctl.1": _root_page(root)}
    pages |= {f"{_page_name(c)}.1": _command_page(c) for c in root.verbs}
    pages |= {"vexfs-sysfs.5": sysfs_page(), "vexfs-log.5": log_page()}
    pages["vexfsctl.toml.5"] = toml_page()
    pages |= {"vexfs-errors.7": errors_page()}
    return {f"man/{name}": "\n".join(lines) + "\n" for name, lines in pages.items()}


def _root_page(root: CommandDocument) -> list[str]:
    commands = [
        (f"Xr {_page_name(command)} 1", text_lines(command.summary)) for command in root.verbs
    ]
    options = [option for option in root.options if option.variable or not option.value]
    return [
        *page_head("vexfsctl", 1, _phrase(root.summary)),
        ".Sh SYNOPSIS",
        ".Nm",
        ".Op Ar global options",
        ".Ar command",
        ".Op Ar argument ...",
        ".Sh DESCRIPTION",
        *paragraphs(root.summary, *root.paragraphs),
        ".Ss Commands",
        *tagged_list(commands),
        ".Ss Targets",
        *paragraphs(*_TARGETS),
        ".Ss Options",
        "Global options may stand before or after the name of a command, at every level.",
        "The last one given wins.",
        *_option_list(options),
        ".Ss Output",
        *paragraphs(*_OUTPUT),
        ".Ss Changes",
        *paragraphs(*_CHANGES),
        *_environment(root),
        *_FILES,
        *_exit_status(_meanings_of(ExitStatus)),
        ".Pp",
        *text_lines(_OTHER_STATUSES),
        *_examples(root.examples),
        *see_also(
            *(f"{_page_name(c)}(1)" for c in root.verbs),
            *_OTHER_SECTIONS,
        ),
    ]


def _environment(root: CommandDocument) -> list[str]:
    variables = [option for option in root.options if option.variable]
    return [
        ".Sh ENVIRONMENT",
        "An option overrides its variable, and both override",
        ".Xr vexfsctl.toml 5 .",
        "The items of a list are separated by colons.",
        "In",
        ".Ev VEXFSCTL_LOG ,",
        "journal:DIR is one item,",
        "but kmsg, journal, pstore or \\- after journal: is an item of its own.",
        *tagged_list(
            [(f"Ev {o.variable}", ["As", f".{_option_name(o.names[-1])} ."]) for o in variables]
            + [
                ("Ev NO_COLOR", ["If set and not empty, no colour unless asked for."]),
                (f"Ev {STATE_VARIABLE}", ["Directory of the ledger of recoveries and its locks."]),
                (f"Ev {BREAKER_VARIABLE}", ["Directory of shared breakers."]),
                (
                    f"Ev {EVERY_RECORD_VARIABLE}",
                    [
                        "If set and not empty, decode every record of a log,",
                        "even those that cannot matter.",
                        "Much slower, for the same answers; please report it if they differ.",
                        "In a large file, a line far from what was asked for",
                        "that is torn, or of another form or time than those around it,",
                        "is noticed only in this way.",
                    ],
                ),
                ("Ev PAGER", ["Pager for long answers; less by default, empty for none."]),
            ],
        ),
    ]


def _command_page(command: CommandDocument) -> list[str]:
    others = ("vexfsctl(1)", *_OTHER_SECTIONS)
    forms = command.verbs or (command,)
    return [
        *page_head(_page_name(command), 1, _phrase(command.summary)),
        ".Sh SYNOPSIS",
        *(line for form in forms for line in _synopsis(form)),
        ".Sh DESCRIPTION",
        *paragraphs(command.summary, *command.paragraphs),
        *_option_list(command.options),
        *(line for verb in command.verbs for line in _verb_section(verb)),
        ".Pp",
        "Global options such as",
        ".Fl -json",
        "and",
        ".Fl -timeout",
        "are in",
        ".Xr vexfsctl 1 .",
        *_exit_status(_statuses_of(command)),
        *_examples(command.examples, *(verb.examples for verb in command.verbs)),
        *see_also(*others),
    ]


def _verb_section(verb: CommandDocument) -> Iterator[str]:
    yield f".Ss {words(verb.path)}"
    yield from paragraphs(verb.summary, *verb.paragraphs)
    yield from _option_list(verb.options)


def _synopsis(form: CommandDocument) -> Iterator[str]:
    program, *verbs = form.path.split()
    yield f".Nm {program}"
    yield f".Cm {' '.join(verbs)}"
    for option in form.options:
        usage = _option_usage(option.names[:1], option.value)
        yield f".{usage}" if option.required else f".Op {usage}"
    for item in form.arguments:
        usage = _argument_usage(item)
        yield f".{usage}" if item.required else f".Op {usage}"


def _argument_usage(item: ArgumentDocument) -> str:
    return f"Ar {argument(item.name)}" + (" ..." if item.repeated else "")


def _option_usage(names: tuple[str, ...], value: str | None) -> str:
    flags = " , ".join(_option_name(name) for name in names)
    return flags if value is None else f"{flags} Ar {words(value)}"


def _option_name(name: str) -> str:
    return f"Fl {name[1:]}"


def _option_list(options: tuple[OptionDocument, ...] | list[OptionDocument]) -> list[str]:
    if not options:
        return []
    return tagged_list((_option_usage(o.names, o.value), text_lines(o.help)) for o in options)


def _statuses_of(command: CommandDocument) -> Mapping[int, str]:
    """Return the exit statuses that the page of *command* lists."""
    words = command.path.split()
    if gives_verdict(words):
        return VERDICTS
    statuses = _meanings_of(
        status for status in ExitStatus if "recover" in words or status not in _OF_REPLAY
    )
    return {**statuses, **_meanings_of(GuardStatus)} if "guard" in words else statuses


def _meanings_of(statuses: Iterable[ExitStatus | GuardStatus]) -> Mapping[int, str]:
    return {int(status): status.meaning for status in statuses}


def _exit_status(statuses: Mapping[int, str]) -> list[str]:
    items = [(str(status), text_lines(text)) for status, text in statuses.items()]
    return [".Sh EXIT STATUS", *tagged_list(items)]


def _examples(*examples: str) -> list[str]:
    """The section of examples, each line once."""
    lines = dict.fromkeys(line for text in examples for line in text.splitlines())
    text = fit_examples(indent("\n".join(lines), "  "), _EXAMPLE_WIDTH)
    return [".Sh EXAMPLES", *literal_block(dedent(text))] if lines else []


def _page_name(command: CommandDocument) -> str:
    return command.path.replace(" ", "-")


def _phrase(summary: str) -> str:
    return summary[0].lower() + summary[1:].removesuffix(".")
