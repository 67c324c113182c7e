"""Records that a mailer broke into several lines."""

import re
from dataclasses import asdict, replace

from vexfsctl.logs.formats.blocks import Block, SingleRecord
from vexfsctl.logs.formats.renderings import decode_text
from vexfsctl.model.entry import Unrecognised
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

_COMMAND = re.compile(r"ata\d{1,4}\.\d{2}: cmd [0-9a-f]{2}/")
RESULT = b"res "
"""How the rest of a record of libata about a command begins, after blanks if it has any."""
# Weblogs make a sign of multiplication of an x between numbers, and strip blanks.
_RESULT = re.compile(
    rb" {0,80}" + RESULT + rb"[0-9a-f]{2}/[0-9a-f:/]{10,50} Emask 0(?:x|\xc3\x97)[0-9a-f]+ "
)
_OWN = "VexFS: "
_PROMPT = re.compile(rb"\[?[\w.-]{1,64}@[\w.-]{1,64}[: ][^\s#$]{0,64} ?[#$] ")
_PAIR = re.compile(r"[a-z_]{2,16}=\S")
_QUOTES = b"> "
"""What was quoted again is not quoted alike on all lines."""
_NARROWEST = 60
WIDEST = 80
"""Characters of a line after which mailers break it; RFC 3676 advises to do it at 78 or before."""


def was_broken(width: int, line: bytes) -> bool:
    """Whether a mailer may have broken a line of *width* characters before *line*.

    It does so where the next word has no room any more, however short the line is without that.
    """
    word, *_ = line.lstrip(_QUOTES).split(maxsplit=1) or (b"",)
    return width <= WIDEST and width + 1 + len(word) > _NARROWEST


def may_go_on(block: Block | None, width: int, line: bytes) -> bool:
    """Whether *line* may be the middle of what was broken off the record of *block*."""
    if not isinstance(block, SingleRecord) or "\n" in block.record.text:
        return False
    return was_broken(width, line)


def join_wrapped(block: Block | None, width: int, line: bytes) -> SingleRecord | None:
    """Return the record of *block*, *width* characters of a log, with *line*; None if not wrapped.

    They belong together if the kernel says such a thing of a device, and neither part says it (at
    most, what is done without the device it is done to), or if the second part adds to what the
    first one says; a record of VexFS as long as it lacks something.
    """
    if not isinstance(block, SingleRecord) or "\n" in block.record.text:
        return None
    if _RESULT.match(line) is not None and _COMMAND.match(block.record.text) is not None:
        # libata prints both at once (ata_eh_link_report), whatever became of the newline.
        text = f"{block.record.text}\n{decode_text(line)}"
        return SingleRecord(replace(block.record, text=text))
    if block.record.text.startswith(_OWN):
        return _join_own(block, width, line)
    if not was_broken(width, line) or _PROMPT.match(line) is not None:
        return None
    # Deferred: most logs have no such line.
    from vexfsctl.logs.interpret import meaning_of
    from vexfsctl.logs.kernel.evidence import parse_evidence

    first = block.record
    rest = decode_text(line.lstrip(_QUOTES)).rstrip()
    # A line of quoted-printable that ends so goes on, within a word, too.
    begun = first.text[:-1] if first.text.endswith("=") else f"{first.text.rstrip()} "
    joined = replace(first, text=f"{begun}{rest}".lstrip())
    told, alone = parse_evidence(joined), parse_evidence(first)
    second = parse_evidence(LogRecord(rest, first.source))
    if told is None or told.general or (second is not None and second.device is not None):
        return None
    if alone is not None and alone.general:
        return SingleRecord(joined)
    if alone is None:
        return None if meaning_of(first) is not None else SingleRecord(joined)
    return SingleRecord(joined) if second is None and _adds(told, alone) else None


class _Joined(SingleRecord):
    """A record of VexFS that was broken, as far as it has come."""


def _join_own(block: SingleRecord, width: int, line: bytes) -> _Joined | None:
    """Return the record of VexFS in *block* with *line*; None if that is no part of it."""
    first, rest = block.record, decode_text(line).strip()
    # Before a long word, a line may be short; the first has no long words.
    broken = was_broken(width, line) or (isinstance(block, _Joined) and width <= WIDEST)
    in_quotes = first.text.count('"') % 2 == 1
    if first.facility is not None or not broken or not (in_quotes or _PAIR.match(rest)):
        return None
    # Deferred: most logs have no such line.
    from vexfsctl.logs.grammar import MAXIMUM_TEXT, parse_event

    if len(first.text) > MAXIMUM_TEXT:
        return None
    joined = replace(first, text=f"{first.text.rstrip()} {rest}")
    before, after = parse_event(first.text), parse_event(joined.text)
    if before is None or after is None:
        return None
    if isinstance(before, Unrecognised):
        return _Joined(joined)
    whole = not isinstance(after, Unrecognised) and after.extra == before.extra
    return _Joined(joined) if whole else None


def _adds(told: KernelEvidence, alone: KernelEvidence) -> bool:
    """Whether *told* says more than *alone*, and nothing else."""
    known = {name: value for name, value in asdict(alone).items() if value}
    return told != alone and replace(told, **known) == told
