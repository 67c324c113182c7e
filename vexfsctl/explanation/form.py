"""What an explanation is, and the list of names it is found under."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Subject(StrEnum):
    """What kind of thing is explained."""

    ERRNO = "errno"
    CODE = "code"
    """A return code of vexfs_ffi.h."""
    ERROR = "error"
    ERROR_FAMILY = "error_family"
    HINT = "hint"
    HINT_FLAGS = "hint_flags"
    SEVERITY = "severity"
    BREAKER_STATE = "breaker_state"
    OPERATION = "operation"
    """An operation type, which is also the key of its breaker."""
    CALL = "call"
    MODULE_STATE = "module_state"
    PRESENCE = "presence"
    DEGRADATION = "degradation"
    ACCESS_MODE = "access_mode"
    ATTRIBUTE = "attribute"
    RECORD = "record"
    """A kind of record in the log."""
    LINE = "line"
    """One line of a log."""
    EXIT_STATUS = "exit_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One meaning of a word or line. Prose is in sentences, with commands in backquotes."""

    subject: Subject
    name: str
    """The thing by its own name: `IoError.ReadError`, `EIO`, `half_open`."""
    meaning: str
    facts: Mapping[str, object] = field(default_factory=dict)
    """What is known of it as values: numbers, words, tuples and mappings of them."""
    impact: str | None = None
    """What it means for applications and for what is stored; None like the next three where
    there is nothing to say."""
    what_the_system_does: str | None = None
    what_you_do: str | None = None
    done_when: str | None = None
    """The command whose output proves that it is over, and that output."""
    see_also: tuple[str, ...] = ()
    """Words to explain next."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One thing there is to explain, and what it may be asked for by."""

    names: tuple[str, ...]
    """Its own name first."""
    explain: Callable[[], Explanation]
