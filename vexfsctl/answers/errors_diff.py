"""What `errors --diff` answers: what became of each kind of error from one log to another."""

from collections import Counter
from collections.abc import Iterator

from vexfsctl.analysis.errors.comparison import Change, ErrorChange
from vexfsctl.answers.errors import key_columns
from vexfsctl.host.errors import ComparedErrors, ComparedLog
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.units import format_duration
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Table, Tone
from vexfsctl.render.words import counted_noun


def errors_diff(compared: ComparedErrors, coverage: Coverage) -> CommandResult:
    """Answer `errors --diff`; the screen leaves out kinds without a difference, TSV does not."""
    differing = [each for each in compared.changes if each.change is not Change.SAME]
    believed = tuple(each for each in differing if each.group.verified)
    doubtful = tuple(each for each in differing if not each.group.verified)
    columns = (_CHANGE, *_of_group(compared, screen=True), *_COUNTS)
    tables = [Table(columns, believed)] if believed else []
    if doubtful:
        title = "unverified: anybody may have written these from user space; not evidence"
        tables.append(Table(columns, doubtful, title))
    for_programs = (_CHANGE, *_of_group(compared, screen=False), *_COUNTS, _P, _VERIFIED)
    return CommandResult(
        "errors.diff",
        compared,
        body=(Paragraph(tuple(_headline(compared))), *tables),
        tables=(Table(for_programs, compared.changes),),
        coverage=coverage,
    )


def _headline(compared: ComparedErrors) -> Iterator[Line]:
    yield _log("before", compared.before)
    yield _log("after", compared.after)
    kinds = Counter(each.change for each in compared.changes if each.group.verified)
    parts = [f"{kinds[change]} {_WORDS[change]}" for change in Change if kinds[change]]
    more = f"; {counted_noun(compared.left_out, 'more kind')} without -n"
    yield (", ".join(parts) or "no errors of VexFS") + (more if compared.left_out else "")


def _log(when: str, log: ComparedLog) -> str:
    errors = counted_noun(log.errors, "error")
    if log.observed_s is None:
        return f"{when}: {errors} in {log.source}, which does not say how long it is"
    return f"{when}: {errors} in {format_duration(log.observed_s * 1_000)} of {log.source}"


def _of_group(compared: ComparedErrors, *, screen: bool) -> Iterator[Column]:
    for column in key_columns(compared.by, screen=screen):
        yield column.of(lambda change: change.group)


def _factor(each: ErrorChange) -> str | None:
    if not each.before_per_hour or not each.after_per_hour:
        return None
    return f"{each.after_per_hour / each.before_per_hour:.3g}x"


_WORDS = {
    Change.NEW: "new",
    Change.MORE: "more frequent",
    Change.UNKNOWN: "in both",
    Change.FEWER: "less frequent",
    Change.GONE: "gone",
    Change.SAME: "without a difference that could not be chance",
}
_CHANGE = Column(
    "CHANGE",
    lambda each: each.change,
    tone=lambda each: Tone.BAD if each.change.is_worse else None,
)
_COUNTS = (
    Column("BEFORE", lambda each: each.before, right=True),
    Column("AFTER", lambda each: each.after, right=True),
    Column("RATE", _factor, right=True),
    Column("EXAMPLE", lambda each: each.group.last_id),
)
_P = Column("P", lambda each: None if each.p is None else f"{each.p:.3g}")
_VERIFIED = Column("VERIFIED", lambda each: "yes" if each.group.verified else "no")
