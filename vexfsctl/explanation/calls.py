"""Explanations of operation types and of the calls that applications make."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.explanation.form import Explanation, Heading, Subject, term_headings
from vexfsctl.explanation.terms import OPERATIONS
from vexfsctl.model.operations import OperationType

CALLS = {
    OperationType.SUPERBLOCK: ("statfs",),
    OperationType.INODE: (
        *("getattr", "setattr", "create", "tmpfile", "mknod", "symlink", "readlink", "link"),
        *("unlink", "access", "getxattr", "setxattr", "listxattr", "removexattr", "ioctl"),
    ),
    OperationType.FILE: ("open", "read", "write", "release", "lseek", "copy_file_range"),
    OperationType.DIRECTORY: (
        *("lookup", "opendir", "readdir", "releasedir", "mkdir", "rmdir", "rename"),
    ),
    OperationType.VECTOR: (),
    OperationType.STORAGE: ("fallocate",),
    OperationType.SYNC: ("fsync", "fsyncdir", "flush", "syncfs"),
}
"""Application calls by the operation type that guards them; a test holds them to the driver's own
table, which costs too much to import for a list of names."""


def operation_headings() -> Iterator[Heading]:
    """Yield the operation types."""
    yield from term_headings(Subject.OPERATION, OPERATIONS, _facts_of_operation)


def call_headings() -> Iterator[Heading]:
    """Yield the calls that applications make on a volume."""
    for names in CALLS.values():
        for name in names:
            yield Heading((name,), partial(_explain_call, name))


def _facts_of_operation(operation: OperationType) -> dict[str, object]:
    return {
        "upstream_number": list(OperationType).index(operation),
        "calls": CALLS[operation],
        "deadline_ms": operation.default_timeout_ms,
    }


def _explain_call(name: str) -> Explanation:
    # Deferred: it imports the whole FUSE protocol.
    from vexfsctl.driver.requests import CALLS as GUARDED_CALLS

    call = next(call for call in GUARDED_CALLS if call.name == name)
    nested = f", with a {OperationType.STORAGE} call nested in it" if call.data else ""
    return Explanation(
        subject=Subject.CALL,
        name=call.name,
        meaning=f"An application call that goes through the breaker of {call.operation}{nested}.",
        facts={
            "operation": call.operation,
            "may_be_repeated": call.repeatable,
            "refused_when_read_only": call.writes,
        },
        what_you_do=f"`vexfsctl log --op {call.operation}` shows what became of failed ones.",
        see_also=(str(call.operation),),
    )
