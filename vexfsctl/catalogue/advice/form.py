"""The form of the advice about an error, and the sentences that many errors share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """What an error means to a person, in sentences. Commands stand in backquotes.

    Capitals in a command (`VOLUME`, `DEVICE`, `FILE`, `DIRECTORY`, `ID`) are to be filled in;
    `{name}` is the name of the error.
    """

    meaning: str
    """What happened."""
    impact: str
    """What it means for applications and for what is stored."""
    what_you_do: str
    """What is left for a person to do after the hints that VexFS carries out by itself."""
    done_when: str
    """The command whose output proves that it is over, and that output."""
    by_itself: str | None = None
    """What VexFS does by itself beyond what follows from errno and hints."""


NO_NEW_ONES = "`vexfsctl errors --error {name} --since 1h` lists nothing"
"""The error itself has stopped."""

NOTHING_LOST = "Nothing stored was changed or lost."
REFUSED_ONLY = "This one call was refused; nothing stored was changed."

RESTORE = (
    "VexFS has no fsck of its own that works: copy off what reads, unmount, and restore the rest "
    "from a copy onto a new filesystem."
)
RESTORED = f"`diff -r DIRECTORY COPY` prints nothing after the restore, and {NO_NEW_ONES}."

CALLER_AT_FAULT = "Correct the request in the program that made it; the volume needs nothing."
