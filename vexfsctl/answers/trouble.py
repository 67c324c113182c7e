"""How answers tell of trouble with devices."""

from collections.abc import Iterator, Sequence

from vexfsctl.analysis.devices.trouble import DeviceTrouble, KindTrouble, SectorRange
from vexfsctl.analysis.health.kernel_trouble import KernelTrouble
from vexfsctl.analysis.health.summary import foremost
from vexfsctl.answers.times import LOCAL
from vexfsctl.model.errnos import errno_name
from vexfsctl.render.result import Line, Paragraph, Span, Tone
from vexfsctl.render.words import counted_noun

_MOST_DEVICES = 4
_MOST_KINDS = 4
_MOST_RANGES = 3


def words_of(trouble: KindTrouble) -> str:
    """Return its kind, with direction and errno if the lines have them: `block read EIO`."""
    errno = None if trouble.errno is None else errno_name(trouble.errno)
    return " ".join(filter(None, (trouble.kind, trouble.direction, errno)))


def trouble_blocks(trouble: Sequence[KernelTrouble]) -> tuple[Paragraph, ...]:
    """Return what the kernel says is wrong with each device, and what to do."""
    return (Paragraph(tuple(_lines(trouble))),)


def names_of_troubled(trouble: Sequence[KernelTrouble]) -> str:
    """Return the names of the first devices that the kernel has trouble with."""
    names = ", ".join(each.device or "no device named" for each in trouble[:_MOST_DEVICES])
    return f"{names}, …" if len(trouble) > _MOST_DEVICES else names


def _lines(trouble: Sequence[KernelTrouble]) -> Iterator[Line]:
    shown = foremost(trouble)[:_MOST_DEVICES]
    volumes = ", ".join(dict.fromkeys(name for each in shown for name in each.volumes))
    below = f" below {volumes}" if volumes else ""
    yield f"what the kernel says is wrong{below}, by device:"
    for each in shown:
        yield (Span(each.device or "no device named", Tone.STRONG), f": {_told(each)}")
        yield f"    {each.advice}"
    rest = [each for each in trouble if each not in shown]
    if rest:
        count = sum(each.count for each in rest)
        yield f"{counted_noun(count, 'more line')} about {names_of_troubled(rest)}: see --json"


def _told(each: KernelTrouble) -> str:
    trouble = each.trouble
    kinds = [f"{words_of(each)} ({each.count})" for each in trouble.kinds[:_MOST_KINDS]]
    rest = trouble.kinds[_MOST_KINDS:]
    if rest:
        kinds.append(f"other kinds ({sum(each.count for each in rest)})")
    recovered = ("recovered",) if each.recovered else ()
    return "; ".join((", ".join(kinds), *recovered, *_last(trouble), *_sectors(trouble)))


def _last(trouble: DeviceTrouble) -> Iterator[str]:
    moments = [each.last for each in trouble.kinds if each.last is not None]
    uptimes = [each.last_us for each in trouble.kinds if each.last_us is not None]
    last = LOCAL.moment(max(moments, default=None), max(uptimes, default=None))
    if last is not None:
        yield f"last at {last}" if moments else f"last at uptime {last}"


def _sectors(trouble: DeviceTrouble) -> Iterator[str]:
    shown = trouble.most_hit(_MOST_RANGES)
    ranges, others = shown.sectors, shown.scattered
    if ranges:
        words = ", ".join(map(_ends, ranges))
        yield f"{'sector' if len(ranges) == 1 and ' ' not in words else 'sectors'} {words}"
    if others is not None:
        lines = counted_noun(others.count, "more line" if ranges else "line")
        yield f"{lines} about sectors {_ends(others)}"


def _ends(each: SectorRange) -> str:
    return " to ".join(map(str, sorted({each.first, each.last})))
