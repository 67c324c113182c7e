"""The configuration file put in force, below what options and environment say."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from vexfsctl.cli.context import AppContext
from vexfsctl.config.configuration import Configuration
from vexfsctl.config.reading import StandardFileUnreadable, read_configuration
from vexfsctl.exceptions import VexfsctlException
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.result import Problem

_OPTIONS = ("roots", "logs", "output", "color", "pager", "quiet", "verbose")
"""Settings that are options too, under the name that both have in `AppContext`."""


def configure(app: AppContext, decided: Collection[str]) -> None:
    """Let the file say what is not *decided* by an option or the environment.

    Raises ConfigurationInvalid. That the standard file may not be read is told, and no more.
    """
    try:
        configuration = read_configuration(app.config_file, app.surroundings.config_file)
    except StandardFileUnreadable as failure:
        app.warn(Problem.of(failure))
        return
    app.configuration = configuration
    for name in _OPTIONS:
        if name not in decided:
            setattr(app, name, getattr(configuration, name))
    if configuration.file is not None:
        app.detail(f"configuration: {configuration.file}")


def configure_completion(app: AppContext) -> None:
    """Let the shell complete what commands would see; options that it has typed win later."""
    app.configuration = _peek(app)
    app.roots = app.configuration.roots


def configured_format(app: AppContext) -> OutputFormat:
    """Return the format of a refusal to a command line that was not parsed to its end."""
    return _peek(app).output


def _peek(app: AppContext) -> Configuration:
    """Read the file where a failure of it is not what is to be told."""
    variable = app.surroundings.environ.get("VEXFSCTL_CONFIG")
    named = app.config_file or (Path(variable) if variable else None)
    with suppress(VexfsctlException):
        return read_configuration(named, app.surroundings.config_file)
    return Configuration()
