"""Turns errnos of a volume's files into messages and next steps."""

import os
from dataclasses import replace
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
    EvidenceMissing,
    GenerationMoved,
    PermissionRefused,
    ProviderFailed,
    StateConflict,
    SysfsUnreadable,
    ValueRefused,
    VexfsctlException,
    VolumeBusy,
    VolumeNotFound,
    VolumeStale,
    VolumeUnresponsive,
    VolumeVanished,
    WriteRefused,
)
from vexfsctl.model.volume import Presence, Volume, clear_command
from vexfsctl.sysfs.attributes import Attribute
from vexfsctl.sysfs.values import shown
from vexfsctl.system.patience import Patience
from vexfsctl.system.processes import Process

LIST_HINT = "vexfsctl volume list shows all volumes"
_AGAIN = "look again, with a longer --timeout"
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
        clear = clear_command(volume)
        return Volume(volume, root, Presence.STALE, detail=detail, hint=clear, abandoned=True)
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


def late_volume(volume: Volume, patience: Patience) -> Volume:
    """Return *volume*, as busy if it answered only after *patience* had counted a deadline."""
    if volume.presence is not Presence.PRESENT or not patience.deadlines:
        return volume
    detail = f"it answered after more than {patience.passed_s:g} s"
    if volume.detail is not None:
        detail = f"{detail}; {volume.detail}"
    return replace(volume, presence=Presence.BUSY, detail=detail)


def silent_volume(volume: str, root: Path, patience: Patience, server: Process | None) -> Volume:
    """Return what *volume* is when it has not answered in all of *patience*."""
    signs = patience.signs
    if signs is None:
        detail = f"the process that read {volume} was killed"
        return Volume(volume, root, Presence.UNREADABLE, detail=detail, hint=_AGAIN)
    detail = f"{volume} does not answer within {patience.passed_s:g} s"
    if signs.asking:
        detail = f"{detail}: the host is busy"
        return Volume(volume, root, Presence.BUSY, detail=detail, hint=_AGAIN)
    hint = _AGAIN
    if server is not None and signs.standing:
        detail = f"{detail}, and the CPU clock of its driver, process {server.pid}, stands"
        hint = clear_command(volume)
    elif server is not None and signs.answering:
        detail = f"{detail}, but its driver, process {server.pid}, runs"
        hint = f"top -H -p {server.pid} shows what it does"
    return Volume(
        volume,
        root,
        Presence.UNRESPONSIVE,
        detail=detail,
        hint=hint,
        abandoned=signs.standing,
    )


def silence(volume: str, patience: Patience, server: Process | None) -> EvidenceMissing:
    """Return the exception for an attribute that did not answer; as `silent_volume`."""
    found = silent_volume(volume, Path(), patience, server)
    return _SILENCES[found.presence](found.detail or "", hint=found.hint)


_SILENCES: dict[Presence, type[EvidenceMissing]] = {
    Presence.BUSY: VolumeBusy,
    Presence.UNRESPONSIVE: VolumeUnresponsive,
    Presence.UNREADABLE: SysfsUnreadable,
}


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
        if _is_unknown_command(attribute, error):
            reason = "not a command that its provider knows"
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


def _is_unknown_command(attribute: Attribute, error: int) -> bool:
    # Only well formed ones are written, but a provider may be older.
    return error == EINVAL and not attribute.readable


def _refusal_hint(volume: str, attribute: Attribute, error: int, who: str) -> str:
    if _is_unknown_command(attribute, error):
        return _version_hint(volume)
    if error in (EINVAL, ERANGE):
        return f"{attribute.name} takes: {attribute.type.name}"
    if error in (*_REFUSED, EROFS):
        return who if attribute.writable else f"{attribute.name} can only be read"
    if error == EIO or attribute.operation is None:
        return f"vexfsctl volume show {volume}"
    return f"vexfsctl breaker show {volume}/{attribute.operation}"


def _version_hint(volume: str) -> str:
    return f"vexfsctl volume show {volume} shows its version"


def _of_presence(volume: str, attribute: Attribute, error: int) -> VexfsctlException | None:
    if error == ENOENT:
        return AttributeMissing(
            f"the provider of {volume} has no {attribute.path}", hint=_version_hint(volume)
        )
    if error in _PROVIDER_GONE:
        return VolumeStale(f"the provider of {volume} is {_GONE}", hint=clear_command(volume))
    if error == ENODEV:
        return VolumeVanished(f"{volume} went away", hint=LIST_HINT)
    return None
