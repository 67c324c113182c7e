"""What `errors` answers: groups, noise, and the counters compared with the log."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from vexfsctl.analysis.errors.groups import ErrorGroup, GroupKey
from vexfsctl.analysis.errors.reconciliation import Reconciliation
from vexfsctl.analysis.histogram import OverTime
from vexfsctl.answers.next_steps import command_line
from vexfsctl.answers.times import LOCAL, STABLE, Clock, about_bars, bars
from vexfsctl.answers.upstream import named_error, upstream_blocks
from vexfsctl.host.errors import CountedErrors
from vexfsctl.model.coverage import Coverage
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Table
from vexfsctl.render.words import counted_noun


def errors_result(
    counted: CountedErrors, coverage: Coverage, log_words: tuple[str, ...] = ()
) -> CommandResult:
    """Answer `errors`; TSV has only the groups, unverified ones marked.

    *log_words* make the command that it points to read the same log.
    """
    here = {each.volume for each in counted.reconciliation}
    return CommandResult(
        "errors",
        counted,
        body=tuple(_blocks(counted, _screen_columns(counted, here), log_words)),
        tables=(Table(_tsv_columns(counted, here), counted.groups),),
        coverage=coverage,
    )


def _blocks(
    counted: CountedErrors, columns: tuple[Column, ...], log_words: tuple[str, ...]
) -> Iterator[Table | Paragraph]:
    yield Paragraph(tuple(_headline(counted, log_words)))
    believed = tuple(group for group in counted.groups if group.verified)
    doubtful = tuple(group for group in counted.groups if not group.verified)
    if believed:
        yield Table(columns, believed)
    if doubtful:
        title = "unverified: anybody may have written these from user space; not evidence"
        yield Table(columns, doubtful, title)
    yield from upstream_blocks(counted.upstream, counted.noise)
    if counted.reconciliation:
        lines = (line for each in counted.reconciliation for line in _reconciled(each))
        yield Paragraph(tuple(lines))


def _headline(counted: CountedErrors, log_words: tuple[str, ...]) -> Iterator[Line]:
    believed = sum(group.count for group in counted.groups if group.verified)
    doubtful = sum(group.count for group in counted.groups if not group.verified)
    noise = sum(group.count for group in counted.noise)
    parts = [counted_noun(believed, "error")]
    parts += [f"{doubtful} unverified"] if doubtful else []
    parts += [f"{counted_noun(noise, 'line')} of expected noise"] if noise else []
    more = f"; {counted_noun(counted.left_out, 'more kind')} without -n" if counted.left_out else ""
    yield ", ".join(parts) + more
    if counted.log_alone:
        yield "no attribute tree answers for it: from the log alone"
    if counted.kernel_lines:
        lines = counted_noun(counted.kernel_lines, "line")
        shown = about_kernel_lines(log_words)
        yield f"the kernel itself has {lines} of trouble with devices: see {shown}"
    elif counted.kernel_lines is None and not (counted.groups or counted.reconciliation):
        yield f"the kernel's own lines are not counted here: see {about_kernel_lines(log_words)}"
    over_time = _over_time(counted)
    if over_time is not None and over_time.counts:
        yield about_bars(over_time)


def about_kernel_lines(log_words: tuple[str, ...]) -> str:
    """Return the command that counts the kernel's lines of trouble."""
    return command_line(("device", "list"), log_words)


def _over_time(counted: CountedErrors) -> OverTime | None:
    """Return that of a group, as far as it was asked for: all have the same spans."""
    return next((each.over_time for each in counted.groups), None)


def _reconciled(each: Reconciliation) -> Iterator[Line]:
    counted = counted_noun(each.counted, "error")
    parts = [f"{each.in_log} in the log", f"{each.suppressed} left out by the rate limit"]
    parts += [f"{each.lost} whose records could not be written"] if each.lost else []
    parts += [f"{each.queued} still to be written"] if each.queued else []
    if each.unaccounted > 0:
        parts.append(f"{each.unaccounted} unaccounted for")
    total = f"{each.volume}: {counted} counted since it was mounted = {' + '.join(parts)}"
    if each.unaccounted < 0:
        total += f", and the log has {-each.unaccounted} more"
    yield total
    if each.causes:
        yield f"    likely: {'; '.join(each.causes)}"
    if each.other_epochs:
        yield f"    {counted_noun(each.other_epochs, 'more error')} in the log from earlier mounts"


def _screen_columns(counted: CountedErrors, here: Collection[str]) -> tuple[Column, ...]:
    """Return the columns on screen; volumes *here* may have earlier loads in the log.

    Volume and operation are joined as people write them, `loop0/storage`.
    """
    shown = list(dict.fromkeys(counted.by))
    over_time = (
        ()
        if _over_time(counted) is None
        else (Column("OVER TIME", lambda group: bars(group.over_time), drawn=True),)
    )
    columns = _columns_of_keys(here, LOCAL)
    if GroupKey.VOLUME in shown and GroupKey.OPERATION in shown:
        first, second = sorted((GroupKey.VOLUME, GroupKey.OPERATION), key=shown.index)
        shown.remove(second)
        columns[first] = (Column("WHERE", lambda group: _where(group, here)),)
    return (*_keyed(columns, shown), *_tally_columns(LOCAL), *over_time)


def _tsv_columns(counted: CountedErrors, here: Collection[str]) -> tuple[Column, ...]:
    """Return the columns for programs."""
    keyed = _keyed(_columns_of_keys(here, STABLE), tuple(dict.fromkeys(counted.by)))
    over_time = () if _over_time(counted) is None else (Column("OVER TIME", _spans),)
    return (*keyed, *_tally_columns(STABLE), _VERIFIED, *over_time)


def key_columns(keys: Sequence[GroupKey], *, screen: bool) -> tuple[Column, ...]:
    """Return the columns that show what groups by *keys* are, on *screen* or for programs."""
    columns = _columns_of_keys((), LOCAL if screen else STABLE)
    return _keyed(columns, tuple(dict.fromkeys(keys)))


def _keyed(
    columns: dict[GroupKey, tuple[Column, ...]], keys: Sequence[GroupKey]
) -> tuple[Column, ...]:
    worst = () if GroupKey.SEVERITY in keys else (_WORST,)
    return (*chain.from_iterable(columns[key] for key in keys), *worst)


def _tally_columns(clock: Clock) -> tuple[Column, ...]:
    return (
        Column("COUNT", lambda group: group.count, right=True),
        # It wraps: the last time matters more, and 80 columns have no room for both.
        Column("FIRST", lambda group: clock.moment(group.first, group.first_us), wraps=True),
        Column("LAST", lambda group: clock.moment(group.last, group.last_us)),
        Column("EXAMPLE", lambda group: group.last_id),
    )


def _columns_of_keys(here: Collection[str], clock: Clock) -> dict[GroupKey, tuple[Column, ...]]:
    volume = Column("VOLUME", lambda group: _volume(group, here))
    return {
        GroupKey.SEVERITY: (_SEVERITY,),
        GroupKey.VOLUME: (volume,),
        GroupKey.OPERATION: (_OPERATION,),
        GroupKey.ERROR: (_ERROR,),
        GroupKey.HINT: (Column("HINTS", _hints, wraps=True),),
        GroupKey.DEVICE: (Column("DEVICE", lambda group: group.device),),
        GroupKey.FINGERPRINT: (_FINGERPRINT, _OPERATION, _ERROR, _MESSAGE),
        GroupKey.HOST: (Column("HOST", lambda group: group.host),),
        GroupKey.MINUTE: (Column("MINUTE", lambda group: _minute(group, clock)),),
    }


def _spans(group: ErrorGroup) -> str | None:
    return None if group.over_time is None else ",".join(map(str, group.over_time.counts)) or None


def _volume(group: ErrorGroup, here: Collection[str]) -> str | None:
    return None if group.volume is None else f"{group.volume}{_earlier(group, here)}"


def _where(group: ErrorGroup, here: Collection[str]) -> str | None:
    parts = (str(part) for part in (group.volume, group.operation) if part is not None)
    return "/".join(parts) + _earlier(group, here) or None


def _earlier(group: ErrorGroup, here: Collection[str]) -> str:
    return " (earlier)" if group.volume in here and not group.live else ""


def _hints(group: ErrorGroup) -> str | None:
    return ",".join(group.hints or ()) or None


def _minute(group: ErrorGroup, clock: Clock) -> str | None:
    if group.minute is not None:
        return clock.of_minute(group.minute)
    return None if group.uptime_min is None else f"uptime {group.uptime_min}m"


_SEVERITY = Column(
    "SEVERITY",
    lambda group: group.severity,
    tone=lambda group: tone_of_word(str(group.severity)),
)
_WORST = _SEVERITY._replace(title="WORST")
_OPERATION = Column("OPERATION", lambda group: group.operation)
_ERROR = Column("ERROR", named_error, wraps=True)
_FINGERPRINT = Column("FINGERPRINT", lambda group: group.fingerprint)
_MESSAGE = Column("MESSAGE", lambda group: group.message, wraps=True)
_VERIFIED = Column("VERIFIED", lambda group: "yes" if group.verified else "no")
