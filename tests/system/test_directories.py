"""Which roots are looked at when nobody says."""

from pathlib import Path

import pytest

from vexfsctl.system.directories import (
    breaker_directories,
    default_roots,
    driver_root,
    make_breaker_directory,
)


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


@pytest.mark.parametrize(
    ("environ", "uid", "expected"),
    [
        ({}, 0, ["/run/vexfsctl/breakers"]),
        (
            {"XDG_RUNTIME_DIR": "/tmp/own", "HOME": "/home/a"},
            1000,
            [
                "/tmp/own/vexfsctl/breakers",
                "/run/user/1000/vexfsctl/breakers",
                "/home/a/.local/state/vexfsctl/breakers",
            ],
        ),
        (
            {"HOME": "/home/a"},
            1000,
            ["/run/user/1000/vexfsctl/breakers", "/home/a/.local/state/vexfsctl/breakers"],
        ),
        ({"VEXFSCTL_BREAKER_DIR": "/srv/breakers"}, 1000, ["/srv/breakers"]),
    ],
)
def test_places_of_breakers(environ: dict[str, str], uid: int, expected: list[str]) -> None:
    """Those of a login come first; under cron its usual place, and the state directory last."""
    assert [str(place) for place in breaker_directories(environ, uid)] == expected


def test_breakers_are_made_in_the_first_place_that_is_there(tmp_path: Path) -> None:
    """A runtime directory is never made, only what is ours in it; the last place always is."""
    runtime, state = tmp_path / "runtime", tmp_path / "state"
    places = (runtime / "vexfsctl/breakers", state / "vexfsctl/breakers")
    assert make_breaker_directory(places) == places[1]
    assert not runtime.exists()
    runtime.mkdir()
    assert make_breaker_directory(places) == places[0]
    assert places[0].stat().st_mode & 0o777 == 0o700
