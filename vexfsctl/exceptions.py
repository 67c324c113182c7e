"""What vexfsctl itself raises. What VexFS reports is an error and lives in `model`.

    VexfsctlException               exit 1, each has a stable code and may have a hint
    ├── InvalidInput                exit 2  an invalid option or argument
    │   └── ConfigurationInvalid            an invalid configuration file
    ├── EvidenceMissing             exit 3  what was asked about could not be examined
    │   ├── LogUnreadable                   a log source could not be opened or read
    │   ├── SysfsUnreadable                 an attribute may not be read
    │   ├── VolumeStale                     its driver is gone, but its mount is left
    │   ├── VolumeBusy                      its driver runs, but has not answered in time
    │   ├── VolumeUnresponsive              its driver does not answer
    │   └── VolumeVanished                  it went away while it was being read
    ├── NotFound
    │   ├── VolumeNotFound
    │   ├── DeviceNotFound                  nothing is called that, here or in complete evidence
    │   ├── AttributeMissing                this provider does not have that attribute
    │   └── IncidentNotFound                no such correlation id in complete evidence
    ├── AmbiguousId                         several incidents fit the id given
    ├── MalformedRecord                     bytes that are not a record of the expected form
    ├── WriteRefused                        the provider refused a write to an attribute
    │   ├── ValueRefused                    EINVAL, ERANGE
    │   ├── StateConflict                   EBUSY: not possible in this state
    │   ├── GenerationMoved                 ESTALE: somebody else changed the breaker
    │   ├── PermissionRefused               EACCES, EPERM
    │   └── ProviderFailed                  EIO: the provider is in state error
    ├── ActionFailed                        an intended change was not made
    │   ├── MountFailed
    │   ├── DeviceActionFailed              losetup, mkfs, mount or a similar program failed
    │   │   └── DeviceVanished              a device went away during such an action
    │   ├── RecoveryFailed                  a replay could not start or continue
    │   └── LabFailed
    ├── FacilityUnavailable                 this machine lacks FUSE, loop devices, a program, root
    └── DeadlineExceeded                    a wait timed out

Each carries an exit status, the next step as `hint` if there is one, and the coverage of what was
consulted before it failed. `cli` turns them into messages; everything else that escapes is a bug
and shows its trace. A `Problem` is what an answer says about one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from errno import EACCES, EBUSY, EINVAL, EIO, ESTALE
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from vexfsctl.model.coverage import Coverage


class ExitStatus(IntEnum):
    """Exit status of every command but `check`, with its meaning for `explain` and vexfsctl(1)."""

    meaning: str

    def __new__(cls, number: int, meaning: str = "") -> Self:
        """Make the member *number*; looking one up takes no *meaning*."""
        status = int.__new__(cls, number)
        status._value_ = number
        status.meaning = meaning
        return status

    OK = (0, "Success. A reading command exits with it even if what it found is bad.")
    FAILED = (1, "Failed, or was refused.")
    USAGE = (2, "Wrong usage.")
    INCOMPLETE = (3, "Answered, but part of the evidence was missing or unreadable.")
    STILL_FAULTY = (
        4,
        "recover replay: every step ran, and the fault remains or nothing proves that it is gone.",
    )
    PERSON_NEEDED = (5, "recover replay: stopped where a person must act.")


class VexfsctlException(Exception):  # noqa: N818 - an Error is what VexFS reports
    """Base of all: *message* says what and where, *hint* what to do next."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.coverage: Coverage | None = None
        """What was consulted before it failed; None if nothing was."""

    @property
    def advice(self) -> str:
        """Message and hint in one line, for places without room for two."""
        return self.message if self.hint is None else f"{self.message}; {self.hint}"


class InvalidInput(VexfsctlException):
    """An invalid option or argument."""

    exit_status = ExitStatus.USAGE
    code = "invalid_input"


class ConfigurationInvalid(InvalidInput):
    """An invalid configuration file; each message names file, line and field."""

    code = "configuration_invalid"

    def __init__(self, *messages: str, hint: str | None = None) -> None:
        super().__init__(messages[0], hint=hint)
        self.messages = messages
        """All its mistakes, reported together."""


class EvidenceMissing(VexfsctlException):
    """What was asked about could not be examined."""

    exit_status = ExitStatus.INCOMPLETE
    code = "evidence_missing"


class LogUnreadable(EvidenceMissing):
    """One or several log sources could not be opened or read."""

    code = "log_unreadable"

    def __init__(
        self, message: str, *, hint: str | None = None, reasons: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.reasons = reasons or {}
        """Why each of several sources could not be read."""

    @classmethod
    def of_all(cls, failures: "Mapping[str, LogUnreadable]") -> "LogUnreadable":
        """Return one exception for several sources that all failed."""
        hints = dict.fromkeys(each.hint for each in failures.values() if each.hint is not None)
        return cls(
            "; ".join(each.message for each in failures.values()),
            hint="; ".join(hints) or None,
            reasons={name: each.advice for name, each in failures.items()},
        )


class SysfsUnreadable(EvidenceMissing):
    """An attribute or a root may not be read."""

    code = "sysfs_unreadable"


class VolumeStale(EvidenceMissing):
    """The volume's driver is gone, but its mount is left (ENOTCONN)."""

    code = "volume_stale"


class VolumeBusy(EvidenceMissing):
    """The volume did not answer in time, on a host that may only be busy."""

    code = "volume_busy"


class VolumeUnresponsive(EvidenceMissing):
    """The volume's driver did not answer, and nothing shows that the host is only busy."""

    code = "volume_unresponsive"


class VolumeVanished(EvidenceMissing):
    """The volume went away while it was being read."""

    code = "volume_vanished"


class NotFound(VexfsctlException):
    """A named thing does not exist."""

    code = "not_found"


class VolumeNotFound(NotFound):
    """No root has a volume of that name."""

    code = "volume_not_found"


class DeviceNotFound(NotFound):
    """No device of this host or of the log is called that."""

    code = "device_not_found"


class AttributeMissing(NotFound):
    """This provider does not have that attribute (an older ABI, or not mounted for it)."""

    code = "attribute_missing"


class IncidentNotFound(NotFound):
    """No record carries that correlation id, and the evidence is complete."""

    code = "incident_not_found"


class AmbiguousId(VexfsctlException):
    """Several incidents fit the id; the message lists them."""

    code = "ambiguous_id"


class MalformedRecord(VexfsctlException):
    """Bytes that are not a record of the expected form."""

    code = "malformed_record"


class WriteRefused(VexfsctlException):
    """The provider refused a write; nothing changed. *errno* is that of its write(2)."""

    code = "write_refused"
    usual_errno: ClassVar[int] = EINVAL

    def __init__(self, message: str, *, hint: str | None = None, errno: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.errno = self.usual_errno if errno is None else errno


class ValueRefused(WriteRefused):
    """The provider does not take that value (EINVAL, ERANGE)."""

    code = "value_refused"


class StateConflict(WriteRefused):
    """Not possible in the state the object is in (EBUSY)."""

    code = "state_conflict"
    usual_errno = EBUSY


class GenerationMoved(WriteRefused):
    """The breaker changed since it was looked at (ESTALE)."""

    code = "generation_moved"
    usual_errno = ESTALE


class PermissionRefused(WriteRefused):
    """This user may not write the attribute; perhaps nobody may (EACCES, EPERM, EROFS)."""

    code = "permission_refused"
    usual_errno = EACCES


class ProviderFailed(WriteRefused):
    """The provider is in state `error` (EIO)."""

    code = "provider_failed"
    usual_errno = EIO


class ActionFailed(VexfsctlException):
    """An intended change was not made."""

    code = "action_failed"


class MountFailed(ActionFailed):
    """A mount did not come up or did not go away."""

    code = "mount_failed"


class DeviceActionFailed(ActionFailed):
    """A program or system call on a device failed."""

    code = "device_action_failed"


class DeviceVanished(DeviceActionFailed):
    """A device went away during such an action."""

    code = "device_vanished"


class RecoveryFailed(ActionFailed):
    """A replay could not start or continue."""

    code = "recovery_failed"


class LabFailed(ActionFailed):
    """A lab could not be set up or taken down."""

    code = "lab_failed"


class FacilityUnavailable(VexfsctlException):
    """This machine lacks something: FUSE, loop devices, a program, the right to use them."""

    code = "facility_unavailable"


class DeadlineExceeded(VexfsctlException):
    """A wait timed out."""

    code = "deadline_exceeded"


def exception_of(code: str, message: str, hint: str | None) -> VexfsctlException:
    """Return the exception that another process reported by its *code*; ActionFailed if unknown."""
    kinds = [VexfsctlException]
    for kind in kinds:
        if kind.code == code and kind is not VexfsctlException:
            return kind(message, hint=hint)
        kinds += kind.__subclasses__()
    return ActionFailed(message, hint=hint)


@contextmanager
def covering(coverage: "Coverage") -> Iterator[None]:
    """Add *coverage* to an exception raised in the block, unless it has its own."""
    try:
        yield
    except VexfsctlException as failure:
        if failure.coverage is None:
            failure.coverage = coverage
        raise


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the user must know besides the answer; *code* is stable, the message is not."""

    code: str
    message: str
    hint: str | None = None

    @classmethod
    def of(cls, exception: VexfsctlException) -> "Problem":
        """Return *exception* as a problem of an answer that lacks only the part that failed."""
        return cls(exception.code, exception.message, exception.hint)

    @classmethod
    def each_of(cls, exception: ConfigurationInvalid) -> "tuple[Problem, ...]":
        """Return each mistake in a configuration as a problem; the last has the hint."""
        *earlier, last = exception.messages
        code = exception.code
        return (*(cls(code, each) for each in earlier), cls(code, last, exception.hint))
