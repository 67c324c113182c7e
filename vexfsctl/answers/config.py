"""What `config show` and `config check` answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.config.settings import Origin, Setting
from vexfsctl.exceptions import ConfigurationInvalid, Problem
from vexfsctl.model.coverage import Coverage
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table, Tone


@dataclass(frozen=True, slots=True)
class CheckedConfiguration:
    """A configuration file, and whether it can be used."""

    file: Path | None
    """None if there is none."""
    valid: bool
    settings: int
    """How many it sets."""


def config_show(
    settings: Sequence[Setting], file: Path | None, standard: Path, named_by: str | None
) -> CommandResult:
    """Answer `config show`: each setting with its value, and what gave it that value.

    *named_by* is the option or variable that named the *file*, if one did.
    """
    beside = f" (named by {named_by})" if named_by else ""
    read = Paragraph((f"configuration file: {_called(file, standard)}{beside}",))
    return CommandResult(
        "config.show",
        tuple(settings),
        body=(read, Table(_COLUMNS, settings)),
        coverage=Coverage() if file is None else Coverage(sources=(str(file),)),
    )


def config_check(file: Path | None, settings: int, standard: Path) -> CommandResult:
    """Answer `config check` of a file without mistakes, or of no file."""
    count = "1 setting" if settings == 1 else f"{settings} settings"
    words = "nothing to check" if file is None else f"valid, {count}"
    return CommandResult(
        "config.check",
        CheckedConfiguration(file, valid=True, settings=settings),
        body=(Paragraph((f"{_called(file, standard)}: {words}",)),),
    )


def config_invalid(file: Path, refusal: ConfigurationInvalid) -> CommandResult:
    """Answer `config check` of a file with mistakes: all of them."""
    count = len(refusal.messages)
    words = "1 mistake" if count == 1 else f"{count} mistakes"
    return CommandResult(
        "config.check",
        CheckedConfiguration(file, valid=False, settings=0),
        body=(Paragraph((f"{file}: {words}",)),),
        problems=Problem.each_of(refusal),
        exit_status=refusal.exit_status,
    )


def _called(file: Path | None, standard: Path) -> str:
    return f"none ({standard} is the usual place)" if file is None else str(file)


def _value(setting: Setting) -> str:
    match setting.value:
        case bool():
            return str(setting.value).lower()
        case tuple():
            return ", ".join(setting.value) or str(setting.unset)
        case _:
            return str(setting.value)


_COLUMNS = (
    Column("SETTING", lambda setting: setting.name),
    Column("VALUE", _value, wraps=True),
    Column(
        "FROM",
        lambda setting: setting.where or setting.origin,
        tone=lambda setting: Tone.DIM if setting.origin is Origin.DEFAULT else Tone.STRONG,
    ),
)
