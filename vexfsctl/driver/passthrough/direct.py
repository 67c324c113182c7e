"""Direct I/O of applications: which ranges the backing file itself would refuse.

A volume's own buffers are unaligned, so direct I/O ends at the page cache of the backing file,
which refuses nothing. But programs find out by trying which ranges a disk takes (qemu), and what
they find must hold for the directory behind the mount as well.

What cannot be known here: where in memory the application's buffer begins. By it the kernel splits
a call that is longer than a request, and then the pieces begin and end anywhere.
"""

import errno
import math
import os

from vexfsctl.driver.refusals import Refusal
from vexfsctl.driver.system_calls import DirectLimits, direct_limits

PAGE = 4096


def check_direct(descriptor: int, offset: int, length: int, *, reading: bool, longest: int) -> None:
    """Raise Refusal (EINVAL) if the backing file takes no direct I/O of that range.

    *longest* is how many bytes a request is about at most.
    """
    limits = direct_limits(descriptor)
    if not takes_direct(limits, offset, length, reading=reading, longest=longest):
        raise Refusal(errno.EINVAL, os.strerror(errno.EINVAL))


def takes_direct(
    limits: DirectLimits, offset: int, length: int, *, reading: bool, longest: int
) -> bool:
    """Whether a file with *limits* takes direct I/O of a range, or the range may be a piece.

    Pieces of a longer call begin and end as finely as buffers do.
    """
    if not limits.file:
        return True
    end = offset + length
    if reading:
        if offset >= limits.size:
            return True  # dd(1) ends so, after a last block that was not full
        # Beyond the last block nothing is read, and so nothing refused.
        end = min(end, -(-limits.size // limits.block) * limits.block)
    if (offset | end) % math.gcd(limits.file, limits.memory):
        return False
    # A piece is less than a page shorter than the longest request; only then another follows it.
    may_follow, may_be_followed = offset > longest - PAGE, length > longest - PAGE
    begins = offset % limits.file == 0 or may_follow
    ends = end % limits.file == 0 or may_follow or may_be_followed
    return begins and ends
