"""What each hint does, in words: the table in commands.md, by hint and place."""

from collections.abc import Mapping
from dataclasses import dataclass

from vexfsctl.model.hints import HintKind
from vexfsctl.recovery.plan.steps import Risk


@dataclass(frozen=True, slots=True)
class StepWords:
    """The words of one step; `{target}`, `{where}`, `{attempts}`, `{fallback}` are filled in."""

    what: str
    precondition: str
    risk: Risk
    verification: str
    undo: str
    needs_device: bool = False
    """Whether it cannot be done through the volume yet."""


_READ_AGAIN = "{where} is read from the medium"
_NOTHING_TO_UNDO = "nothing to undo: it only reads"
_READABLE = "{target} may be read"
_MANUAL = StepWords(
    what="call a person: what remains is not for a program",
    precondition="none",
    risk=Risk.MANUAL,
    verification="as the runbook says",
    undo="as the runbook says",
)

DEVICE_WORDS: Mapping[HintKind, StepWords] = {
    HintKind.RETRY: StepWords(
        what="read {where} again, past the page cache, up to {attempts} times with growing waits",
        precondition=_READABLE,
        risk=Risk.SAFE,
        verification=_READ_AGAIN,
        undo=_NOTHING_TO_UNDO,
    ),
    HintKind.INVALIDATE_CACHE: StepWords(
        what="write out what waits for {target}, drop its cached pages, read {where} again",
        precondition="{target} may be read; without root only what is read again is dropped",
        risk=Risk.DISRUPTIVE,
        verification=_READ_AGAIN,
        undo="nothing to undo: the cache fills again by itself",
    ),
    HintKind.REDUCE_SCOPE: StepWords(
        what="halve {where} until the bad sectors are known exactly, and report them",
        precondition=_READABLE,
        risk=Risk.SAFE,
        verification=_READ_AGAIN,
        undo=_NOTHING_TO_UNDO,
    ),
    HintKind.USE_FALLBACK: StepWords(
        what="read {where} from {fallback} as well and compare; nothing is copied",
        precondition="--fallback names a device that may be read",
        risk=Risk.SAFE,
        verification=_READ_AGAIN,
        undo=_NOTHING_TO_UNDO,
    ),
    HintKind.READ_ONLY: StepWords(
        what="set {target} read-only where nothing writes to it, else remount it read-only",
        precondition="root; no file on it is open for writing",
        risk=Risk.DISRUPTIVE,
        verification="the kernel and mountinfo say that it is read-only",
        undo="blockdev --setrw {target} or mount -o remount,rw MOUNTPOINT, whichever was done",
    ),
    HintKind.RESTART: StepWords(
        what="let the kernel rescan {target}",
        precondition="root; a SCSI or NVMe disk",
        risk=Risk.DISRUPTIVE,
        verification=_READ_AGAIN,
        undo="nothing to undo: a rescan changes no setting",
    ),
    HintKind.MANUAL: _MANUAL,
}

VOLUME_WORDS: Mapping[HintKind, StepWords] = {
    HintKind.RETRY: StepWords(
        what="make the breaker of {target} half-open and send harmless calls until it closes",
        precondition="the volume answers, and its attributes may be written",
        risk=Risk.DISRUPTIVE,
        verification="a harmless call through the mount succeeds",
        undo="vexfsctl breaker trip {target}",
    ),
    HintKind.INVALIDATE_CACHE: StepWords(
        what="drop the caches of {target}",
        precondition="--device",
        risk=Risk.DISRUPTIVE,
        verification="a harmless call through the mount succeeds",
        undo="nothing to undo: the cache fills again by itself",
        needs_device=True,
    ),
    HintKind.REDUCE_SCOPE: StepWords(
        what="find the bad sectors under {target}",
        precondition="--device",
        risk=Risk.SAFE,
        verification="a harmless call through the mount succeeds",
        undo=_NOTHING_TO_UNDO,
        needs_device=True,
    ),
    HintKind.USE_FALLBACK: StepWords(
        what="compare {target} with a copy",
        precondition="--device and --fallback",
        risk=Risk.SAFE,
        verification="a harmless call through the mount succeeds",
        undo=_NOTHING_TO_UNDO,
        needs_device=True,
    ),
    HintKind.READ_ONLY: StepWords(
        what="write `ro` to `access_mode` of {target}",
        precondition="the volume answers, and its attributes may be written",
        risk=Risk.DISRUPTIVE,
        verification="`access_mode` reads `ro`",
        undo="vexfsctl volume set {target} access_mode=rw",
    ),
    HintKind.RESTART: StepWords(
        what="restart what failed in {target}",
        precondition="--device",
        risk=Risk.DISRUPTIVE,
        verification="a harmless call through the mount succeeds",
        undo="nothing to undo",
        needs_device=True,
    ),
    HintKind.MANUAL: _MANUAL,
}
