"""vexfs-errors(7): every error, from the catalogue that parsers, hints and `explain` use."""

import re
from collections.abc import Iterable, Iterator

from vexfsctl.catalogue.automatic import what_the_system_does
from vexfsctl.catalogue.entry import FAMILIES
from vexfsctl.catalogue.lookup import ANSWERED, ERRORS, REPORTED, ErrorEntry, VexfsCode
from vexfsctl.explanation.errors import code_names
from vexfsctl.explanation.form import Term
from vexfsctl.explanation.terms import HINTS, SEVERITIES
from vexfsctl.model.errnos import errno_name
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

_DESCRIPTION = (
    "Every error that VexFS can report, by family. Each has the errno that an application gets, its"
    " severity, and hints in the order in which to try them. The text says what happened, what it"
    " means for applications and data, what VexFS does by itself, what is left to do, and which"
    " command shows that it is over. Words in capitals in a command are placeholders.",
    "An error marked with a plus sign comes only from VexFS builds other than this package's"
    " userspace driver. Their engine tries most calls once and some three times, counts each failed"
    " call against the breaker of its operation, and their kernel module continues with a fallback"
    " answer whatever failed; none of them makes a damaged volume read-only.",
    "vexfsctl explain shows the same text, and explains errnos, states and lines of a log too.",
)
_QUOTED = re.compile(r"`([^`]*)`")
_END = re.compile(r"(?<=[A-Z]\.) (?=[A-Z])")
"""The end of a sentence whose last word is a name in capitals, such as EIO."""
_MARK = "+"


def errors_page() -> list[str]:
    """Return the lines of the page."""
    return [
        *page_head("vexfs-errors", 7, "errors of VexFS and what to do about them"),
        ".Sh DESCRIPTION",
        *paragraphs(*_DESCRIPTION),
        ".Ss Severities",
        *tagged_list((f"Sy {severity}", _term(term)) for severity, term in SEVERITIES.items()),
        ".Ss Hints",
        "Each with its flag in a word of recovery flags.",
        *tagged_list((f"Sy {kind} Pq {kind.flag:#04x}", _term(t)) for kind, t in HINTS.items()),
        *(line for family, title in FAMILIES.items() for line in _section(family, title)),
        ".Ss Return codes",
        "Numbers of vexfs_ffi.h that are not errnos, and what they stand for.",
        *tagged_list(
            (f"Sy {code_names(code)[0]} Pq {int(code)}", _errors_of(code))
            for code in VexfsCode
            if code <= VexfsCode.CIRCUIT_BREAKER
        ),
        ".Sh EXAMPLES",
        *literal_block(
            "vexfsctl explain IoError.ReadError\nvexfsctl errors --error IoError --since 1h"
        ),
        *see_also("vexfsctl(1)", "vexfsctl-explain(1)", "vexfs-log(5)", "vexfs-sysfs(5)"),
    ]


def _section(family: str, title: str) -> Iterator[str]:
    heading = f"{title} ({family})" if family else title
    yield f".Ss {words(heading)}"
    members = [error for error in ERRORS if error.family == family]
    yield from tagged_list((_tag(group), _text(group[0])) for group in _alike(members))


def _alike(errors: Iterable[ErrorEntry]) -> list[list[ErrorEntry]]:
    """Group the names of the same error."""
    groups: dict[object, list[ErrorEntry]] = {}
    for error in errors:
        said = (error.errno, error.severity, error.hints, error.meaning, error.what_you_do)
        groups.setdefault((said, _is_foreign(error)), []).append(error)
    return list(groups.values())


def _tag(group: list[ErrorEntry]) -> str:
    names = " , ".join(f"Sy {argument(error.name)}" for error in group)
    mark = f" No {_MARK}" if _is_foreign(group[0]) else ""
    return f"{names}{mark} Pq {errno_name(group[0].errno)} , {group[0].severity}"


def _is_foreign(error: ErrorEntry) -> bool:
    return error.name not in REPORTED and error.name not in ANSWERED


def _text(error: ErrorEntry) -> list[str]:
    by_itself = error.by_itself if _is_foreign(error) else what_the_system_does(error)
    hints = ", ".join(map(str, error.hints))
    return [
        *_prose(error.meaning, error.impact, by_itself),
        ".Pp",
        *_prose(
            f"To do: {error.what_you_do}",
            f"Done when: {error.done_when}",
            f"Hints: {hints}." if hints else None,
        ),
    ]


def _term(term: Term) -> list[str]:
    return _prose(term.meaning, term.what_the_system_does, term.what_you_do)


def _prose(*texts: str | None) -> list[str]:
    sentences = (sentence for text in texts if text for sentence in _END.split(_plain(text)))
    return [line for sentence in sentences for line in text_lines(sentence)]


def _errors_of(code: VexfsCode) -> list[str]:
    names = ", ".join(error.name for error in ERRORS if error.code == code)
    return text_lines(f"{names}.")


def _plain(text: str) -> str:
    # mdoc would make opening quotation marks of backquotes.
    return _QUOTED.sub(r'"\1"', text)
