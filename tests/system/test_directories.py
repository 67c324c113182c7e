"""Which roots are looked at when nobody says."""

from pathlib import Path

from vexfsctl.system.directories import default_roots, driver_root


def test_kernel_system_and_own_roots_are_read() -> None:
    """A user sees the volumes of the kernel, of root, and their own."""
    assert default_roots({"XDG_RUNTIME_DIR": "/run/user/1000"}, 1000) == (
        Path("/sys/fs/vexfs"),
        Path("/run/vexfs"),
        Path("/run/user/1000/vexfs"),
    )


def test_the_runtime_directory_is_known_without_its_variable() -> None:
    """Under su and cron, where XDG_RUNTIME_DIR is not set, the usual place is meant.

    The same where it is relative, which its specification calls invalid.
    """
    assert driver_root({}, 1000) == Path("/run/user/1000/vexfs")
    for invalid in ("", "run", "./run"):
        assert driver_root({"XDG_RUNTIME_DIR": invalid}, 1000) == Path("/run/user/1000/vexfs")


def test_drivers_of_root_show_themselves_to_everybody() -> None:
    """root's driver does not hide its volumes in a runtime directory of root's own."""
    assert driver_root({"XDG_RUNTIME_DIR": "/run/user/0"}, 0) == Path("/run/vexfs")
