"""Advice about what has run out: space, memory, descriptors, and limits that were reached."""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import NO_NEW_ONES, NOTHING_LOST, Advice

_ROOM = "`df MOUNTPOINT` and `df -i MOUNTPOINT` show room"
_GROWS_NO_MORE = "Whatever grows fails with ENOSPC; reading, overwriting and deleting still work."

_NO_SPACE = Advice(
    "The backing device is full; reading and deleting still work.",
    f"{_GROWS_NO_MORE} A file being written is cut off where the space ended.",
    "Delete files or enlarge the device, and write again what was cut off. A deleted file that is "
    "still open keeps its space (`lsof +L1`).",
    f"{_ROOM}, and {NO_NEW_ONES}.",
)
_NO_MEMORY = Advice(
    "The system had no memory for the operation.",
    f"The call failed with ENOMEM. {NOTHING_LOST}",
    "Find what uses the memory, or give the machine more.",
    f"`free -m` shows memory available, and {NO_NEW_ONES}.",
)
_NO_VECTOR_SPACE = replace(
    _NO_SPACE,
    meaning="The space set aside for vectors is full; files are not affected.",
    impact="New vectors are refused and searches do not find their files; stored ones still work.",
    what_you_do="Remove vectors that nobody needs, or enlarge the device, then store the refused "
    "ones again.",
)

ADVICE: dict[str, Advice] = {
    "OutOfSpace": replace(
        _NO_SPACE,
        by_itself="Only what grows is refused: unlink and truncate keep working, as they are the "
        "way out.",
    ),
    "NoSpace": _NO_SPACE,
    "NoSpaceLeft": _NO_SPACE,
    "DeviceFull": _NO_SPACE,
    "StorageError.AllocationFailed": replace(
        _NO_SPACE, meaning="No free block was found for what was to be written."
    ),
    "StorageError.FragmentationError": replace(
        _NO_SPACE,
        meaning="There is space, but not enough of it in one piece.",
        impact="Large pieces are refused with ENOSPC where small ones still fit.",
        what_you_do="Write in smaller pieces, or free more than is needed so that a larger run "
        "appears.",
    ),
    "VectorError.NoSpace": _NO_VECTOR_SPACE,
    "IndexError.IndexFull": replace(
        _NO_VECTOR_SPACE,
        meaning="The index of the vectors takes no further entry.",
        what_you_do="Remove entries, or rebuild the index with room for more.",
        done_when=f"{NO_NEW_ONES}.",
    ),
    "JournalError.JournalFull": replace(
        _NO_SPACE,
        meaning="The journal has no room for a further change before older ones are written back.",
        impact="Changes are refused with ENOSPC; reading works. A slow device that does not keep "
        "up looks the same.",
        what_you_do="Write back what waits (`sync`); if it fills again, lower the load or make "
        "the journal larger.",
        done_when=f"`sync -f MOUNTPOINT` ends without a message, and {NO_NEW_ONES}.",
    ),
    "OutOfMemory": _NO_MEMORY,
    "AllocationError": replace(
        _NO_MEMORY, meaning="An allocation inside VexFS failed because memory ran out."
    ),
    "StackOverflow": replace(
        _NO_MEMORY,
        meaning="VexFS ran out of stack: an operation went too deep.",
        impact="The call failed with ENOMEM; in a kernel module the machine may hang or crash.",
        what_you_do="Report it with the call path. A module that repeats `Allocating new inode` "
        "is in the endless loop of its mount: do not use that build.",
        done_when=f"{NO_NEW_ONES}.",
    ),
    "TooManyOpenFiles": Advice(
        "The driver or the system has no file descriptor left.",
        f"Files cannot be opened (EMFILE, ENFILE); open ones keep working. {NOTHING_LOST}",
        "Close files (`fuser -vm MOUNTPOINT` names who has them open). EMFILE: mount again with a "
        "higher limit of the driver (`ulimit -Hn`, root goes up to `fs.nr_open`); ENFILE: raise "
        "`fs.file-max`.",
        f"`sysctl fs.file-nr` shows the first number well below the third, and {NO_NEW_ONES}.",
    ),
    "ResourceLimit": Advice(
        "A limit of VexFS was reached; the message says which.",
        "Calls beyond the limit are refused with ENOMEM (too many links: EMLINK); those within it "
        "work.",
        "Do less at once; instead of one more link to a file make a copy of it.",
        f"`stat FILE` shows fewer links than before, and {NO_NEW_ONES}.",
    ),
    "FileTooLarge": Advice(
        "The file would become larger than the filesystem or a limit allows.",
        "The write got EFBIG and the file keeps its size. Existing VexFS modules end a file at "
        "48 KiB.",
        "Split the file, or raise the limit of the process (`ulimit -f`).",
        "`stat FILE` prints a size below the limit.",
    ),
}
