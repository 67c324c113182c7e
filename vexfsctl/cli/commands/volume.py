"""`vexfsctl volume`: one volume whole, and what of it can be set."""

import click

from vexfsctl.cli.changes import Change, Consent, Outcome, change_result, consent_options
from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.settings import Task, carry_out_settings, parse_settings, value_at
from vexfsctl.cli.targets import VOLUME, Target, consult
from vexfsctl.cli.types import KeyValueType
from vexfsctl.cli.volume_reports import volume_list, volume_show
from vexfsctl.model.volume import Volume
from vexfsctl.sysfs.attributes import VOLUME_KEYS


@click.group(
    "volume",
    cls=Group,
    epilog="""\
Examples:
  vexfsctl volume list
  vexfsctl volume show loop0
  vexfsctl volume set loop0 access_mode=ro
""",
)
def volume() -> None:
    """Show volumes whole; set access mode and retries."""


@volume.command(
    "list",
    epilog="""\
Examples:
  vexfsctl volume list
  vexfsctl volume list 'loop*' --json
""",
)
@click.argument("volumes", metavar="[VOLUME]...", type=VOLUME, nargs=-1)
@pass_app
def list_volumes(app: AppContext, volumes: tuple[Target, ...]) -> None:
    """List the volumes of this host, those that do not answer included."""
    app.show(volume_list(consult(app, volumes)))


@volume.command(
    "show",
    epilog="""\
Examples:
  vexfsctl volume show loop0
  vexfsctl volume show loop0 --json
""",
)
@click.argument("volumes", metavar="VOLUME...", type=VOLUME, nargs=-1, required=True)
@pass_app
def show_volumes(app: AppContext, volumes: tuple[Target, ...]) -> None:
    """Show everything the attribute tree of VOLUME says, breakers in short."""
    app.show(volume_show(consult(app, volumes), app.clock.now_ns()))


@volume.command(
    "set",
    epilog="""\
Examples:
  vexfsctl volume set loop0 access_mode=ro
  vexfsctl volume set loop0 retry/max_attempts=5 retry/base_delay_ms=50 --dry-run
""",
)
@click.argument("target", metavar="VOLUME", type=VOLUME)
@click.argument(
    "settings", metavar="KEY=VALUE...", type=KeyValueType(VOLUME_KEYS), nargs=-1, required=True
)
@consent_options
@pass_app
def set_volume(
    app: AppContext, target: Target, settings: tuple[str, ...], yes: bool, dry_run: bool
) -> None:
    """Set access mode and retries of VOLUME.

    A KEY is access_mode (ro for read-only mode, rw to leave it, which also ends the hold of a
    corruption), or one of retry/max_attempts, retry/base_delay_ms, retry/max_delay_ms,
    retry/backoff_multiplier_pct and retry/jitter_pct. Every value is checked before the first is
    written. vexfs-sysfs(5) says what they mean.
    """
    parsed = parse_settings(settings, VOLUME_KEYS)
    consulted = consult(app, [target])
    consulted.require_answers()
    tasks = [
        Task(found.name, found, setting.attribute.path, setting)
        for found in consulted.volumes
        for setting in parsed
    ]
    consent = Consent(yes, dry_run)
    outcomes = carry_out_settings(app, tasks, consent)
    if not dry_run and any(setting.key == "access_mode" for setting in parsed):
        outcomes += _judgements(app, consulted.volumes)
    app.show(change_result("volume.set", outcomes, consulted))


def _judgements(app: AppContext, volumes: tuple[Volume, ...]) -> tuple[Outcome, ...]:
    """What setting the access mode did to the engine's judgement, where it did something."""
    changes = []
    for found in volumes:
        tree = app.surroundings.open_tree(found.root, app.source_timeout)
        before, after = value_at(found, "degradation"), tree.read(found.name, "degradation")
        if before != after:
            words = str(before), str(after)
            changes.append(Change(found.name, "degradation", *words, changed=True, dry_run=False))
    return tuple(changes)
