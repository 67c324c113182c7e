"""Advice about answers: the volume works, and what was asked for is not there or not allowed."""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import (
    CALLER_AT_FAULT,
    NO_NEW_ONES,
    REFUSED_ONLY,
    RESTORE,
    Advice,
)

_ABSENT = Advice(
    "There is no file or directory of that name.",
    "The application got ENOENT, the ordinary answer to looking for what is not there.",
    "Nothing, unless the file ought to be there: then look for who removed or renamed it. Builds "
    "that log every lookup as a failure report it all the time; that is noise.",
    "`stat FILE` prints the file that is expected there.",
)
_INODE_ABSENT = replace(
    _ABSENT,
    meaning="No file has the inode number in the message.",
    impact="The application got ENOENT: the file was removed meanwhile, or a directory names an "
    "inode that is free.",
    what_you_do="Look again from the directory. If listing it names a file that cannot be opened, "
    f"the directory is damaged. {RESTORE}",
    done_when="`ls -li DIRECTORY` lists every entry without a question mark.",
)
_EXISTS = Advice(
    "There is a file or directory of that name already.",
    f"The application got EEXIST. {REFUSED_ONLY}",
    "Choose another name, or remove what is there if nobody needs it.",
    "`stat FILE` says what is there under that name.",
)
_NO_DIRECTORY = Advice(
    "A part of the path that must be a directory is something else.",
    f"The application got ENOTDIR. {REFUSED_ONLY}",
    "See which part of the path it is, and correct the path.",
    "`namei -l FILE` shows a d before every part but the last.",
)
_DIRECTORY = Advice(
    "The operation is for files, and its target is a directory.",
    f"The application got EISDIR. {REFUSED_ONLY}",
    "Name a file, or use the operation for directories (`rmdir`, `ls`).",
    "`stat FILE` says regular file.",
)
_DENIED = Advice(
    "The permissions of the file, or of a directory above it, do not allow it.",
    f"The application got EACCES. {REFUSED_ONLY}",
    "See which part of the path refuses whom, then change owner, mode or user.",
    "`namei -l FILE` shows rights for the user on every part of the path.",
)
_INVALID = Advice(
    "An argument of the call is invalid; the message says which.",
    f"The application got EINVAL. {REFUSED_ONLY}",
    CALLER_AT_FAULT,
    "`strace -f PROGRAM` shows the call succeed with the corrected argument.",
)
_TOO_LONG = Advice(
    "A name is longer than a file name may be (255 bytes).",
    f"The application got ENAMETOOLONG. {REFUSED_ONLY}",
    "Use a shorter name; letters outside ASCII count two to four bytes each.",
    "`getconf NAME_MAX DIRECTORY` prints the limit, and `stat FILE` finds the shorter name.",
)
_UNSUPPORTED = Advice(
    "VexFS, or the filesystem below it, does not have that operation.",
    f"The application got EOPNOTSUPP; most programs then do it another way. {REFUSED_ONLY}",
    "Nothing, unless a program cannot do without it: then use a filesystem that has it.",
    "`strace -f PROGRAM` shows the program go on after EOPNOTSUPP.",
)

ADVICE: dict[str, Advice] = {
    "NotFound": _ABSENT,
    "FileNotFound": _ABSENT,
    "EntryNotFound": replace(
        _ABSENT,
        meaning="The entry in the message is not there: a directory entry or an extended "
        "attribute.",
        impact="The application got ENOENT (ENODATA for an attribute), the ordinary answer to "
        "looking for what is not there.",
        done_when="`ls DIRECTORY` or `getfattr -d FILE` lists the entry that is expected.",
    ),
    "InodeNotFound": _INODE_ABSENT,
    "InvalidInode": replace(
        _INODE_ABSENT,
        meaning="The inode number in the message is not one that this filesystem can have, or the "
        "inode makes no sense.",
        impact="The file cannot be opened (EINVAL). If a directory names it, the directory is "
        "damaged.",
        what_you_do=f"Nothing, if a program made the number up. If a directory names it: {RESTORE}",
    ),
    "FileExists": _EXISTS,
    "AlreadyExists": replace(
        _EXISTS,
        meaning="What was to be made is there already: a file, or the module's Rust part that "
        "was initialised twice.",
        impact=f"The call got EEXIST. {REFUSED_ONLY} Existing modules return -22 for it when "
        "they are loaded again.",
        what_you_do="Choose another name. If it comes while a module is loaded, unload it whole "
        "before you load it again.",
    ),
    "DirectoryNotEmpty": Advice(
        "The directory to be removed or replaced has entries.",
        f"The application got ENOTEMPTY. {REFUSED_ONLY}",
        "Remove or move what is in it first; names that begin with a dot count too.",
        "`ls -A DIRECTORY` prints nothing.",
    ),
    "NotADirectory": _NO_DIRECTORY,
    "NotDirectory": _NO_DIRECTORY,
    "IsADirectory": _DIRECTORY,
    "IsDirectory": _DIRECTORY,
    "PermissionDenied": _DENIED,
    "InsufficientPermissions": replace(
        _DENIED,
        meaning="The operation is reserved for the owner or root, whatever the mode bits say.",
        impact=f"The application got EPERM. {REFUSED_ONLY}",
        what_you_do="Do it as the owner or as root; see whether the file is immutable "
        "(`lsattr FILE`).",
        done_when="`lsattr FILE` shows neither i nor a, and `id` names the owner.",
    ),
    "ReadOnlyFilesystem": Advice(
        "The filesystem below has made itself read-only, as it does after damage.",
        "Every write fails with EROFS; reading works. Writes of the last seconds may be lost.",
        "Find its first error in the kernel log, unmount and check it (`fsck`).",
        "`findmnt MOUNTPOINT` shows rw among the options, and `vexfsctl status VOLUME` says OK.",
        "While `access_mode` or `degradation` says read-only, EROFS is the intended answer and is "
        "not reported at all; if it is reported, it came from below.",
    ),
    "InvalidOperation": replace(
        _UNSUPPORTED,
        meaning="The operation makes no sense on this object; the message says which.",
        impact="The application got the errno of its call (EOPNOTSUPP, EXDEV, ESPIPE). "
        f"{REFUSED_ONLY}",
        what_you_do=CALLER_AT_FAULT,
    ),
    "UnsupportedOperation": _UNSUPPORTED,
    "NotImplemented": replace(
        _UNSUPPORTED,
        meaning="This build of VexFS does not have that operation yet; the message says which.",
        what_you_do="Use a build that has it, or do without.",
    ),
    "InvalidArgument": _INVALID,
    "InvalidParameter": replace(
        _INVALID, meaning="A parameter is invalid; the message says which."
    ),
    "InvalidConfiguration": replace(
        _INVALID,
        meaning="A setting of the volume or module is invalid.",
        impact="The volume does not start, or starts with its defaults; nothing stored is touched.",
        what_you_do="Correct the setting, then mount again.",
        done_when="`vexfsctl volume show VOLUME` lists the setting that you meant.",
    ),
    "InvalidData": replace(
        _INVALID,
        meaning="What was handed over has the wrong form; the message says what. Between module "
        "and Rust part: an answer out of range.",
        what_you_do="Correct the data in the program that made it; between module and Rust part, "
        "use parts of one build.",
        done_when=f"{NO_NEW_ONES}.",
    ),
    "InvalidPath": replace(
        _INVALID,
        meaning="The path cannot be followed: a zero byte, a loop of links, or no path at all.",
        impact=f"The application got EINVAL, for a loop of links ELOOP. {REFUSED_ONLY}",
        what_you_do="Correct the path; a loop of links shows where it turns.",
        done_when="`namei -l FILE` follows the path to its end.",
    ),
    "OutOfRange": replace(
        _INVALID,
        meaning="A number is smaller or larger than it may be; the message says which.",
        impact=f"The application got ERANGE. {REFUSED_ONLY}",
    ),
    "NameTooLong": _TOO_LONG,
    "PathTooLong": replace(
        _TOO_LONG,
        meaning="The whole path is longer than a path may be (4096 bytes).",
        what_you_do="Change into a directory on the way and use a relative path.",
        done_when="`getconf PATH_MAX DIRECTORY` prints the limit, and `stat FILE` finds the file "
        "by its relative path.",
    ),
    "OperationCancelled": Advice(
        "The caller cancelled the operation before it was done.",
        f"The call got ECANCELED. {REFUSED_ONLY}",
        "Nothing, if that was intended; otherwise find out who cancelled it.",
        f"{NO_NEW_ONES}.",
    ),
}
