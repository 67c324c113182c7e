"""Turns errnos of a volume's files into messages and next steps."""

import os
from errno import (
    EACCES,
    EBUSY,
    ECONNABORTED,
    EINVAL,
    EIO,
    ENODEV,
    ENOENT,
    ENOTCONN,
    EPERM,
    ERANGE,
    EROFS,
    ESTALE,
)
from pathlib import Path

from vexfsctl.exceptions import (
    AttributeMissing,
    GenerationMoved,
    PermissionRefused,
    ProviderFailed,
    StateConflict,
    SysfsUnreadable,
    ValueRefused,
    VexfsctlException,
    VolumeNotFound,
    VolumeStale,
    VolumeUnresponsive,
    VolumeVanished,
    WriteRefused,
)
from vexfsctl.model.volume import Presence, Volume, clear_command
from vexfsctl.sysfs.attributes import Attribute
from vexfsctl.sysfs.values import shown

LIST_HINT = "vexfsctl volume list shows all volumes"
ROOT_HINT = "run as root, or as the user who mounted it"

WRITE_ERRORS = {
    EINVAL: "An unknown word, a malformed number, or a write of a page or more.",
    ERANGE: "A number out of range.",
    EBUSY: "Not possible in the present state, or the log has no room for the record of it.",
    ESTALE: "The generation asked for has moved on.",
    EACCES: "Not permitted. Writing what can only be read, or reading what can only be written,"
    " is not permitted to root either.",
    EIO: "The provider is in state error.",
}
"""What an errno of a write says, for vexfs-sysfs(5)."""

_REFUSED = (EACCES, EPERM)
_PROVIDER_GONE = (ENOTCONN, ECONNABORTED)
_GONE = "gone, but its mount is left"


def absent_volume(volume: str, root: Path, error: int) -> Volume:
    """Return what *volume* is when its directory as a whole answers errno *error*."""
    if error in _PROVIDER_GONE:
        detail = f"its provider is {_GONE}"
        return Volume(volume, root, Presence.STALE, detail=detail, hint=clear_command(volume))
    if error == ENODEV:
        detail = "it went away while it was being read"
        return Volume(volume, root, Presence.VANISHED, detail=detail, hint=LIST_HINT)
    hint = None
    if error in _REFUSED:
        # Deferred: needed only when access is refused.
        from vexfsctl.system.access import owner_hint

        hint = owner_hint(root)
    return Volume(volume, root, Presence.UNREADABLE, detail=os.strerror(error), hint=hint)


def unlisted(root: Path, error: int | None) -> str:
    """Return why *root* could not be listed, and who may list it; no *error*: it did not answer."""
    if error is None:
        return "no answer"
    if error not in _REFUSED:
        return os.strerror(error)
    from vexfsctl.system.access import access_hint

    hint = access_hint(root, os.R_OK | os.X_OK)
    return os.strerror(error) if hint is None else f"{os.strerror(error)}; {hint}"


def unresponsive(volume: str, timeout_s: float) -> VolumeUnresponsive:
    """Return the exception for a volume that did not answer within *timeout_s*."""
    return VolumeUnresponsive(
        f"{volume} does not answer within {timeout_s:g} s", hint=clear_command(volume)
    )


def volume_not_found(volume: str) -> VolumeNotFound:
    """Return the exception for a volume that no root has."""
    return VolumeNotFound(f"there is no volume {volume!a}", hint=LIST_HINT)


def read_failure(volume: str, attribute: Attribute, error: int) -> VexfsctlException:
    """Return the exception for errno *error* of reading *attribute*."""
    where = f"{volume}/{attribute.path}"
    if error in _REFUSED:
        hint = ROOT_HINT if attribute.readable else "it can only be written"
        return SysfsUnreadable(f"{where} may not be read", hint=hint)
    return _of_presence(volume, attribute, error) or SysfsUnreadable(
        f"{where} cannot be read: {os.strerror(error)}"
    )


def write_failure(
    volume: str, attribute: Attribute, text: str, error: int, *, who: str | None = None
) -> VexfsctlException:
    """Return the exception for errno *error* of writing *text* to *attribute*; *who* may do so."""
    what = f"{volume}/{attribute.path} refused {shown(text)}"
    if error in _REFUSALS:
        kind, reason = _REFUSALS[error]
        hint = _refusal_hint(volume, attribute, error, who or ROOT_HINT)
        return kind(f"{what}: {reason}", hint=hint, errno=error)
    return _of_presence(volume, attribute, error) or WriteRefused(
        f"{what}: {os.strerror(error)}", errno=error
    )


_REFUSALS: dict[int, tuple[type[WriteRefused], str]] = {
    EINVAL: (ValueRefused, "malformed, or not a word it knows"),
    ERANGE: (ValueRefused, "out of range"),
    EBUSY: (StateConflict, "not possible in its present state, or its log takes no records"),
    ESTALE: (GenerationMoved, "it changed since it was looked at"),
    EACCES: (PermissionRefused, "not permitted"),
    EPERM: (PermissionRefused, "not permitted"),
    EROFS: (PermissionRefused, "read-only"),
    EIO: (ProviderFailed, "the provider is in state error"),
}


def _refusal_hint(volume: str, attribute: Attribute, error: int, who: str) -> str:
    if error in (EINVAL, ERANGE):
        return f"{attribute.name} takes: {attribute.type.name}"
    if error in (*_REFUSED, EROFS):
        return who if attribute.writable else f"{attribute.name} can only be read"
    if error == EIO or attribute.operation is None:
        return f"vexfsctl volume show {volume}"
    return f"vexfsctl breaker show {volume}/{attribute.operation}"


def _of_presence(volume: str, attribute: Attribute, error: int) -> VexfsctlException | None:
    if error == ENOENT:
        return AttributeMissing(
            f"the provider of {volume} has no {attribute.path}",
            hint=f"vexfsctl volume show {volume} shows its version",
        )
    if error in _PROVIDER_GONE:
        return VolumeStale(f"the provider of {volume} is {_GONE}", hint=clear_command(volume))
    if error == ENODEV:
        return VolumeVanished(f"{volume} went away", hint=LIST_HINT)
    return None
