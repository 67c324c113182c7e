"""What a line begins, if need be without decoration, or by what surely stands in it.

Three attempts in this order: *strict*, a head that is known all through and a text; the same behind
*decoration*; *loose*, a text that is the kernel's wherever it stands (`later_attempts`). What user
space can put into a log must not become a record in one of the later attempts: so they are not made
for what may be further lines of a program's message.
"""

from dataclasses import dataclass

from vexfsctl.logs.formats.blocks import Block, SingleRecord
from vexfsctl.logs.formats.lines import begin_block
from vexfsctl.logs.formats.renderings import Reading, as_read
from vexfsctl.model.unread import Unread


@dataclass(frozen=True, slots=True)
class Begun:
    """What a line begins."""

    block: Block | None
    """None if it is no record."""
    unread: Unread | None = None
    """Why it is none."""
    decoration: bytes | None = None
    """What may be taken off the lines after it, too."""
    alone: bool = False
    """Whether it told neither a time nor who wrote it."""
    loose: bool = False
    """Whether nobody knows what stands before its text."""


def begin(line: bytes, reading: Reading, before: bytes, *, follows: bool) -> Begun:
    """Return what *line* begins.

    *before* is the line that the record before it began with; *follows*: directly.
    """
    block = begin_block(line, reading)
    if block is not None:
        return Begun(block)
    # Deferred: of most logs, every line is read at the first attempt.
    from vexfsctl.logs.pasted.later_attempts import begin_later

    return begin_later(line, reading, before, follows=follows)


def capped(block: Block, reading: Reading) -> Block:
    """Return *block* with the record in it as it may be believed."""
    if isinstance(block, SingleRecord):
        block.record = as_read(block.record, reading)
    return block
