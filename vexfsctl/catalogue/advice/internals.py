"""Advice about VexFS itself: its breakers, its blocks, its start, and what has no other name."""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import NO_NEW_ONES, NOTHING_LOST, RESTORE, RESTORED, Advice

_NEVER_RETURNED = "No build returns this code yet."

_BLOCKS = Advice(
    "A block that was asked for does not exist where the tables say.",
    "What lies in the block cannot be read (EIO); the rest is not affected.",
    RESTORE,
    RESTORED,
)
_BUG = Advice(
    "VexFS reached a point that it should never reach: a bug, or damaged memory.",
    "The call failed with EIO. Part of what it had done before may remain.",
    "Keep the records around it (`vexfsctl trace ID --json`) and report them with the version. "
    "If it repeats, unmount the volume.",
    f"{NO_NEW_ONES}.",
)

ADVICE: dict[str, Advice] = {
    "StorageError.BlockNotFound": _BLOCKS,
    "StorageError.DeallocationFailed": replace(
        _BLOCKS,
        meaning="A block could not be given back: its number is impossible, or it is free already.",
        impact="The space is not free again. A block that is freed twice may belong to two files: "
        "writing to one destroys the other.",
    ),
    "StorageError.BadBlockTable": replace(
        _BLOCKS,
        meaning="The table of bad blocks could not be read or used.",
        impact="Blocks known to be bad may be used for new data.",
    ),
    "Internal": _BUG,
    "InternalError": _BUG,
    "InitializationFailed": Advice(
        "VexFS, or a part of it, did not start.",
        "The volume is not there, or the module runs without its Rust part: calls are then "
        "answered by fallbacks that report success and store nothing.",
        "Find the first message of the start (`vexfsctl log`), unload the module and load it "
        "again. Do not write to a volume of a module in state error.",
        "`vexfsctl status VOLUME` shows the state initialized.",
        "A module stays loaded after it and moves to state error (`State transition 1 -> 3`).",
    ),
    "Other": Advice(
        "The filesystem or device below answered with an errno that VexFS has no error for.",
        "The call failed with that errno; only the filesystem below knows what it means for the "
        "data.",
        "The errno and the kernel log around it say more (`vexfsctl trace`).",
        f"{NO_NEW_ONES}.",
        "Builds that put context before a message turn every error into this one; the message then "
        "says which it was.",
    ),
    "CircuitBreakerOpen": Advice(
        "Earlier calls of this kind failed too often, so this one was refused untried.",
        f"The application got EBUSY at once instead of waiting for a failure. {NOTHING_LOST}",
        "Repair what made them fail (`vexfsctl trace`), then wait or reset the breaker: `vexfsctl "
        "breaker reset VOLUME/OPERATION --probe`.",
        "`vexfsctl breaker list VOLUME` shows the breaker closed.",
        "After its timeout (60 s) the breaker lets a probe through and closes after three that "
        "succeed; the refused call is not retried and counts nowhere as a failure.",
    ),
    "RetryExhausted": Advice(
        "Every attempt failed: VEXFS_ERROR_RETRY_EXHAUSTED of vexfs_ffi.h.",
        "The call failed with the errno of its last attempt.",
        "The errors under its id say what failed each time (`vexfsctl trace ID`); act on those.",
        f"`vexfsctl breaker list VOLUME` shows every breaker closed, and {NO_NEW_ONES}.",
        f"{_NEVER_RETURNED} The failed record of a call gives its attempts instead.",
    ),
    "FallbackFailed": Advice(
        "The call failed, and what should have answered instead failed too: "
        "VEXFS_ERROR_FALLBACK_FAILED of vexfs_ffi.h.",
        "The call failed with the errno of the first failure.",
        "Act on the first error under its id (`vexfsctl trace ID`); the fallback needs nothing of "
        "its own.",
        "`vexfsctl volume show VOLUME` shows no further fallback failures.",
        f"{_NEVER_RETURNED} A fallback record with a result other than ok shows it instead.",
    ),
}
