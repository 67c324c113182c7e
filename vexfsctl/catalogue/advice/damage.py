"""Advice about damage: structures or data that are not what was written, and what asks for fsck.

The userspace driver guards a filesystem that has an fsck, and makes the volume read-only. Other
builds of VexFS do neither, so what they report has advice of its own.
"""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import RESTORE, RESTORED, Advice

_LEAVE = "`vexfsctl volume set VOLUME access_mode=rw`"
_KEEPS_WRITING = "Stop writing to it first. "

_OF_OUR_DRIVER = {
    "CorruptedData": Advice(
        "The structures of the filesystem below are damaged.",
        "What depends on the damaged structure cannot be read or may be wrong; further writes "
        "would spread the damage.",
        "Copy off what you need, unmount, check the filesystem (`fsck`), mount again. Without an "
        f"unmount only {_LEAVE} ends the read-only mode.",
        "`fsck -n DEVICE` of the unmounted device reports no damage, and after the mount "
        "`vexfsctl status VOLUME` says OK.",
    ),
    "ChecksumMismatch": Advice(
        "What was read is not what was written.",
        "The data was withheld, so no application works with it unknowingly; the copy on the "
        "device is bad.",
        "Restore the file from a copy, check device and memory, then end the read-only mode "
        f"({_LEAVE}).",
        "`cmp FILE COPY` prints nothing, and `vexfsctl check VOLUME` prints OK once read-only mode "
        "was ended.",
    ),
}

_STRUCTURES = Advice(
    "Something stored is damaged; the build that reported it does not say what.",
    "What depends on the damaged part cannot be read or may be wrong; further writes would spread "
    "it.",
    _KEEPS_WRITING + RESTORE,
    RESTORED,
)
_BLOCK = replace(
    _STRUCTURES,
    meaning="A block, named in the message, is damaged.",
    impact="The file or directory that owns the block cannot be trusted; other blocks are not "
    "concerned.",
)
_VECTOR = Advice(
    "A stored vector is damaged.",
    "Searches miss its file; the file's own data is not affected.",
    "Compute the vector again and store it; check device and memory.",
    "`getfattr -d FILE` prints the new vector.",
)
_FOREIGN_VERSION = Advice(
    "The filesystem on the device is of a version that this build of VexFS does not know.",
    "It is not mounted, or not in full; nothing on the device was changed.",
    "Use the build that made it, or a newer one; do not make a new filesystem on it to get rid of "
    "the message.",
    "`dmesg` shows the mount without this message, and `findmnt DEVICE` lists it.",
)
_CHECK_DUE = Advice(
    "The filesystem says of itself that it has errors or was mounted too often without a check.",
    "It is refused until its superblock says otherwise; what is stored may be intact.",
    "Take an image of the device (`ddrescue`), mount it read-only and copy off what reads. "
    + RESTORE,
    RESTORED,
)

_OF_OTHER_BUILDS = {
    "InvalidMagic": Advice(
        "The device does not begin with the magic number of VexFS: another filesystem, another "
        "layout of VexFS, or an overwritten beginning.",
        "The mount is refused; nothing on the device was changed.",
        "See what is on it (`blkid DEVICE`). If it ought to be VexFS, stop writing to it and take "
        "an image (`ddrescue`) before any repair.",
        "`blkid DEVICE` names the filesystem that you expect, and `findmnt DEVICE` lists it.",
    ),
    "InvalidSuperblock": Advice(
        "The superblock is there but makes no sense: its numbers or its checksum do not match.",
        "The filesystem cannot be mounted; its files and directories may be intact.",
        "Do not write to the device. Take an image of it (`ddrescue`) and work on the image. "
        + RESTORE,
        RESTORED,
    ),
    "CorruptionError": _STRUCTURES,
    "Corruption": replace(
        _STRUCTURES,
        meaning="Damage was found: VEXFS_ERROR_CORRUPTION of vexfs_ffi.h.",
        by_itself="No build returns this code yet: existing ones turn damage into -5 or -1.",
    ),
    "ChecksumError": replace(
        _STRUCTURES,
        meaning="A checksum does not match what was read; the build does not say of what.",
        impact="What was read is not what was written: the copy on the device is bad.",
    ),
    "UnsupportedVersion": _FOREIGN_VERSION,
    "VersionMismatch": replace(
        _FOREIGN_VERSION,
        meaning="Parts that must be of the same version are not: filesystem, module or record.",
    ),
    "NeedsFsck": _CHECK_DUE,
    "RecoveryNeeded": replace(
        _CHECK_DUE,
        meaning="The filesystem must be checked first: VEXFS_ERROR_RECOVERY_NEEDED of vexfs_ffi.h.",
        by_itself="No build returns this code yet.",
    ),
    "StorageError.BlockCorrupted": _BLOCK,
    "StorageError.MetadataCorrupted": replace(
        _STRUCTURES,
        meaning="The tables that say which blocks are used are damaged.",
        impact="A write could be given blocks that belong to another file and destroy it.",
    ),
    "VectorError.CorruptedData": _VECTOR,
    "VectorError.ChecksumMismatch": replace(
        _VECTOR, meaning="The checksum of a stored vector does not match its data."
    ),
    "IndexError.IndexCorrupted": Advice(
        "The index of the vectors is damaged.",
        "Searches may miss entries or return wrong ones; files and their vectors are not touched.",
        "Drop the index and rebuild it from the vectors. If it is damaged again, check device and "
        "memory.",
        "A search finds a file that you know is there, and `vexfsctl errors --error {name} "
        "--since 1h` lists nothing.",
    ),
    "JournalError.JournalCorrupted": replace(
        _STRUCTURES,
        meaning="The journal is damaged: what it holds cannot be replayed.",
        impact="Changes that were only in the journal are lost; what was there before them is on "
        "the device.",
    ),
    "JournalError.RecoveryError": replace(
        _STRUCTURES,
        meaning="Replaying the journal after a crash failed half-way.",
        impact="Some of the last changes before the crash are applied and some are not.",
        what_you_do="Take an image of the device before anything else (`ddrescue`). " + RESTORE,
    ),
    "TransactionError.RollbackFailed": replace(
        _STRUCTURES,
        meaning="A transaction could not be undone: half of it is left behind.",
        impact="What the transaction touched is inconsistent; the rest is not affected.",
    ),
}

ADVICE: dict[str, Advice] = {**_OF_OUR_DRIVER, **_OF_OTHER_BUILDS}
