"""`vexfsctl volume`: every attribute of a volume, and its settings."""

import click

from vexfsctl.answers.changes import change_result
from vexfsctl.answers.volume import volume_list, volume_show
from vexfsctl.cli.command import Group
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.options import consent_options
from vexfsctl.cli.target_types import VOLUME
from vexfsctl.cli.types import KeyValueType
from vexfsctl.host.changes import Consent
from vexfsctl.host.settings import parse_settings, set_volumes
from vexfsctl.host.volumes import Target, consult
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
    """Show volumes in full; set access mode, retries and limits."""


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
    """List the volumes of this host, including those that do not answer."""
    app.show(volume_list(consult(app.host, volumes)))


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
    """Show every attribute of VOLUME, and its operations in brief."""
    app.show(volume_show(consult(app.host, volumes), app.host.clock.now_ns()))


@volume.command(
    "set",
    epilog="""\
Examples:
  vexfsctl volume set loop0 access_mode=ro
  vexfsctl volume set loop0 retry/max_attempts=5 retry/base_delay_ms=50 --dry-run
  vexfsctl volume set loop0 resources/reserve_bytes=1073741824
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
    """Set access mode, retries and limits of VOLUME.

    A KEY is access_mode (ro for read-only mode, rw to leave it, which also lifts the hold after
    corruption), or one of retry/max_attempts, retry/base_delay_ms, retry/max_delay_ms,
    retry/backoff_multiplier_pct and retry/jitter_pct, or a limit, where 0 is none:
    resources/memory_limit_bytes, resources/reserve_bytes (free space that writes leave),
    resources/max_operations and resources/lock_timeout_ms. Every value is checked before the first
    is written. vexfs-sysfs(5) says what they mean.
    """
    parsed = parse_settings(settings, VOLUME_KEYS)
    changes = set_volumes(app.host, app.terminal, target, parsed, Consent(yes, dry_run))
    app.show(change_result("volume.set", changes))
