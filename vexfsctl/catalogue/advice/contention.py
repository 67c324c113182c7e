"""Advice about what somebody else holds: busy resources, locks, transactions, the journal."""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import (
    NO_NEW_ONES,
    NOTHING_LOST,
    REFUSED_ONLY,
    RESTORE,
    RESTORED,
    Advice,
)

_STOPPED = f"{NO_NEW_ONES}."

_BUSY = Advice(
    "Somebody else holds what the operation needs.",
    f"The call got EBUSY if waiting did not help. {REFUSED_ONLY}",
    "Wait; if it does not pass, find the holder (`lsof`, `fuser`).",
    f"`fuser -v PATH` lists nobody, and {NO_NEW_ONES}.",
)
_LOCKED = Advice(
    "The operation needs a lock that another one holds.",
    f"The call got EAGAIN if waiting did not help. {REFUSED_ONLY}",
    "Wait; if it does not pass, find the holder (`lslocks`).",
    f"`lslocks` shows no lock that others wait for, and {NO_NEW_ONES}.",
)
_CACHE_HELD = replace(
    _BUSY,
    meaning="The cache entry is being used by another operation.",
    what_you_do="Wait; it passes with the other operation. If not, look for overdue calls "
    "(`vexfsctl status`).",
    done_when=f"`vexfsctl status VOLUME` shows no overdue calls, and {NO_NEW_ONES}.",
)
_UNDONE = "The transaction was undone as a whole: what it would have changed is as it was before."
_TRANSACTION = Advice(
    "The transaction was given up before it could be committed.",
    _UNDONE,
    "Do the work again from its beginning; the program that began the transaction has to.",
    _STOPPED,
)
_REMEDY_BELOW = (
    "Look for errors of the device below in the kernel log, repair what fails there, then write "
    "back what waits (`sync`)."
)
_WRITTEN_BACK = f"`sync -f MOUNTPOINT` ends without a message, and {NO_NEW_ONES}."
_JOURNAL = Advice(
    "The journal could not be used for a change.",
    "The change was not made; those before it are safe. After a crash now, recent changes may be "
    "missing.",
    f"Look for errors of the device below in the kernel log. {RESTORE}",
    RESTORED,
)

ADVICE: dict[str, Advice] = {
    "ResourceBusy": _BUSY,
    "Busy": _BUSY,
    "WouldBlock": replace(
        _LOCKED,
        meaning="The operation would have had to wait, and was asked not to.",
        what_you_do="Wait; if it does not pass, look for a lock that is held for long (`lslocks`).",
    ),
    "LockConflict": _LOCKED,
    "LockError": replace(
        _LOCKED,
        meaning="A lock could not be taken or given back: the locking itself failed.",
        impact=f"The call got ENOLCK. {REFUSED_ONLY}",
        what_you_do="Restart the part that holds the locks: unmount and mount the volume again.",
        done_when=f"`vexfsctl status VOLUME` says OK after the mount, and {NO_NEW_ONES}.",
    ),
    "CacheLocked": _CACHE_HELD,
    "CacheDirty": replace(
        _CACHE_HELD,
        meaning="The cache entry holds changes that are not written back yet.",
        what_you_do="Write back what waits (`sync`), then try again.",
        done_when=_WRITTEN_BACK,
    ),
    "TransactionError.TransactionNotFound": replace(
        _TRANSACTION,
        meaning="The transaction named does not exist: it has ended, or never began.",
        impact=REFUSED_ONLY,
        what_you_do="Begin a new one; a program that uses an old number is at fault.",
    ),
    "TransactionError.TransactionAborted": _TRANSACTION,
    "TransactionError.TransactionConflict": replace(
        _TRANSACTION,
        meaning="Another transaction changed the same things first.",
        what_you_do="Nothing, if it is rare; else let fewer writers work on the same things.",
    ),
    "TransactionError.DeadlockDetected": replace(
        _TRANSACTION,
        meaning="Two operations wait for each other's locks; this one was stopped.",
        impact=f"The other operation went on; this one got EDEADLK. {NOTHING_LOST}",
        what_you_do="Nothing, if it is rare; else let the programs take their locks in one order.",
    ),
    "TransactionError.InvalidTransactionState": replace(
        _TRANSACTION,
        meaning="The transaction is not in a state in which that can be done, such as a commit "
        "after its end.",
        impact=REFUSED_ONLY,
    ),
    "TransactionError.TooManyTransactions": replace(
        _TRANSACTION,
        meaning="More transactions are open at once than VexFS has room for.",
        impact=f"The new one was not begun (EBUSY); open ones go on. {NOTHING_LOST}",
        what_you_do="Let programs end theirs sooner, or run fewer at once.",
    ),
    "TransactionError.TransactionTimeout": replace(
        _TRANSACTION,
        meaning="The transaction was open for too long and was given up.",
        what_you_do="Make transactions smaller; if the device is slow, look into that first "
        "(`vexfsctl trace ID`).",
    ),
    "TransactionError.CommitFailed": replace(
        _TRANSACTION,
        meaning="The commit of a transaction did not reach the device.",
        impact="The application was told with EIO. Nothing says whether the changes are stored; "
        "after a crash they may be there or not.",
        what_you_do="Look for the device's error in the kernel log, then check what the "
        "transaction was to change and do it again.",
        done_when=_WRITTEN_BACK,
    ),
    "JournalError.JournalNotFound": replace(
        _JOURNAL,
        meaning="There is no journal where the superblock says that it is.",
        impact="Changes are made without protection, or the mount is refused; files are not "
        "touched.",
    ),
    "JournalError.InvalidRecord": replace(
        _JOURNAL,
        meaning="A record of the journal makes no sense; replay stops before it.",
        impact="Changes recorded behind it are lost; those before it are applied.",
    ),
    "JournalError.RecordNotFound": replace(
        _JOURNAL, meaning="A record that the journal ought to have is not in it."
    ),
    "JournalError.WriteAheadLogError": replace(
        _JOURNAL,
        meaning="A change could not be written to the log that must come before it.",
        what_you_do=_REMEDY_BELOW,
        done_when=_WRITTEN_BACK,
    ),
    "JournalError.CheckpointError": replace(
        _JOURNAL,
        meaning="Journaled changes could not be written back to their places.",
        impact="They are still in the journal and not lost; it fills up until they can be written.",
        what_you_do=_REMEDY_BELOW,
        done_when=_WRITTEN_BACK,
    ),
}
