"""An ordinary user on this machine: another uid, with a /dev/fuse of the mode that udev gives it.

The user lives in a mount namespace of its own, held by a process that waits to be ended. There the
interpreter and this checkout can be reached (they may lie below a private home), the home and the
runtime directory are the user's, and nothing that is mounted is seen outside.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import BOUND_S, Finished, patient_environment
from vexfsctl.devices.mountinfo import Mount, read_mounts

NOBODY = 65534
_CHECKOUT = Path(__file__).parents[2]
_FUSE = os.makedev(10, 229)
_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2


@dataclass(frozen=True, slots=True)
class OrdinaryUser:
    """A user who is not root, and what it may use."""

    holder: int
    """The process that keeps the namespace."""
    directory: Path
    """The user's own, in the namespace: `home`, `runtime` and whatever a test makes."""
    uid: int = NOBODY
    groups: tuple[int, ...] = ()
    """Those besides its own."""

    @property
    def environ(self) -> dict[str, str]:
        """What its programs inherit."""
        return patient_environment() | {
            "HOME": str(self.directory / "home"),
            "XDG_RUNTIME_DIR": str(self.directory / "runtime"),
            # This checkout, wherever the interpreter would have another one from.
            "PYTHONPATH": str(_CHECKOUT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
        }

    def outside(self, path: Path) -> Path:
        """Return how root reaches what is at *path* in the namespace."""
        return Path(f"/proc/{self.holder}/root") / path.relative_to("/")

    def argv(self, *words: str) -> list[str]:
        """Return the command line that runs *words* as this user."""
        namespace = ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt", "--"]
        groups = f"--groups={','.join(map(str, self.groups))}" if self.groups else "--clear-groups"
        identity = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", groups, "--"]
        # Not `nsenter --wd`: that opens the directory before it enters.
        return [*namespace, *identity, "env", f"--chdir={self.directory}", *words]

    def run(self, *words: str, env: Mapping[str, str | None] | None = None) -> Finished:
        """Run a program to its end; None takes a variable out of the environment."""
        given = self.environ | dict(env or {})
        ended = subprocess.run(
            self.argv(*words),
            env={name: value for name, value in given.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BOUND_S,
            check=False,
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)

    def vexfsctl(self, *words: str, env: Mapping[str, str | None] | None = None) -> Finished:
        """Run vexfsctl."""
        return self.run(*self.program(*words), env=env)

    def volume_mounts(self) -> list[str]:
        """Return the lines of /proc/mounts about volumes of this user, and not those of root."""
        lines = self.run("cat", "/proc/mounts").stdout.splitlines()
        return [line for line in lines if " fuse.vexfs" in line and f"user_id={self.uid}" in line]

    def program(self, *words: str) -> tuple[str, ...]:
        """Return the command line of vexfsctl, wherever the current directory is."""
        return (sys.executable, "-m", "vexfsctl", *words)


@contextmanager
def ordinary_user(*, fuse_mode: int | None = None, sees: str = "") -> Iterator[OrdinaryUser]:
    """Make a user for the block; with *fuse_mode* its /dev/fuse has that mode, else the host's.

    Of the volumes of root that are there already, it sees the one called *sees*.
    Every process that the user left running is ended with it.
    """
    with tempfile.TemporaryDirectory(prefix="vexfsctl-user-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        mode = "" if fuse_mode is None else str(fuse_mode)
        holder = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ordinary_user", name, mode, sees],
            cwd=_CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with holder:
            assert holder.stdin is not None
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            try:
                yield OrdinaryUser(holder.pid, directory)
            finally:
                _end_all(holder.pid)
                holder.stdin.close()
                holder.wait(BOUND_S)


def _end_all(holder: int) -> None:
    """SIGKILL what runs in the namespace of *holder*, except itself."""
    namespace = os.readlink(f"/proc/{holder}/ns/mnt")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == holder:
            continue
        try:
            inside = os.readlink(entry / "ns/mnt") == namespace
        except OSError:
            continue
        if inside:
            os.kill(int(entry.name), 9)


def _hold(directory: Path, fuse_mode: int | None, sees: str) -> None:
    """Be the holder: make the namespace, say so, and stay until standard input is closed."""
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: Path | str, target: Path | str, kind: bytes | None, flags: int) -> None:
        if libc.mount(os.fsencode(source), os.fsencode(target), kind, flags, None) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(target))

    assert libc.unshare(_CLONE_NEWNS) == 0
    mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    # A mount ends where it is unmounted everywhere: nobody could end those that stay here.
    for other in reversed(read_mounts()):
        if other.source != sees and _is_of_a_test(other):
            libc.umount2(os.fsencode(other.mount_point), _MNT_DETACH)
    mount("none", directory, b"tmpfs", 0)
    directory.chmod(0o755)
    os.chown(directory, NOBODY, NOBODY)
    for name in ("home", "runtime"):
        (directory / name).mkdir(mode=0o700)
        os.chown(directory / name, NOBODY, NOBODY)
    if fuse_mode is not None:
        device = directory / "fuse"
        os.mknod(device, 0o20000, _FUSE)
        device.chmod(fuse_mode)
        mount(device, "/dev/fuse", None, _MS_BIND)
    for private, needed in _hidden_from_others().items():
        sources = [os.open(path, os.O_PATH) for path in needed]
        mount("none", private, b"tmpfs", 0)
        private.chmod(0o755)
        for source, path in zip(sources, needed, strict=True):
            path.mkdir(parents=True, exist_ok=True)
            mount(f"/proc/self/fd/{source}", path, None, _MS_BIND | _MS_REC)
            os.close(source)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def _is_of_a_test(mount: Mount) -> bool:
    return mount.fs_type.startswith("fuse.") or mount.source.startswith("/dev/loop")


def _hidden_from_others() -> dict[Path, list[Path]]:
    """Directories that only their owner may search, with what a program of ours needs of them."""
    hidden: dict[Path, list[Path]] = {}
    for path in dict.fromkeys((_CHECKOUT, Path(sys.prefix), Path(sys.base_prefix))):
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                hidden.setdefault(parent, []).append(path)
                break
    return hidden


if __name__ == "__main__":
    _hold(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2] else None, sys.argv[3])
