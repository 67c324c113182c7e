"""The outermost command: what `vexfsctl --help` shows."""

import click

from vexfsctl import __version__
from vexfsctl.cli.command import Root

EXAMPLES = """\
Examples:
  vexfsctl status                           what is wrong, and what to type next
  vexfsctl trace --last                     the last incident, down to the failing sector
  vexfsctl breaker reset loop0/storage      close a breaker that tripped
  vexfsctl volume show loop0 --json         one volume, for a program to read
"""


@click.group("vexfsctl", cls=Root, epilog=EXAMPLES)
@click.version_option(__version__, prog_name="vexfsctl", message="%(prog)s %(version)s")
def root() -> None:
    """See and operate the error handling of VexFS volumes.

    A volume is served by the VexFS kernel module or by vexfsctl mount; both show the same
    attributes and write the same records, and every command works on either. Start with status.
    """
