"""What a line may have where its template has a field: how it looks and what it says.

A template (see `form`) names its fields after what they say. The shapes are all bounded or end the
line, so that matching stays linear however long and hostile a line is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vexfsctl.catalogue import lookup
from vexfsctl.catalogue.lookup import ERRORS, KERNEL_CODES, parse_error_message
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import ModuleState

Values = Mapping[str, Any]
"""Fields of an `UpstreamEvent` by name."""

_TEXT = r".{0,1024}?"
_REST = r".*"
_NUMBER = r"\d{1,20}"
_WORD = r"\S{1,255}?"
_ID_BEGINS = "CORR-"
_CORRELATION = rf"{_ID_BEGINS}[0-9A-F]{{16}}"
_LONGEST_MESSAGE = 512

SHAPES: Mapping[str, str] = {
    "d": r"-?\d{1,20}",
    "count": _NUMBER,
    "x": r"(?:0x)?[0-9a-fA-F]{1,16}",
    "f": r"-?\d{1,20}(?:\.\d{1,20})?",
    "w": _WORD,
    "t": _TEXT,
}
"""Fields that are skipped: number, count, hexadecimal and decimal number, word, text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of templates."""

    pattern: str
    read: Callable[[str], Values]
    """What the text that stands there says."""
    begins: str = ""
    """What every such text begins with."""


CALL_OPERATIONS: Mapping[str, OperationType] = {
    **dict.fromkeys(
        ("fill_super", "get_statfs", "put_super", "cleanup_superblock"), OperationType.SUPERBLOCK
    ),
    **dict.fromkeys(
        ("new_inode", "init_inode", "write_inode", "destroy_inode", "read_inode"),
        OperationType.INODE,
    ),
    **dict.fromkeys(
        ("create_file", "open_file", "release_file", "read_file", "write_file"), OperationType.FILE
    ),
    **dict.fromkeys(("lookup_inode", "readdir"), OperationType.DIRECTORY),
    **dict.fromkeys(("sync_fs", "fsync_file"), OperationType.SYNC),
    **dict.fromkeys(
        ("read_block", "write_block", "verify_block", "allocate_block", "free_block"),
        OperationType.STORAGE,
    ),
    **dict.fromkeys(("test_vector_ops", "vector_search", "vector_store"), OperationType.VECTOR),
}
"""Operation type of each call into the Rust part: inferred, the builds themselves have no map."""

_HANG_PREVENTION_OPERATIONS: Mapping[str, OperationType | None] = {
    "FileRead": OperationType.FILE,
    "FileWrite": OperationType.FILE,
    "DirectoryLookup": OperationType.DIRECTORY,
    "DirectoryCreate": OperationType.DIRECTORY,
    "InodeAllocation": OperationType.INODE,
    "BlockAllocation": OperationType.STORAGE,
    "VectorSearch": OperationType.VECTOR,
    "VectorStore": OperationType.VECTOR,
    "FFICall": None,
    "Mount": OperationType.SUPERBLOCK,
    "Unmount": OperationType.SUPERBLOCK,
    "Sync": OperationType.SYNC,
    "Journal": OperationType.STORAGE,
}
"""`OperationType` of system_hang_prevention.rs, printed with `{:?}`."""

_LEVELS: Mapping[str, str] = {
    "Normal": "normal",
    "LightDegradation": "light",
    "ModerateDegradation": "moderate",
    "HeavyDegradation": "heavy",
    "ReadOnlyMode": "read_only",
    "EmergencyMode": "emergency",
}
"""`DegradationLevel` of system_hang_prevention.rs in our words."""

_TOKENS = {"DEBUG": "low", "INFO": "medium", "WARNING": "high", "ERR": "critical"}
"""Level tokens of the Rust part, which makes them from the severity (ffi/error_handling.rs)."""

_REQUESTS = {"read_file": "read", "write_file": "write", "fsync_file": "fsync", "sync_fs": "syncfs"}
"""FUSE requests that ask for the same, for the meaning of an errno."""

_STATES = tuple(ModuleState)
_NAMES = {error.name for error in ERRORS}


def error_for_code(code: int, call: str | None = None) -> str | None:
    """Return the catalogue name that return code *code* of *call* most likely stands for."""
    error = lookup.error_for_code(code, _REQUESTS.get(call or "", ""))
    return None if error is None else error.name


def _integer(name: str, pattern: str = _NUMBER) -> Field:
    return Field(pattern, lambda text: {name: int(text)})


def _identifier(name: str) -> Field:
    return Field(_CORRELATION, lambda text: {name: CorrelationId.parse(text)}, _ID_BEGINS)


def _state(name: str) -> Field:
    return Field(r"\d{1,3}", lambda text: {name: _state_word(int(text))})


def _state_word(number: int) -> str:
    return _STATES[number].value if number < len(_STATES) else str(number)


def _level(name: str) -> Field:
    return Field(r"\w{1,32}", lambda text: {name: _LEVELS.get(text, text)})


def _read_call(text: str) -> Values:
    return {"call": text, "operation": CALL_OPERATIONS.get(text)}


def _read_operation(text: str) -> Values:
    return {"call": text, "operation": _HANG_PREVENTION_OPERATIONS.get(text)}


def _read_type(text: str) -> Values:
    word = text.lower()
    return {"operation": OperationType(word)} if word in set(OperationType) else {}


def _read_code(text: str) -> Values:
    # A ten-digit bound in the pattern keeps int() cheap; the kernel prints an `int`.
    code = int(text)
    return {"code": code, "errno": -code if code in KERNEL_CODES else None}


def _read_severity(text: str) -> Values:
    return {"severity": Severity.from_word(text)}


def _read_token(text: str) -> Values:
    word = _TOKENS.get(text.strip())
    return {} if word is None else {"token": Severity.from_word(word)}


@lru_cache(maxsize=1024)
def _error_in(text: str) -> str:
    return parse_error_message(text)[0].error.name


def _read_message(text: str) -> Values:
    # No message of VexFS's is longer; a hostile one costs a hundred patterns per character.
    return {"error": _error_in(text[:_LONGEST_MESSAGE])}


def _read_debug(text: str) -> Values:
    """Read an error printed with `{:?}`: `Busy`, `IoError(ReadError)`, `InvalidInode(12)`."""
    family, _, payload = text.partition("(")
    name = f"{family}.{payload.rstrip(')')}"
    known = next((each for each in (name, family) if each in _NAMES), None)
    return {"error": known}


FIELDS: Mapping[str, Field] = {
    "number": _integer("number"),
    "inode": _integer("inode"),
    "block": _integer("block"),
    "size": _integer("size"),
    "lost": _integer("size", r"[1-9]\d{0,18}"),
    "rate": _integer("rate_pct", r"\d{1,3}"),
    "id": _identifier("id"),
    "alias": _identifier("alias"),
    "before_state": _state("before"),
    "after_state": _state("after"),
    "before_level": _level("before"),
    "after_level": _level("after"),
    "call": Field(r"\w{1,64}", _read_call),
    "op": Field(r"\w{1,32}", _read_operation),
    "type": Field(r"\w{1,32}", _read_type),
    "code": Field(r"-?\d{1,10}", _read_code),
    "device": Field(r"\S{1,255}", lambda text: {"device": text.removeprefix("/dev/")}),
    "severity": Field(r"Low|Medium|High|Critical", _read_severity),
    "token": Field(r"(?: (?:DEBUG|INFO|WARNING|ERR))?", _read_token),
    "message": Field(_TEXT, _read_message),
    "debug": Field(_TEXT, _read_debug),
    "macro": Field(r"(?: (?:error|warning|info|debug))?", lambda _: {}),
    "variant": Field(r"SAFE (?:FFI|MODE)", lambda _: {}),
    "served": Field(r"(?:, using fallback)?", lambda _: {}),
    "pool": Field(r"memory_pool(?:_blocks?)?", lambda _: {}),
}
"""Fields that say something, by the name they have in templates."""


def pattern_of(name: str, *, last: bool) -> str:
    """Return the shape of the field called *name*; free text that ends a line has no bound."""
    shape = SHAPES[name] if name in SHAPES else FIELDS[name].pattern
    if last:
        # A lazy shape at the end of a full match would be tried once for each length.
        return {_TEXT: _REST, _WORD: r"\S{1,255}"}.get(shape, shape)
    return shape


def read_fields(match: re.Match[str]) -> dict[str, Any]:
    """Return all that the fields of a matching line say; later fields go before earlier ones."""
    values: dict[str, Any] = {}
    for name, text in match.groupdict().items():
        values |= FIELDS[name].read(text)
    return values
