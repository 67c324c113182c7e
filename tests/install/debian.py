"""Fresh systems of Debian: one base of each release, and copies of it that cost nothing.

Mounts are left where they are: script/test-install makes a mount namespace that ends with it.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.install.network import apt_configuration, client_files, client_variables, mirror

PACKAGES = ("bash-completion", "ca-certificates", "fish", "man-db", "python3", "zsh")
"""What a system has that people work on; README prints what else is needed."""
USER = "user"
HOME = Path("/home") / USER
CHECKOUT = HOME / "vexfsctl"
"""Where README's commands are given."""
SOURCE = Path("/usr/src/source.tar")
"""The same files as they were."""
_CONFIGURATION = """\
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
"""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
    "DEBIAN_FRONTEND": "noninteractive",
}
_MOUNTS = (
    ("proc", "proc", "defaults"),
    ("sysfs", "sys", "ro"),
    ("devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620"),
    ("tmpfs", "dev/shm", "mode=1777"),
)


class CommandError(Exception):
    """A command of which nobody expected it: which, where, and the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Debian:
    """A system to run commands in."""

    release: str
    root: Path

    def run(self, command: str, *, as_root: bool = False) -> str:
        """Return what the login shell's *command*, in the checkout, prints; or CommandError."""
        name, home = ("root", "/root") if as_root else (USER, str(HOME))
        environment = _ENVIRONMENT | client_variables() | {"HOME": home, "USER": name}
        shell = ("bash", "-lec", f"cd {CHECKOUT}\n{command}")
        return _run(("chroot", f"--userspec={name}:", str(self.root), *shell), environment)

    def path(self, inside: Path) -> Path:
        """Return where *inside* is for us."""
        return self.root / inside.relative_to("/")


def make_base(release: str, directory: Path, source: Path) -> Debian:
    """Return a new system of *release* in *directory*, with an account and *source* unpacked."""
    base = Debian(release, directory / "base")
    packages = f"--include={','.join(PACKAGES)}"
    _run(("debootstrap", "--variant=minbase", packages, release, str(base.root), *mirror()))
    (base.root / "etc/apt/apt.conf.d/99test").write_text(apt_configuration() + _CONFIGURATION)
    (base.root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n")
    for path in client_files():
        copy = shutil.copytree if path.is_dir() else shutil.copy
        base.path(path).parent.mkdir(parents=True, exist_ok=True)
        copy(path, base.path(path))
    shutil.copy(source, base.path(SOURCE))
    _run(("chroot", str(base.root), "useradd", "--create-home", "--shell", "/bin/bash", USER))
    base.path(CHECKOUT).mkdir()
    base.run(f"chown {USER}: .; apt-get update", as_root=True)
    base.run(f"tar -xf {SOURCE}")
    return base


def copy_of(base: Debian, name: str) -> Debian:
    """Return a system that is as *base* is now; what happens in it stays there."""
    directory = base.root.with_name(name)
    layers = {part: directory / part for part in ("upper", "work", "root")}
    for path in layers.values():
        path.mkdir(parents=True)
    options = f"lowerdir={base.root},upperdir={layers['upper']},workdir={layers['work']}"
    _run(("mount", "-t", "overlay", "-o", options, "overlay", str(layers["root"])))
    for kind, place, options in _MOUNTS:
        target = layers["root"] / place
        target.mkdir(exist_ok=True)
        _run(("mount", "-t", kind, "-o", options, kind, str(target)))
    return Debian(base.release, layers["root"])


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    ran = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode != 0:
        end = "\n".join(ran.stdout.splitlines()[-40:])
        raise CommandError(f"{' '.join(command)}: exit status {ran.returncode}\n{end}")
    return ran.stdout
