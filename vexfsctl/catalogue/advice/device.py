"""Advice about a backing device that fails, is slow or is gone (I/O errors, timeouts)."""

from vexfsctl.catalogue.advice.form import NO_NEW_ONES, NOTHING_LOST, REFUSED_ONLY, Advice

_NAMES_THE_SECTOR = "The kernel's line about the device, if it wrote one, names the sector."

ADVICE: dict[str, Advice] = {
    "IoError.ReadError": Advice(
        "The backing device did not return the data that was requested.",
        "The application's read failed with EIO; other files and the rest of the file may still be "
        f"readable. {NOTHING_LOST}",
        f"{_NAMES_THE_SECTOR} Find out what still reads with `vexfsctl recover plan ID`. If the "
        "same sectors fail again, restore the file from a copy and replace the device.",
        f"`cat FILE >/dev/null` ends without a message, and {NO_NEW_ONES}.",
    ),
    "IoError.WriteError": Advice(
        "The backing device did not take data that was to be written; the application knows.",
        "The file holds its old content, the new one, or a part of it.",
        f"{_NAMES_THE_SECTOR} Write the file again when the device is healthy.",
        f"`sync FILE` after the new write ends without a message, and {NO_NEW_ONES}.",
    ),
    "IoError.SeekError": Advice(
        "The place of the data in the file could not be found, because reading the map failed.",
        "The application's lseek failed with EIO: programs that skip holes (cp, tar) stop at the "
        f"file. {NOTHING_LOST}",
        f"{_NAMES_THE_SECTOR} The map lies in the metadata of the filesystem below: copy off what "
        "reads, then check that filesystem (`fsck`).",
        f"`cp FILE /dev/null` ends without a message, and {NO_NEW_ONES}.",
    ),
    "IoError.FlushError": Advice(
        "Data that was accepted earlier did not reach the device, and part of it is lost; this "
        "is reported once, the next fsync succeeds.",
        "Every file written since the last good sync may be older or torn on the device, even "
        "where its program saw only success.",
        "Write the files that were open for writing again from their source; do not trust a "
        "later fsync. Repair or replace the device first.",
        "`cmp FILE SOURCE` prints nothing for each file written again, after `sync FILE`.",
        "A second fsync is never tried: the kernel reports a lost write once, and would then call "
        "it success.",
    ),
    "IoError.DeviceError": Advice(
        "The backing device failed a request, or it is gone.",
        "Calls that need the device fail until it answers again; what is cached may still read.",
        "Check that the device is still there (`lsblk`), its cables and its kernel messages. A "
        "disk that went away may come back by a rescan (`vexfsctl recover plan ID`).",
        "`lsblk DEVICE` lists the device with its size, and `vexfsctl status VOLUME` says OK.",
    ),
    "IoError.TimeoutError": Advice(
        "The backing device answered that a request took too long.",
        "The call failed with ETIMEDOUT after the waits of device and driver; a write may have "
        "been done or not.",
        "Look for resets of the device or its controller in the kernel log (`dmesg`), and at how "
        "busy it is (`iostat`). Write again what was being written.",
        f"`dmesg` shows no new reset of the device, and {NO_NEW_ONES}.",
    ),
    "IoError.InterruptedError": Advice(
        "A signal ended the operation before it did anything.",
        f"The application got EINTR and asks again or gives up. {NOTHING_LOST}",
        "Nothing, unless a program cannot cope with EINTR: then find out who sends the signals; "
        "its own handlers need SA_RESTART.",
        "`strace -f PROGRAM` shows the call made again, and that one succeed.",
    ),
    "IoError.ConnectionLost": Advice(
        "The way to the backing device is interrupted: a cable, a path, a network.",
        "Calls that need the device fail with ENOLINK; the data on it is not touched, a write "
        "under way may have arrived or not.",
        "Restore the path; the volume recovers by itself. With several paths, see which are left "
        "(`multipath -ll`).",
        "`dmesg` shows the link up again, and `vexfsctl breaker list VOLUME` shows every breaker "
        "closed.",
    ),
    "IoError.BufferTooSmall": Advice(
        "The answer is longer than the buffer that the caller gave for it.",
        f"The call got ERANGE and no data. {NOTHING_LOST}",
        "Ask for the size first and call again with as much room; the program is at fault.",
        "`getfattr -d FILE` (which asks for the size) prints the value.",
    ),
    "IoError.InvalidOffset": Advice(
        "The offset is beyond the end of the file, or not one that a file can have.",
        f"The application's lseek or read got the errno and moved nothing. {REFUSED_ONLY}",
        "Compare the offset with the size of the file: a program that looks for data beyond the "
        "end has been told that there is none.",
        "`stat FILE` prints the size that the program has to stay below.",
    ),
    "IOError": Advice(
        "Input or output failed; the build that reported it does not say at which step.",
        "The call failed with EIO. After a write nothing says whether the data arrived.",
        "The kernel's lines beside it say more (`vexfsctl trace ID`). Treat it as a failed read "
        "or write of the device; after a write, write again.",
        f"`dmesg` shows no new error of the device, and {NO_NEW_ONES}.",
    ),
    "Timeout": Advice(
        "A call was not finished at its deadline; the application got ETIMEDOUT.",
        "A read was lost to its caller only. A write may still happen later; until it has ended, "
        "writes, truncation and fsync of that file are refused (EBUSY).",
        "Look for a hung device (`vexfsctl trace`, `overdue` of the operation). If the device is "
        "only slow, give the operation more time: `vexfsctl breaker set VOLUME/OPERATION "
        "call_timeout_ms=30000`.",
        "`vexfsctl status VOLUME` shows no overdue calls and says OK.",
        "One deadline bounds the whole call with its retries. The stuck attempt is abandoned, not "
        "stopped; it counts once against the breaker of its operation, and what it does later "
        "affects only the file it writes.",
    ),
    "NotMounted": Advice(
        "The volume is not mounted, or its device has gone.",
        "Every call on it fails; what was synced before is on the device.",
        "Bring the device back and mount the volume again.",
        "`findmnt MOUNTPOINT` lists the mount, and `vexfsctl status VOLUME` says OK.",
    ),
    "CacheError": Advice(
        "A cache of VexFS did not have, or could not take, what belongs in it.",
        "The call failed with EIO although the device may be healthy; what is on the device is not "
        "touched.",
        "Drop the cache and read again (`vexfsctl recover plan ID` begins with it). If it comes "
        "back with a cold cache, treat it as a failed read of the device.",
        f"`cat FILE >/dev/null` ends without a message, and {NO_NEW_ONES}.",
    ),
}
