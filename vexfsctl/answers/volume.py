"""What `volume list` and `volume show` answer: the volumes as they were read, and their tables."""

from collections.abc import Callable

from vexfsctl.analysis.breakers import explain_breaker
from vexfsctl.host.settings import value_at
from vexfsctl.host.volumes import Consulted
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.volume import Volume, VolumeStatus
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Span, Table, Tone
from vexfsctl.render.words import UNKNOWN, word
from vexfsctl.sysfs.attributes import VOLUME_ATTRIBUTES, Attribute
from vexfsctl.sysfs.values import Word


def volume_list(consulted: Consulted) -> CommandResult:
    """Answer `volume list`: one line for each volume."""
    volumes = consulted.volumes
    several_roots = len({volume.root for volume in volumes}) > 1
    columns = (*_LIST[:1], _ROOT, *_LIST[1:]) if several_roots else _LIST
    nothing = Paragraph(("There is no volume here. vexfsctl mount makes one.",))
    return CommandResult(
        "volume.list",
        volumes,
        body=(Table(columns, volumes) if volumes else nothing,),
        coverage=consulted.coverage,
        problems=consulted.problems,
    )


def volume_show(consulted: Consulted, now_ns: int) -> CommandResult:
    """Answer `volume show`: every attribute of each volume, then its operations."""
    tables = [
        table
        for volume in consulted.volumes
        if volume.status is not None
        for table in _show_tables(volume, volume.status, now_ns)
    ]
    return CommandResult(
        "volume.show",
        consulted.volumes,
        body=tuple(tables),
        coverage=consulted.coverage,
        problems=consulted.problems,
    )


def _show_tables(volume: Volume, status: VolumeStatus, now_ns: int) -> tuple[Table, Table]:
    title: Line = (Span(volume.name, Tone.STRONG), f" in {volume.root}")
    attributes = [attribute for attribute in VOLUME_ATTRIBUTES if attribute.readable]
    return (
        Table(_show_columns(volume), attributes, title),
        Table(_operation_columns(volume, now_ns), tuple(status.operations.items())),
    )


def _show_columns(volume: Volume) -> tuple[Column, ...]:
    def text(attribute: Attribute) -> object:
        return _shown(value_at(volume, attribute.path), attribute)

    return (
        Column("VOLUME", lambda _: volume.name),
        Column("ATTRIBUTE", lambda attribute: attribute.path),
        Column("VALUE", text, tone=lambda a: tone_of_word(str(text(a))) if _is_word(a) else None),
        Column("MEANING", lambda attribute: attribute.meaning, wraps=True),
    )


def _shown(value: object, attribute: Attribute) -> object:
    if isinstance(attribute.type, Word) and str(value) not in attribute.type.words:
        return UNKNOWN
    return value


def _is_word(attribute: Attribute) -> bool:
    return isinstance(attribute.type, Word)


def _operation_columns(volume: Volume, now_ns: int) -> tuple[Column, ...]:
    def counter(title: str, name: str) -> Column:
        return Column(title, lambda item: getattr(item[1], name), right=True)

    return (
        Column("VOLUME", lambda _: volume.name),
        Column("OPERATION", lambda item: item[0]),
        counter("CALLS", "calls"),
        counter("FAILURES", "failures"),
        counter("REJECTED", "rejected"),
        counter("RETRIES", "retries"),
        counter("TIMEOUTS", "timeouts"),
        counter("IN FLIGHT", "in_flight"),
        counter("OVERDUE", "overdue"),
        Column(
            "BREAKER",
            lambda item: word(item[1].breaker.state),
            tone=lambda item: tone_of_word(item[1].breaker.state),
        ),
        Column("WHY", lambda item: explain_breaker(item[1].breaker, now_ns), wraps=True),
    )


def _of_status(name: str) -> Callable[[Volume], object]:
    return lambda volume: getattr(volume.status, name, None)


def _state_word(name: str) -> Callable[[Volume], str | None]:
    return lambda volume: word(getattr(volume.status, name)) if volume.status else None


def _state_tone(name: str) -> Callable[[Volume], Tone | None]:
    return lambda volume: tone_of_word(str(getattr(volume.status, name, "")))


def _breakers(volume: Volume) -> str | None:
    if volume.status is None:
        return None
    not_closed = [
        f"{operation} {word(status.breaker.state)}"
        for operation, status in volume.status.operations.items()
        if status.breaker.state != BreakerState.CLOSED
    ]
    return ", ".join(not_closed) or "closed"


def _breakers_tone(volume: Volume) -> Tone | None:
    return Tone.GOOD if _breakers(volume) == "closed" else Tone.BAD if volume.status else None


def _errors(volume: Volume) -> int | None:
    return volume.status.errors.total if volume.status and volume.status.errors else None


_ROOT = Column("ROOT", lambda volume: volume.root)
_LIST = (
    Column("VOLUME", lambda volume: volume.name),
    Column(
        "PRESENCE",
        lambda volume: volume.presence,
        tone=lambda volume: tone_of_word(volume.presence),
    ),
    Column("STATE", _state_word("state"), tone=_state_tone("state")),
    Column("DEGRADATION", _state_word("degradation"), tone=_state_tone("degradation")),
    Column("ACCESS", _state_word("access_mode"), tone=_state_tone("access_mode")),
    Column("ERRORS", _errors, right=True),
    Column("BREAKERS", _breakers, tone=_breakers_tone, wraps=True),
    Column("DEVICE", _of_status("device")),
    Column("MOUNTPOINT", _of_status("mountpoint"), wraps=True),
)
