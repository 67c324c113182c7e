"""`vexfsctl config`: the settings in force, and whether the configuration file can be used."""

import click

from vexfsctl.cli.command import Group, UnconfiguredCommand
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.global_options import apply_configuration, decided_options, overriding
from vexfsctl.config.reading import read_configuration, read_lines
from vexfsctl.exceptions import ConfigurationInvalid


@click.group(
    "config",
    cls=Group,
    epilog="""\
Examples:
  vexfsctl config show
  vexfsctl config check
""",
)
def config() -> None:
    """Show the settings in force, and check the configuration file.

    vexfsctl.toml(5) says what each setting means.
    """


@config.command(
    "show",
    epilog="""\
Examples:
  vexfsctl config show                         what applies on this host
  vexfsctl config show --config new.toml       what would apply with this file
  VEXFSCTL_TIMEOUT=5s vexfsctl config show --json
""",
)
@pass_app
def show_settings(app: AppContext) -> None:
    """Show every setting with its value, and what gave it that value.

    That is its default, a line of the file, an environment variable, or an option of this very
    command line. A key of [breaker] is shown with the value of most operation types; those with
    another value follow it.
    """
    # Deferred, so that help needs no attribute table.
    from vexfsctl.answers.config import config_show
    from vexfsctl.config.settings import InForce

    decided, configuration = decided_options(click.get_current_context()), app.configuration
    in_force = InForce(configuration, read_lines(configuration), overriding(app, decided))
    standard, named = app.surroundings.config_file, decided.get("config_file")
    named_by = None if named is None else named.name
    app.show(config_show(in_force.settings(), configuration.file, standard, named_by))


@config.command(
    "check",
    cls=UnconfiguredCommand,
    epilog="""\
Examples:
  vexfsctl config check                        before the next command refuses the file
  vexfsctl config check --config new.toml && install new.toml /etc/vexfsctl/config.toml
""",
)
@pass_app
def check_configuration(app: AppContext) -> None:
    """Check the configuration file: print all its mistakes, with their lines.

    The exit status is 0 if it is valid or there is none, 2 if it has mistakes or the file that was
    named cannot be read, and 3 if this user may not read the standard file.
    """
    from vexfsctl.answers.config import config_check, config_invalid
    from vexfsctl.config.settings import InForce, Origin

    standard = app.surroundings.config_file
    try:
        configuration = read_configuration(app.config_file, standard)
    except ConfigurationInvalid as refusal:
        app.show(config_invalid(app.config_file or standard, refusal))
        return
    apply_configuration(app, configuration, decided_options(click.get_current_context()))
    settings = InForce(configuration, read_lines(configuration), {}).settings()
    count = sum(setting.origin is Origin.FILE for setting in settings)
    app.show(config_check(configuration.file, count, standard))
