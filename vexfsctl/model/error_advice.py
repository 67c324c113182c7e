"""What the errors mean to a person and what to do, in a sentence each.

Here are the errors that the userspace driver can raise; `what_you_do` is what a person does after
the hints that VexFS carries out by itself have been tried.
"""

ADVICE: dict[str, tuple[str, str]] = {
    "IoError.ReadError": (
        "The backing device did not return data that was asked of it.",
        "The kernel's line about the device, beside it in the trace, names the sector. If the same "
        "ones fail again, restore the file from a copy and replace the device.",
    ),
    "IoError.WriteError": (
        "The backing device did not take data that was to be written; the application knows.",
        "The kernel's line about the device, beside it in the trace, names the sector. Write the "
        "file again when the device is healthy.",
    ),
    "IoError.SeekError": (
        "The place of the data in the file could not be found, because reading the map failed.",
        "The kernel's line about the device, beside it in the trace, names the sector.",
    ),
    "IoError.FlushError": (
        "Data that was accepted earlier did not reach the device, and part of it is lost; this "
        "is reported once, the next fsync succeeds.",
        "Write the files that were open for writing again from their source; do not trust a "
        "later fsync.",
    ),
    "IoError.DeviceError": (
        "The backing device failed a request, or it is gone.",
        "Check that the device is still there (`lsblk`), its cables and its kernel messages.",
    ),
    "IoError.TimeoutError": (
        "The backing device answered that a request took too long.",
        "Look for resets of the device or its controller in the kernel log.",
    ),
    "IoError.ConnectionLost": (
        "The way to the backing device is interrupted: a cable, a path, a network.",
        "Restore the path; the volume recovers by itself.",
    ),
    "OutOfSpace": (
        "The backing device is full; reading and deleting still work.",
        "Delete files or enlarge the device.",
    ),
    "OutOfMemory": (
        "The system had no memory for the operation.",
        "Find what uses the memory, or give the machine more.",
    ),
    "TooManyOpenFiles": (
        "The driver or the system has no file descriptor left.",
        "Close files, or raise the limit (`ulimit -n`, `fs.file-max`).",
    ),
    "ResourceBusy": (
        "Somebody else holds what the operation needs.",
        "Wait; if it does not pass, find the holder (`lsof`, `fuser`).",
    ),
    "WouldBlock": (
        "The operation would have had to wait, and was asked not to.",
        "Wait; if it does not pass, look for a lock that is held for long.",
    ),
    "LockConflict": (
        "The operation needs a lock that another one holds.",
        "Wait; if it does not pass, find the holder (`lslocks`).",
    ),
    "TransactionError.DeadlockDetected": (
        "Two operations wait for each other's locks; this one was stopped.",
        "Nothing, if it is rare; else let the programs take their locks in one order.",
    ),
    "CorruptedData": (
        "The structures of the filesystem below are damaged; the volume is now read-only.",
        "Copy off what you need, unmount, check the filesystem (`fsck`), then write `rw` to "
        "`access_mode`.",
    ),
    "ChecksumMismatch": (
        "What was read is not what was written; the volume is now read-only.",
        "Restore the file from a copy, check device and memory, then write `rw` to `access_mode`.",
    ),
    "ReadOnlyFilesystem": (
        "The filesystem below has made itself read-only, as it does after damage.",
        "Find its first error in the kernel log, unmount and check it (`fsck`).",
    ),
    "Timeout": (
        "A call was not finished at its deadline; the application got ETIMEDOUT.",
        "Look for a hung device (`vexfsctl trace`, `overdue` of the operation).",
    ),
    "CircuitBreakerOpen": (
        "Earlier calls of this kind failed too often, so this one was refused untried.",
        "Repair what made them fail (`vexfsctl trace`), then wait or reset the breaker.",
    ),
    "NotMounted": (
        "The volume is not mounted, or its device has gone.",
        "Bring the device back and mount the volume again.",
    ),
    "Other": (
        "The filesystem or device below answered with an errno that VexFS has no error for.",
        "The errno and the kernel log around it say more (`vexfsctl trace`).",
    ),
}
"""Name of an entry to its meaning and what you do."""
