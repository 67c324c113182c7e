"""How explanations read: in prose, and as a table for programs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vexfsctl.exceptions import ExitStatus, NotFound, Problem
from vexfsctl.explanation.form import Explanation, Subject
from vexfsctl.explanation.lookup import Answer
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.units import format_duration
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import (
    Column,
    CommandResult,
    Line,
    Paragraph,
    Span,
    Table,
    Tone,
)

_MOST = 6
"""How many members of a list the text shows; JSON has all."""


def explain_result(answers: Sequence[Answer], unknown: Sequence[NotFound]) -> CommandResult:
    """Return *answers* as a result, with a problem for each word that is *unknown*."""
    return CommandResult(
        "explain",
        answers,
        body=tuple(_paragraphs(answers)),
        tables=(_table(answers),),
        problems=tuple(map(Problem.of, unknown)),
        exit_status=ExitStatus.FAILED if unknown else ExitStatus.OK,
    )


def _paragraphs(answers: Sequence[Answer]) -> Iterator[Paragraph]:
    """Yield *answers* as text; a meaning that several share is printed in full only once."""
    told: set[tuple[str, str]] = set()
    for answer in answers:
        # Among several lines, say which one is meant.
        quoted = answer.asked if len(answers) > 1 else None
        for meaning in answer.meanings:
            again = (meaning.subject, meaning.name) in told and meaning.subject is not Subject.LINE
            yield Paragraph(tuple(_block(meaning, quoted, again=again)))
            told.add((meaning.subject, meaning.name))


def _table(answers: Sequence[Answer]) -> Table:
    rows = [(answer.asked, meaning) for answer in answers for meaning in answer.meanings]
    return Table(_COLUMNS, rows)


def _block(explanation: Explanation, quoted: str | None, *, again: bool) -> Iterator[Line]:
    if again:
        yield _head(explanation, "as above")
        return
    if explanation.subject is Subject.LINE and quoted is not None:
        yield (Span(quoted, Tone.DIM),)
    yield from _lines(explanation)


def _head(explanation: Explanation, remark: str | None = None) -> Line:
    subject = explanation.subject.replace("_", " ")
    tone = tone_of_word(explanation.name) or Tone.STRONG
    beside = subject if remark is None else f"{subject}, {remark}"
    return (Span(explanation.name, tone), Span(f" ({beside})", Tone.DIM))


def _lines(explanation: Explanation) -> Iterator[Line]:
    yield _head(explanation)
    yield explanation.meaning
    yield from _fact_lines(explanation)
    for label, text in _prose(explanation):
        yield (Span(f"{label}: ", Tone.STRONG), text)
    if explanation.see_also:
        yield f"see also: {_listed(explanation.see_also)}"


def _prose(explanation: Explanation) -> Iterator[tuple[str, str]]:
    told = (
        ("impact", explanation.impact),
        ("by itself", explanation.what_the_system_does),
        ("what to do", explanation.what_you_do),
        ("done when", explanation.done_when),
    )
    return ((label, text) for label, text in told if text)


def _fact_lines(explanation: Explanation) -> Iterator[Line]:
    told = [
        (key.removesuffix("_ms").replace("_", " "), _told(key, value))
        for key, value in explanation.facts.items()
        if value is not None and value != () and key not in _UNTOLD
    ]
    width = max((len(label) for label, _ in told), default=0)
    return (f"  {label:{width}}  {text}" for label, text in told)


def _told(key: str, value: Any) -> str:
    form = _FORMS.get(key)
    if form is not None and not isinstance(value, tuple):
        return form(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _listed(value) if isinstance(value, tuple) else str(value)


def _listed(words: Sequence[object]) -> str:
    more = len(words) - _MOST
    # A single further word takes no more room than "and 1 more".
    shown = words if more <= 1 else words[:_MOST]
    return ", ".join(map(str, shown)) + (f" and {more} more" if more > 1 else "")


def _errno(number: int) -> str:
    return f"{errno_name(number)} ({number})"


def _upstream(said: dict[str, Any]) -> str:
    retried = "retried" if said["retryable"] else "not retried"
    numbers = (said["errno_at_start"], said["errno_in_calls"])
    returned = " or ".join(dict.fromkeys(f"-{n}" for n in numbers if n is not None))
    return f"{said['severity']}, {retried}, returned as {returned}"


_UNTOLD = frozenset({"code_names", "unknown_bits"})
"""Facts that another line already shows."""
_FORMS: dict[str, Callable[[Any], str]] = {
    "errno": _errno,
    "hint_flags": lambda flags: f"{flags:#04x}",
    "upstream": _upstream,
    "deadline_ms": format_duration,
    "delay_ms": format_duration,
}
_COLUMNS = (
    Column("ASKED", lambda row: row[0]),
    Column("SUBJECT", lambda row: row[1].subject),
    Column("NAME", lambda row: row[1].name),
    Column("MEANING", lambda row: row[1].meaning),
    Column("IMPACT", lambda row: row[1].impact),
    Column("WHAT THE SYSTEM DOES", lambda row: row[1].what_the_system_does),
    Column("WHAT YOU DO", lambda row: row[1].what_you_do),
    Column("DONE WHEN", lambda row: row[1].done_when),
)
