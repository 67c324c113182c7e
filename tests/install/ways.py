"""The ways of installing that README prints: each as printed, then looked at, then undone."""

from tests.install.debian import CHECKOUT, Debian
from tests.support.readme import Command, blocks_below
from vexfsctl import __version__

DEBIAN_PACKAGE = "Debian package"
WAYS = (DEBIAN_PACKAGE, "pipx", "uv", "Virtual environment")
"""Headings of README."""

_SHARE = '$(dirname "$(dirname "$(readlink -f "$(command -v vexfsctl)")")")/share'
_FILES = (
    "man/man1/vexfsctl.1",
    "man/man5/vexfsctl.toml.5",
    "bash-completion/completions/vexfsctl.bash",
    "zsh/site-functions/_vexfsctl",
    "fish/vendor_completions.d/vexfsctl.fish",
    "doc/vexfsctl/examples/config.toml",
)
_COMPLETED = {
    "bash": """
        set +e
        . /usr/share/bash-completion/bash_completion
        load=$(complete -p -D | sed 's/.* -F //; s/ .*//')
        $load vexfsctl
        complete -p vexfsctl""",
    "zsh": "zsh -fc 'autoload -Uz compinit; compinit -u -D; print $_comps[vexfsctl]'",
    "fish": """fish -c 'complete -C "vexfsctl statu"' | grep ^status""",
}
"""For each shell what fails unless it finds the completion of a package by itself."""
_STATE = """
mkdir -p /etc/vexfsctl /var/lib/vexfsctl /var/log/vexfs
cp /usr/share/doc/vexfsctl/examples/config.toml /etc/vexfsctl/
touch /var/lib/vexfsctl/ledger.jsonl /var/log/vexfs/data.kmsg"""
"""What running the program leaves, and an administrator who begins with the example."""


def go_through(debian: Debian, way: str) -> None:
    """Install, look, remove; raise CommandError or AssertionError."""
    install, remove = blocks_below(way)
    _follow(debian, install)
    version = debian.run("vexfsctl --version")
    assert __version__ in version.split(), version
    if way == DEBIAN_PACKAGE:
        _look_at_package(debian)
    else:
        _look_at_environment(debian)
    explained = debian.run("vexfsctl explain IoError.ReadError")
    assert explained.startswith("IoError.ReadError"), explained
    _follow(debian, remove)
    # The checkout and what was built beside it stay the user's.
    found = debian.run(f"find / -xdev -iname '*vexfs*' ! -path '{CHECKOUT}*'", as_root=True)
    assert found == "", found


def _follow(debian: Debian, block: list[Command]) -> None:
    for command in block:
        debian.run(command.text, as_root=command.as_root)


def _look_at_package(debian: Debian) -> None:
    for shell, command in _COMPLETED.items():
        found = debian.run(command)
        assert found.strip(), shell
    page = debian.run("man vexfsctl")
    assert page.startswith("VEXFSCTL(1)"), page
    debian.run(_STATE, as_root=True)


def _look_at_environment(debian: Debian) -> None:
    debian.run(f"cd {_SHARE}; ls {' '.join(_FILES)}")
    page = debian.run(f"man {_SHARE}/man/man1/vexfsctl.1")
    assert page.startswith("VEXFSCTL(1)"), page
