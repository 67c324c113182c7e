"""Click parameter types that use this project's own parsers."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vexfsctl.cli.param_type import ParamType
from vexfsctl.model.units import parse_duration, parse_size

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from vexfsctl.sysfs.attributes import Attribute


class DurationType(ParamType[int]):
    """Milliseconds, more than zero, as `parse_duration` reads them."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return milliseconds."""
        return value if isinstance(value, int) else _milliseconds(self, value, param, ctx)


class SecondsType(ParamType[float]):
    """The same, in seconds."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        return value if isinstance(value, float) else _milliseconds(self, value, param, ctx) / 1_000


class SizeType(ParamType[int]):
    """Bytes, as `parse_size` reads them."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes."""
        if isinstance(value, int):
            return value
        try:
            return parse_size(value)
        except ValueError as cause:
            self.fail(str(cause), param, ctx)


class KeyValueType(ParamType[str]):
    """`KEY=VALUE`, not split; the shell completes the keys, and words or the default as values."""

    name = "key=value"

    def __init__(self, keys: "Mapping[str, Attribute]") -> None:
        self.keys = keys

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is: which values are valid depends on the key."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the keys; behind one, its values."""
        from click.shell_completion import CompletionItem

        key, equals, _ = incomplete.partition("=")
        if not equals:
            return [
                CompletionItem(f"{key}=", help=each.meaning.partition(".")[0])
                for key, each in self.keys.items()
            ]
        if key not in self.keys:
            return []
        attribute = self.keys[key]
        words = dict.fromkeys(getattr(attribute.type, "words", ()), "")
        values = words or {attribute.default: f"default; {attribute.type.name}"}
        return [CompletionItem(f"{key}={value}", help=told) for value, told in values.items()]


class PathType(ParamType[Path]):
    """A path as written. It is not touched: click's own type calls stat, which may hang."""

    name = "path"

    def __init__(self, completion: str = "file") -> None:
        self._completion = completion

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        if "\0" in str(value):
            self.fail("a path cannot contain a zero byte", param, ctx)
        return Path(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Let the shell complete the path."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self._completion)]


class PathListType(ParamType[str]):
    """Text; in an environment variable, a list separated by colons like PATH."""

    name = "text"
    envvar_list_splitter = ":"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is."""
        return str(value)


class DirectoryListType(PathListType):
    """Such a list of directories."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Let the shell complete the path."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="dir")]


class LogSourceType(PathListType):
    """A log source as written; in an environment variable, `journal:DIR` keeps its colon."""

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the items of a list."""
        # Deferred: few set the variable.
        from vexfsctl.logs.files.names import split_names

        return split_names(rv)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the words, and let the shell complete a path; behind `journal:` a directory."""
        from click.shell_completion import CompletionItem

        from vexfsctl.logs.files.names import JOURNAL, WORDS

        before = f"{JOURNAL}:"
        if incomplete.startswith(before):
            return [CompletionItem(incomplete, type="dir", before_path=before)]
        words = [CompletionItem(word) for word in (*WORDS, before)]
        return [*words, CompletionItem(incomplete, type="file")]


class LogTargetType(PathListType):
    """Where records go: `kmsg`, or a file."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Offer the word, and let the shell complete a path."""
        from click.shell_completion import CompletionItem

        from vexfsctl.logs.formats.kmsg import SOURCE_NAME

        return [CompletionItem(SOURCE_NAME), CompletionItem(incomplete, type="file")]


PATH = PathType()
DIRECTORY_LIST = DirectoryListType()
LOG_SOURCE = LogSourceType()
LOG_TARGET = LogTargetType()
DIRECTORY = PathType("dir")
DURATION = DurationType()
SECONDS = SecondsType()
SIZE = SizeType()


def _milliseconds(
    type_: ParamType[Any],
    text: str,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> int:
    try:
        duration_ms = parse_duration(text)
    except ValueError as cause:
        type_.fail(str(cause), param, ctx)
    if duration_ms <= 0:
        type_.fail("must be greater than 0", param, ctx)
    return duration_ms
