"""Restart component: have the transport of a disk rescan it, if it has one."""

import errno
from functools import partial
from pathlib import Path

from vexfsctl.devices.block import SYS
from vexfsctl.devices.disks import BlockDevice
from vexfsctl.devices.rescan import rescan, rescan_attribute
from vexfsctl.exceptions import FacilityUnavailable
from vexfsctl.recovery.device.medium import describe_errno
from vexfsctl.recovery.plan.steps import Outcome, StepResult
from vexfsctl.system.children import NO_ANSWER, run_in_children


def restart_device(device: BlockDevice, timeout_s: float, *, sys: Path = SYS) -> StepResult:
    """Rescan the disk of *device*; REFUSED if nothing can be restarted."""
    try:
        attribute = rescan_attribute(device, sys=sys)
    except FacilityUnavailable as cause:
        return StepResult(
            Outcome.REFUSED, cause.message, evidence=(cause.hint,) if cause.hint else ()
        )
    details = {"device": str(device.path), "attribute": str(attribute)}
    (failure,) = run_in_children([partial(_errno_of_rescan, attribute)], timeout_s)
    if failure is NO_ANSWER:
        message = f"the rescan of {device.disk} did not end within {timeout_s:g} s"
        return StepResult(Outcome.ABANDONED, message, details=details)
    if failure:
        message = f"{device.disk} was not rescanned: {describe_errno(failure)}"
        if failure in (errno.EACCES, errno.EPERM):
            return StepResult(Outcome.REFUSED, f"{message}: it needs root", details=details)
        return StepResult(Outcome.FAILED, message, details=details)
    return StepResult(Outcome.OK, f"{device.disk} rescanned ({attribute})", details=details)


def _errno_of_rescan(attribute: Path) -> int:
    try:
        rescan(attribute)
    except OSError as cause:
        return cause.errno or -1
    return 0
