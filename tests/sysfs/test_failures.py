"""What a person is told about an errno, and what to do next."""

from errno import (
    EACCES,
    EBUSY,
    ECONNABORTED,
    EINVAL,
    EIO,
    ENODEV,
    ENOENT,
    ENOSPC,
    ENOTCONN,
    EPERM,
    ERANGE,
    EROFS,
    ESTALE,
)

import pytest

from vexfsctl import exceptions
from vexfsctl.sysfs.attributes import find_attribute
from vexfsctl.sysfs.failures import read_failure, write_failure

CONTROL = "operations/file/breaker/control"
SHOW_BREAKER = "vexfsctl breaker show loop0/file"
CLEAR = "vexfsctl umount --force loop0"
AS_ROOT = "run as root, or as the user who mounted it"


@pytest.mark.parametrize(
    ("path", "error", "kind", "hint"),
    [
        ("access_mode", EINVAL, "ValueRefused", "access_mode takes: rw | ro"),
        ("retry/jitter_pct", ERANGE, "ValueRefused", "jitter_pct takes: percent, 0 to 100"),
        (CONTROL, EINVAL, "ValueRefused", "vexfsctl volume show loop0 shows its version"),
        (CONTROL, EBUSY, "StateConflict", SHOW_BREAKER),
        (CONTROL, ESTALE, "GenerationMoved", SHOW_BREAKER),
        ("access_mode", EACCES, "PermissionRefused", AS_ROOT),
        ("access_mode", EPERM, "PermissionRefused", AS_ROOT),
        ("access_mode", EROFS, "PermissionRefused", AS_ROOT),
        ("state", EACCES, "PermissionRefused", "state can only be read"),
        (CONTROL, EIO, "ProviderFailed", "vexfsctl volume show loop0"),
        (CONTROL, ENOTCONN, "VolumeStale", CLEAR),
        (CONTROL, ECONNABORTED, "VolumeStale", CLEAR),
        (
            CONTROL,
            ENODEV,
            "VolumeVanished",
            "vexfsctl volume list shows all volumes",
        ),
        (
            "inject/control",
            ENOENT,
            "AttributeMissing",
            "vexfsctl volume show loop0 shows its version",
        ),
        ("access_mode", ENOSPC, "WriteRefused", None),
    ],
)
def test_a_write_that_fails_names_the_next_step(
    path: str, error: int, kind: str, hint: str | None
) -> None:
    """Each errno of a write becomes its exception, with a command or the values there are."""
    failure = write_failure("loop0", find_attribute(path), "x", error)

    assert (type(failure).__name__, failure.hint) == (kind, hint)
    if isinstance(failure, exceptions.WriteRefused):
        assert failure.errno == error
        assert failure.message.startswith(f"loop0/{path} refused 'x': ")


@pytest.mark.parametrize(
    ("path", "error", "kind", "hint"),
    [
        ("state", EACCES, "SysfsUnreadable", AS_ROOT),
        (CONTROL, EACCES, "SysfsUnreadable", "it can only be written"),
        ("state", EIO, "SysfsUnreadable", None),
        ("state", ENOTCONN, "VolumeStale", CLEAR),
    ],
)
def test_a_read_that_fails_names_the_next_step(
    path: str, error: int, kind: str, hint: str | None
) -> None:
    """Each errno of a read becomes its exception."""
    failure = read_failure("loop0", find_attribute(path), error)

    assert (type(failure).__name__, failure.hint) == (kind, hint)
