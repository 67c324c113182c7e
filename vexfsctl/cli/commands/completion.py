"""`vexfsctl completion`: the script with which a shell completes command lines."""

import click

from vexfsctl.cli.command import UnconfiguredCommand
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.documents.completions import SCRIPTS

EXAMPLES = """\
Examples:
  source <(vexfsctl completion bash)          for this shell; in ~/.bashrc for every new one
  source <(vexfsctl completion zsh)           the same; in ~/.zshrc, after compinit
  vexfsctl completion fish | source           the same; in ~/.config/fish/config.fish
"""


@click.command("completion", cls=UnconfiguredCommand, epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@pass_app
def completion(app: AppContext, shell: str) -> None:
    """Print the completion script of a shell.

    The Debian package installs the scripts itself. After any other installation, let the shell read
    what this command prints, as in the examples, or save it where the shell looks for it: for bash
    with bash-completion ~/.local/share/bash-completion/completions/vexfsctl, for zsh _vexfsctl in a
    directory of fpath, for fish ~/.config/fish/completions/vexfsctl.fish.
    """
    # Deferred, so that help needs nothing that renders.
    from vexfsctl.answers.script import script_result

    app.show(script_result(shell, SCRIPTS[shell]), paged=False)
