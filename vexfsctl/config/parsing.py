"""A `Configuration` from the text of a file, or everything that is wrong with that text."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from vexfsctl.config.configuration import Configuration
from vexfsctl.config.declaration import TABLES, AttributeKey, FieldKey, Key, TableOf
from vexfsctl.config.lines import KeyPath, line_of, locate
from vexfsctl.config.types import ListOf, SettingType, kind_of, shown
from vexfsctl.exceptions import ConfigurationInvalid
from vexfsctl.model.operations import OperationType

MAXIMUM_LINE = 4_096
"""Bytes; `tomllib` takes minutes over a longer dotted key."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_SYNTAX = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
# tomllib names a table as Python writes a tuple: Cannot declare ('breaker', 'sync') twice.
_NAME = re.compile(r"\((?:'[^']*',? ?)+\)")
_QUOTED = re.compile(r"'([^']*)'")
_WAY_OUT = "see vexfsctl.toml(5), or go without: --config /dev/null"


def parse_configuration(data: bytes, file: Path) -> Configuration:
    """Return the settings in *data* of *file*; raise ConfigurationInvalid with all mistakes."""
    if not data.strip():
        return Configuration(file)
    reader, _ = _read(data, file)
    return Configuration(file, reader.attributes, **reader.fields)


def locate_settings(data: bytes, file: Path) -> Mapping[str, int | None]:
    """Return the line of each setting in *data*, by field of `Configuration` or by attribute.

    A line is None in a file that would take too long to search. Raises ConfigurationInvalid.
    """
    reader, text = _read(data, file)
    lines = locate(text)
    return {name: line_of(path, lines) for name, path in reader.places.items()}


def _read(data: bytes, file: Path) -> "tuple[_Reader, str]":
    """Return what is set, and the text that sets it; raise ConfigurationInvalid."""
    text = _decode(data, file)
    reader = _Reader()
    reader.read(_load(text, file))
    if reader.findings:
        lines = locate(text)
        raise _invalid(
            file,
            [
                (line_of(path, lines), f"{_written(path)}: {words}")
                for path, words in reader.findings
            ],
        )
    return reader, text


def _decode(data: bytes, file: Path) -> str:
    for number, content in enumerate(data.split(b"\n"), start=1):
        if len(content) > MAXIMUM_LINE:
            raise _invalid(file, [(number, f"a line longer than {MAXIMUM_LINE} bytes")])
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        raise _invalid(file, [(line, f"not UTF-8: byte 0x{data[cause.start]:02x}")]) from cause


def _load(text: str, file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _invalid(file, [(1, "not TOML: brackets nested too deeply")]) from None
    except ValueError as cause:
        line, words = _syntax_error(str(cause), text)
        raise _invalid(file, [(line, f"not TOML: {words}")]) from cause


def _syntax_error(message: str, text: str) -> tuple[int, str]:
    """Return line and words of an error of tomllib, or of Python about a number too long."""
    match = _SYNTAX.fullmatch(message)
    if match is None:
        return 1, message
    what = _NAME.sub(lambda name: f"[{'.'.join(_QUOTED.findall(name[0]))}]", match["what"])
    if match["line"] is None:
        return text.rstrip().count("\n") + 1, f"{what}, at the end of the file"
    return int(match["line"]), f"{what}, column {match['column']}"


def _invalid(file: Path, findings: Iterable[tuple[int | None, str]]) -> ConfigurationInvalid:
    in_order = sorted(findings, key=lambda finding: (finding[0] or 0, finding[1]))
    messages = [f"{file}{'' if line is None else f':{line}'}: {words}" for line, words in in_order]
    return ConfigurationInvalid(*messages, hint=_WAY_OUT)


@dataclass(slots=True)
class _Reader:
    """Walks through the tables of one file and collects what they set and what is wrong."""

    findings: list[tuple[KeyPath, str]] = field(default_factory=list)
    attributes: dict[str, int] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    places: dict[str, KeyPath] = field(default_factory=dict)
    """Which key has set each attribute and field."""

    def read(self, document: Mapping[str, object]) -> None:
        """Take the settings of *document*."""
        for name, value in document.items():
            if name in TABLES:
                self._read_table(TABLES[name], (name,), value)
            else:
                self._tell_unknown((name,), TABLES)

    def _read_table(
        self,
        declared: TableOf,
        path: KeyPath,
        value: object,
        operation: OperationType | None = None,
    ) -> None:
        table = self._table(path, value)
        inner = tuple(OperationType) if declared.per_operation and operation is None else ()
        for name, entry in table.items():
            if name in declared.keys:
                self._set(declared.keys[name], (*path, name), entry, operation)
            elif name not in inner:
                self._tell_unknown((*path, name), (*declared.keys, *inner))
        # Last, so that one operation type overrides all of them wherever it stands in the file.
        for each in inner:
            if each in table:
                self._read_table(declared, (*path, str(each)), table[each], each)

    def _set(self, key: Key, path: KeyPath, value: object, operation: OperationType | None) -> None:
        accepted = self._accept(path, key.type, value)
        if accepted is None:
            return
        match key:
            case AttributeKey():
                self.attributes |= dict.fromkeys(key.paths(operation), accepted)
                self.places |= dict.fromkeys(key.paths(operation), path)
            case FieldKey():
                self.fields[key.field] = accepted
                self.places[key.field] = path

    def _accept(self, path: KeyPath, type_: SettingType, value: object) -> Any:
        """Return what *value* means; note what is wrong with it and return None."""
        try:
            accepted = type_.accept(value)
        except ValueError as cause:
            return self._tell(path, str(cause))
        if not isinstance(type_, ListOf):
            return accepted
        items = [self._accept((*path, i), type_.item, item) for i, item in enumerate(accepted)]
        return tuple(item for item in items if item is not None)

    def _table(self, path: KeyPath, value: object) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self._tell(path, f"{kind_of(value)}, not a table: write [{_written(path)}] above its keys")
        return {}

    def _tell_unknown(self, path: KeyPath, known: Iterable[str]) -> None:
        near = get_close_matches(str(path[-1]), list(known), n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        self._tell(path, f"unknown setting; {hint}")

    def _tell(self, path: KeyPath, words: str) -> None:
        self.findings.append((path, words))


def _written(path: KeyPath) -> str:
    """Return *path* as a person writes it: `breaker.storage`, `sources.logs[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        # A name may be quoted and hold anything.
        name = part if _BARE_KEY.fullmatch(part) else shown(part)
        text += f".{name}" if text else name
    return text
