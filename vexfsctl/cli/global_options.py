"""The options that every command takes, before or after its name, and where their values go.

Each is declared once, as a click option that stores its value in the `AppContext`; the outermost
level has copies that read the environment too.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from vexfsctl.cli.context import AppContext
from vexfsctl.cli.types import DIRECTORY_LIST, LOG_SOURCE, PATH, SECONDS
from vexfsctl.config.configuration import Configuration
from vexfsctl.config.reading import STANDARD_FILE, StandardFileUnreadable, read_configuration
from vexfsctl.exceptions import Problem, VexfsctlException
from vexfsctl.render.choices import ColourChoice, OutputFormat

if TYPE_CHECKING:
    from vexfsctl.config.settings import Override


class GlobalOption(click.Option):
    """An option that reads the environment of the surroundings, not of this process."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the value in the environment; None if there is none."""
        if not isinstance(self.envvar, str):
            return None
        return ctx.ensure_object(AppContext).surroundings.environ.get(self.envvar) or None


def _stores(
    attribute: str, convert: Callable[[Any], object] = lambda value: value
) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keep the last value of an option that takes one value."""

    def store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        if _counts(ctx, param, attribute):
            setattr(ctx.ensure_object(AppContext), attribute, convert(value))

    return store


def _adds(
    attribute: str, convert: Callable[[str], object]
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], None]:
    """Collect the values of a repeatable option over all levels."""

    def add(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
        app, given = ctx.ensure_object(AppContext), _given(ctx)
        on_command_line = attribute in given and given[attribute].on_command_line
        earlier = getattr(app, attribute) if on_command_line else ()
        if _counts(ctx, param, attribute):
            setattr(app, attribute, (*earlier, *map(convert, value)))

    return add


def _absolute(path: Path) -> Path:
    # A current directory that was removed has no name, and no file in it either.
    with suppress(FileNotFoundError):
        return path.absolute()
    return path


def _counts(ctx: click.Context, param: click.Parameter, attribute: str) -> bool:
    """Whether a value was given for *attribute*, and not by an environment already overridden."""
    source, given = ctx.get_parameter_source(param.name or ""), _given(ctx)
    if source is ParameterSource.ENVIRONMENT:
        decision = given.setdefault(attribute, Decision(str(param.envvar), on_command_line=False))
        return not decision.on_command_line
    if source is ParameterSource.COMMANDLINE:
        given[attribute] = Decision(param.opts[0], on_command_line=True)
        return True
    return False


class Decision(NamedTuple):
    """What has set an attribute of `AppContext`."""

    name: str
    """Of the option, or of the environment variable."""
    on_command_line: bool


def decided_options(ctx: click.Context) -> Mapping[str, Decision]:
    """Return what option or environment has set, by attribute of `AppContext`."""
    return _given(ctx)


def _given(ctx: click.Context) -> dict[str, Decision]:
    """What has set each attribute so far, at any level."""
    given: dict[str, Decision] = ctx.meta.setdefault("vexfsctl.given", {})
    return given


def _options(*, environment: bool) -> list[GlobalOption]:
    def option(*names: str, **keywords: Any) -> GlobalOption:
        variable = f"VEXFSCTL_{names[0].removeprefix('--').replace('-', '_').upper()}"
        # --json is short for an option that has a variable already.
        if environment and names[0] != "--json":
            keywords |= {"envvar": variable, "show_envvar": True}
        # Eager: then an error in a command's own options is reported in the format asked for.
        return GlobalOption(names, expose_value=False, is_eager=True, **keywords)

    return [
        option(
            "--config",
            metavar="FILE",
            type=PATH,
            callback=_stores("config_file", _absolute),
            help=f"Read settings from FILE, vexfsctl.toml(5). Default: {STANDARD_FILE}, if there "
            "is one.",
        ),
        option(
            "--sysfs-root",
            metavar="DIR",
            type=DIRECTORY_LIST,
            multiple=True,
            callback=_adds("roots", Path),
            help="Read volumes under DIR instead of /sys/fs/vexfs, /run/vexfs and "
            "$XDG_RUNTIME_DIR/vexfs; repeatable.",
        ),
        option(
            "--log",
            metavar="SOURCE",
            type=LOG_SOURCE,
            multiple=True,
            callback=_adds("logs", str),
            help="Read records from SOURCE: kmsg, journal, journal:DIR, journal@NAMESPACE, pstore, "
            "a file, a directory, or - for standard input; repeatable. Default: where the volumes "
            "write theirs.",
        ),
        option(
            "--format",
            type=click.Choice([name.value for name in OutputFormat]),
            callback=_stores("output", OutputFormat),
            help="Output format. Default: table.",
        ),
        option(
            "--json",
            is_flag=True,
            callback=_stores("output", lambda _: OutputFormat.JSON),
            help="Short for --format json.",
        ),
        option(
            "--color",
            type=click.Choice([choice.value for choice in ColourChoice]),
            callback=_stores("color", ColourChoice),
            help="When to use colour. Default: auto, on a terminal.",
        ),
        option(
            "--no-pager",
            is_flag=True,
            callback=_stores("pager", lambda never: not never),
            help="Never page a long answer.",
        ),
        option(
            "--quiet", "-q", is_flag=True, callback=_stores("quiet"),
            help="Print no notes and no progress.",
        ),
        option(
            "--verbose", "-v", is_flag=True, callback=_stores("verbose"),
            help="Also print what was read.",
        ),
        option(
            "--timeout",
            metavar="SECONDS",
            type=SECONDS,
            callback=_stores("timeout"),
            help="Time limit for each answer of a source (default 2), or for each wait of a "
            "command that waits (default 30). Waiting for a processor does not count, and a driver "
            "that is only busy has three times as long.",
        ),
    ]  # fmt: skip


GLOBAL_OPTIONS = _options(environment=False)
"""As every command takes them."""

ENVIRONMENT_OPTIONS = _options(environment=True)
"""As the outermost level takes them: with their environment variables."""


_OPTIONS = ("roots", "logs", "output", "color", "pager", "quiet", "verbose")
"""Settings that are also options, by the name that both have in `AppContext`."""


def configure(app: AppContext, decided: Collection[str]) -> None:
    """Take from the file what is not *decided* by an option or the environment.

    Raises ConfigurationInvalid. A standard file that may not be read only gets a warning.
    """
    try:
        configuration = read_configuration(app.config_file, app.surroundings.config_file)
    except StandardFileUnreadable as failure:
        app.terminal.warn(Problem.of(failure))
        return
    apply_configuration(app, configuration, decided)


def apply_configuration(
    app: AppContext, configuration: Configuration, decided: Collection[str]
) -> None:
    """Take the settings of *configuration* that are not *decided* otherwise."""
    app.configuration = configuration
    for name in _OPTIONS:
        if name not in decided:
            setattr(app, name, getattr(configuration, name))
    if configuration.file is not None:
        app.terminal.detail(f"configuration: {configuration.file}")


def overriding(app: AppContext, decided: Mapping[str, Decision]) -> "Mapping[str, Override]":
    """Return the settings that are *decided* by option or environment, by their fields."""
    from vexfsctl.config.settings import Origin, Override, Source

    # How long a source may take is set by an option in seconds.
    values = {name: getattr(app, name) for name in _OPTIONS if name in decided}
    sources = {name: decided[name] for name in values}
    if app.timeout is not None:
        values["source_timeout_ms"] = round(app.timeout * 1_000)
        sources["source_timeout_ms"] = decided["timeout"]
    return {
        name: Override(
            value,
            Source(
                Origin.OPTION if sources[name].on_command_line else Origin.ENVIRONMENT,
                sources[name].name,
            ),
        )
        for name, value in values.items()
    }


def configure_completion(app: AppContext) -> None:
    """Let completions see what commands would see; options already typed win later."""
    app.configuration = _peek(app)
    app.roots, app.logs = app.configuration.roots, app.configuration.logs


def configured_format(app: AppContext) -> OutputFormat:
    """Return the format for refusing a command line that was not parsed to its end."""
    return _peek(app).output


def _peek(app: AppContext) -> Configuration:
    """Read the file where a failure to read it is not what should be reported."""
    variable = app.surroundings.environ.get("VEXFSCTL_CONFIG")
    named = app.config_file or (Path(variable) if variable else None)
    with suppress(VexfsctlException):
        return read_configuration(named, app.surroundings.config_file)
    return Configuration()
