"""What `device list` and `device show` answer: devices, their state, and trouble with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from vexfsctl.analysis.devices.trouble import DeviceTrouble, KindTrouble, SectorRange
from vexfsctl.analysis.health.next_steps import NextStep
from vexfsctl.answers.next_steps import command_line, next_commands, next_lines
from vexfsctl.answers.times import LOCAL, about_bars, bars
from vexfsctl.answers.trouble import words_of
from vexfsctl.host.device_survey import DeviceReport, DeviceSurvey
from vexfsctl.model.device_graph import DeviceKind
from vexfsctl.model.units import format_size
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table, Tone
from vexfsctl.render.words import counted_noun

_MOST_STEPS = 3
_MOST_RANGES = 12
"""What one screen has room for of each device; JSON has more."""
_GOOD_STATES = frozenset(
    {"running", "live", "clean", "active", "active-idle", "write-pending", "readonly"}
)


def device_list(survey: DeviceSurvey, log_words: tuple[str, ...] = ()) -> CommandResult:
    """Answer `device list`: one line for each device; *log_words* make commands read that log."""
    return _result("device.list", survey, (), "show", log_words)


def device_show(survey: DeviceSurvey, log_words: tuple[str, ...] = ()) -> CommandResult:
    """Answer `device show`: the same, and the trouble by kind, over time and by sector."""
    return _result("device.show", survey, tuple(_trouble_tables(survey.devices)), "log", log_words)


def _result(
    schema: str,
    survey: DeviceSurvey,
    more: tuple[Table, ...],
    next_step: str,
    log_words: tuple[str, ...],
) -> CommandResult:
    devices = survey.devices
    commands = next_commands(_steps(devices, next_step), log_words)
    where = "The log tells of" if survey.elsewhere else "There is"
    nothing = Paragraph((f"{where} no block device.",))
    data = {each.name: getattr(survey, each.name) for each in fields(survey)}
    del data["coverage"]
    table = Table(_LOG_COLUMNS if survey.elsewhere else _COLUMNS, devices)
    return CommandResult(
        schema,
        data | {"next_steps": commands},
        body=(
            *(table if devices else nothing, *more),
            *_about_others(survey, log_words),
            Paragraph(next_lines(commands)),
        ),
        tables=(table,),
        coverage=survey.coverage,
    )


def _about_others(survey: DeviceSurvey, log_words: tuple[str, ...]) -> Iterator[Paragraph]:
    if survey.other_lines:
        lines = counted_noun(survey.other_lines, "line")
        shown = command_line(("log", "--kernel"), log_words)
        yield Paragraph((f"{lines} of trouble about no device that is known: {shown}",))


def _steps(devices: Sequence[DeviceReport], verb: str) -> Iterator[NextStep]:
    worst = sorted(devices, key=lambda device: -(_errors(device) or 0))
    for device in worst[:_MOST_STEPS]:
        if not _errors(device):
            return
        if verb == "show":
            yield NextStep(("device", "show", device.name), "its errors by kind, time and sector")
        else:
            yield NextStep(("log", "-d", device.name), "the lines of the kernel themselves")


def _trouble_tables(devices: Sequence[DeviceReport]) -> Iterator[Table]:
    troubled = [(each, each.trouble) for each in devices if each.trouble is not None]
    kinds = [_KindRow(each, kind) for each, trouble in troubled for kind in trouble.kinds]
    if not kinds:
        return
    over_time = kinds[0].kind.over_time
    spans = f"; {about_bars(over_time)}" if over_time.counts else ""
    yield Table(_KIND_COLUMNS, kinds, f"errors by kind{spans}")
    ranges = [row for each, trouble in troubled for row in _range_rows(each, trouble)]
    if ranges:
        scattered = any(row.scattered for row in ranges)
        columns = _RANGE_COLUMNS if scattered else _RANGE_COLUMNS[:-1]
        yield Table(columns, ranges, "sectors at which failed requests began")


def _range_rows(device: DeviceReport, trouble: DeviceTrouble) -> Iterator["_RangeRow"]:
    trouble = trouble.most_hit(_MOST_RANGES)
    yield from (_RangeRow(device, found) for found in trouble.sectors)
    if trouble.scattered is not None:
        yield _RangeRow(device, trouble.scattered, scattered=True)


@dataclass(frozen=True, slots=True)
class _KindRow:
    device: DeviceReport
    kind: KindTrouble


@dataclass(frozen=True, slots=True)
class _RangeRow:
    device: DeviceReport
    found: SectorRange
    scattered: bool = False
    """Whether it stands for places in it that no other row has."""


def _state(device: DeviceReport) -> str | None:
    """Return the state in words; None if nothing says."""
    state = device.state
    words: list[str] = []
    if not device.present:
        words.append("only in the log")
    if device.kind is DeviceKind.LOOP and state.size == 0:
        words.append("no file")
    words += filter(None, (state.state,))
    if state.degraded:
        words.append(f"lacks {state.degraded} of its members")
    if state.read_only:
        words.append("read-only")
    return ", ".join(words) or None


def _tone(device: DeviceReport) -> Tone | None:
    state = device.state
    bad = state.state is not None and state.state not in _GOOD_STATES
    return Tone.BAD if bad or state.degraded else None


def _errors(device: DeviceReport) -> int | None:
    return None if device.trouble is None else device.trouble.count


def _model(device: DeviceReport) -> str | None:
    return device.state.model or device.state.mapped_name or device.state.backing_file


_COLUMNS = (
    Column("DEVICE", lambda device: device.name),
    Column("KIND", lambda device: device.kind),
    Column(
        "SIZE",
        lambda device: None if device.state.size is None else format_size(device.state.size),
        right=True,
    ),
    Column("STATE", _state, wraps=True, tone=_tone),
    Column("NAME", _model, wraps=True),
    Column("BELOW", lambda device: ",".join(device.below) or None, wraps=True),
    Column("VOLUMES", lambda device: ",".join(device.volumes) or None, wraps=True),
    Column("ERRORS", _errors, right=True),
)
_LOG_COLUMNS = tuple(column for column in _COLUMNS if column.title not in ("SIZE", "STATE", "NAME"))
"""Of a log from elsewhere, which does not tell the rest."""
_KIND_COLUMNS = (
    Column("DEVICE", lambda row: row.device.name),
    Column("ERROR", lambda row: words_of(row.kind), wraps=True),
    Column("COUNT", lambda row: row.kind.count, right=True),
    Column("FIRST", lambda row: LOCAL.moment(row.kind.first, row.kind.first_us), wraps=True),
    Column("LAST", lambda row: LOCAL.moment(row.kind.last, row.kind.last_us)),
    Column("OVER TIME", lambda row: bars(row.kind.over_time), drawn=True),
)
_RANGE_COLUMNS = (
    Column("DEVICE", lambda row: row.device.name),
    Column("FIRST SECTOR", lambda row: row.found.first, right=True),
    Column("LAST SECTOR", lambda row: row.found.last, right=True),
    Column("COUNT", lambda row: row.found.count, right=True),
    Column("WHERE", lambda row: "scattered between" if row.scattered else None),
)
