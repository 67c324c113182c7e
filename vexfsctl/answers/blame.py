"""How an answer says who is to blame for an incident, and by which arithmetic."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from vexfsctl.analysis.trace.silence import Silence
from vexfsctl.analysis.trace.suspects import (
    EXPLAINED,
    MOST_CERTAIN,
    WEIGHTS,
    Explanation,
    Sign,
    Suspect,
    SuspectKind,
    Testimony,
)
from vexfsctl.catalogue.kernel_kinds import advice_for
from vexfsctl.model.cursor import Cursor
from vexfsctl.model.errnos import errno_name
from vexfsctl.render.result import Line, Span, Tone
from vexfsctl.render.words import counted_noun

_CERTAIN = 0.8
LIKELY = 0.5
"""How certain it is at least that a suspect is to blame if that is said to be likely."""
_WORTH_SAYING = 0.25
_MOST_OTHERS = 2
SIGN_WORDS = {
    Sign.TROUBLE: "tells of trouble",
    Sign.BELOW: "the volume lies on it",
    Sign.ERRNO: "same errno",
    Sign.STUCK: "hangs as the call did",
    Sign.DIRECTION: "same direction",
    Sign.SECTOR: "same sector again",
    Sign.JUST_BEFORE: "just before the error",
    Sign.DURING: "during the call",
    Sign.BESIDE: "beside it in the log",
    Sign.KERNEL: "surely the kernel's",
    Sign.OTHER_ERRNO: "another errno",
    Sign.OTHER_DIRECTION: "another direction",
    Sign.BEFORE: "before the call",
    Sign.EARLIER: "minutes before the call",
    Sign.AFTER: "after the call",
    Sign.APART: "the volume does not lie on it",
    Sign.LOOSE: "in a line of no known form",
    Sign.GENERAL: "understood by its words alone",
    Sign.REPAIR: "tells of a repair",
    Sign.SILENT: "no line about what both lie on",
    Sign.VOLUME: "fails at once and lies on it",
}
_WROTE_NOTHING = "the kernel wrote nothing of it"


@dataclass(frozen=True, slots=True)
class SignRow:
    """One term of the points of a line."""

    sign: Sign
    weight: float


@dataclass(frozen=True, slots=True)
class TestimonyRow:
    """What lines of one kind, or another volume, say about a suspect."""

    kind: str
    points: float
    """What counts: the sum of the signs, from 0 to 0.95; negative if it is against the suspect."""
    signs: tuple[SignRow, ...]
    lines: int
    cursor: str | None
    """The line that it is from: that of its record in the timeline."""
    volume: str | None
    """The other volume, that fails at once."""


@dataclass(frozen=True, slots=True)
class SuspectRow:
    """What may be to blame."""

    name: str
    kind: str
    certainty: float
    """From 0 to 1."""
    testimony: tuple[TestimonyRow, ...]
    explained: Explanation | None
    """What below it has lines of its own, and how certain that is by them."""
    rivals: tuple[Explanation, ...]
    """Other disks that the volume may lie on instead, and how certain each is by its lines."""
    what_you_do: str | None
    """None if no line of the kernel says what is wrong."""


def suspect_row(suspect: Suspect) -> SuspectRow:
    """Return *suspect* as data."""
    testimony = tuple(
        TestimonyRow(
            kind=told.kind,
            points=told.points / 100,
            signs=tuple(SignRow(sign, WEIGHTS[sign] / 100) for sign in told.signs),
            lines=told.lines,
            cursor=None if told.line is None else str(Cursor.after(told.line.record)),
            volume=told.volume,
        )
        for told in suspect.testimony
    )
    explained = suspect.explained and _rounded(suspect.explained)
    certainty = round(suspect.certainty, 4)
    return SuspectRow(
        *(suspect.name, str(suspect.kind), certainty, testimony, explained),
        rivals=tuple(map(_rounded, suspect.rivals)),
        what_you_do=advice_about(suspect),
    )


def _rounded(other: Explanation) -> Explanation:
    return Explanation(other.suspect, round(other.certainty, 4))


def blame_lines(suspects: Sequence[Suspect]) -> Iterator[Line]:
    """Yield who is to blame, and who else may be, a line each."""
    found = [each for each in suspects if round(each.certainty, 2) > 0]
    if not found:
        return
    first, *rest = found
    others = [each for each in rest if each.certainty >= _WORTH_SAYING]
    word = _word(first.certainty)
    yield (
        f"{word}: ",
        Span(first.called, Tone.BAD if word == "cause" else Tone.NOTICE),
        f", certainty {first.certainty:.2f}: {_what(first)}",
    )
    if others:
        named = [f"{each.called} ({each.certainty:.2f})" for each in others[:_MOST_OTHERS]]
        unnamed = len(others) - _MOST_OTHERS
        more = [f"{unnamed} more"] if unnamed > 0 else []
        yield f"also suspect: {', '.join((*named, *more))}"


def advice_about(suspect: Suspect) -> str | None:
    """Return what to do about *suspect*; None if no line of the kernel says what is wrong."""
    told = [each.line.evidence for each in suspect.testimony if each.points > 0 and each.line]
    lines = [(each.kind, each.errno) for each in told if each is not None]
    return advice_for(lines, suspect.name) if lines else None


def arithmetic_lines(suspects: Sequence[Suspect]) -> Iterator[Line]:
    """Yield how the certainty of each suspect was computed."""
    for suspect in suspects:
        yield (Span(suspect.called, Tone.STRONG), f": certainty {suspect.certainty:.2f}")
        for told in suspect.testimony:
            yield f"  {_source(told)}: {_sum(told)}"
        yield f"  together: {_together(suspect)}"
        if suspect.rivals:
            rivals = counted_noun(len(suspect.rivals), "other disk")
            known = [suspect.alone, *(each.certainty for each in suspect.rivals)]
            sum_of_all = " + ".join(f"{each:.2f}" for each in known)
            shared = f"{suspect.alone:.2f} * {suspect.alone:.2f} / ({sum_of_all})"
            yield f"  or it is {rivals}: {shared} = {suspect.alone * suspect.share:.2f}"
        if suspect.explained is not None:
            below, certainty = suspect.explained.suspect, suspect.explained.certainty
            share = f"(1 - {EXPLAINED / 100:.2f} * {certainty:.2f})"
            whole = f"{suspect.alone * suspect.share:.2f}"
            limit = f", at most {certainty:.2f}" if suspect.waits else ""
            product = f"{whole} * {share}{limit} = {suspect.certainty:.2f}"
            yield f"  {below} explains it: {product}"


def silence_line(silence: Silence, device: str | None, lost: int) -> str:
    """Return why the kernel's lines say nothing, on a volume on *device*; it left out *lost*."""
    match silence:
        case Silence.REFUSED:
            return "cause: an open breaker refused the call, so no device was asked"
        case Silence.ANSWERED:
            why = "the filesystem below gives that answer itself, no device failed"
        case Silence.UNDATED:
            return "no line of the kernel beside its records tells of trouble; they have no time"
        case Silence.OTHER_CLOCK:
            return (
                "the kernel's lines cannot be told by time: of its records and another log, one "
                "has uptimes only, the other dates"
            )
        case Silence.ABANDONED:
            why = (
                "the call was abandoned before its request ended, and a hung task is reported "
                "after 2 minutes"
            )
        case Silence.LEFT_OUT:
            left_out = counted_noun(lost, "line")
            return f"the kernel's line may be missing: its rate limit left out {left_out} then"
        case Silence.BIO_BASED:
            why = f"{device} fails requests without a line, and nothing known below it has one"
        case Silence.UNKNOWN_DEVICE:
            why = "the device below is not known; device mapper and md fail requests without a line"
        case Silence.ABOVE_DEVICE:
            why = f"no request to {device} failed, or its line is missing from this log"
    return f"{_WROTE_NOTHING}: {why}"


def _word(certainty: float) -> str:
    if certainty >= _CERTAIN:
        return "cause"
    return "likely cause" if certainty >= LIKELY else "possible cause"


def _what(suspect: Suspect) -> str:
    """What the suspect's best lines say: `block read EIO, sector 4096`."""
    if suspect.kind is SuspectKind.TASK:
        return "it hangs; a request that has not ended has no line that names its device"
    words = dict.fromkeys(map(_said, (each for each in suspect.testimony if each.points > 0)))
    lines = sum(each.lines for each in suspect.testimony if each.line is not None)
    said = ", ".join([*words][:_MOST_OTHERS])
    return f"{said} ({counted_noun(lines, 'line')} of the kernel)" if lines else said


def _said(told: Testimony) -> str:
    evidence = None if told.line is None else told.line.evidence
    if evidence is None:
        return f"volume {told.volume} on it fails at once"
    errno = None if evidence.errno is None else errno_name(evidence.errno)
    words = filter(None, (evidence.kind.replace("_", " "), evidence.direction, errno))
    sector = "" if evidence.sector is None else f" at sector {evidence.sector}"
    return " ".join(words) + sector


def _source(told: Testimony) -> str:
    if told.line is None:
        return f"volume {told.volume}"
    kind = told.kind.replace("_", " ")
    best = "" if told.lines == 1 else f", the best of {told.lines} lines"
    return f"{kind}{best}"


def _sum(told: Testimony) -> str:
    terms = [f"{WEIGHTS[sign] / 100:+.2f} {SIGN_WORDS[sign]}" for sign in told.signs]
    total = sum(WEIGHTS[sign] for sign in told.signs)
    limit = "" if total == told.points else f", limited to {told.points / 100:.2f}"
    return f"{', '.join(terms)} = {total / 100:.2f}{limit}"


def _together(suspect: Suspect) -> str:
    doubts, certain = suspect.doubts, 1 - prod(suspect.doubts)
    terms = [f"1 - {_product(doubts)} = {certain:.2f}" if doubts else "0"]
    if certain > MOST_CERTAIN:
        terms.append(f"limited to {MOST_CERTAIN:.2f}")
    if suspect.repairs:
        terms.append(f"times {_product(suspect.repairs)} = {suspect.alone:.2f}")
    return ", ".join(terms)


def _product(factors: Iterable[float]) -> str:
    return " * ".join(f"(1 - {1 - factor:.2f})" for factor in factors)
