"""Requests about attributes: those of stat(2), flags, extended ones, vectors."""

import errno
import os
import stat

from vexfsctl.driver import system_calls
from vexfsctl.driver.file_flags import SET_FLAGS, get_flags, set_flags
from vexfsctl.driver.fuse import replies, requests
from vexfsctl.driver.fuse.protocol import NANOSECONDS
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.nodes.inodes import OpenInode
from vexfsctl.driver.passthrough.vectors import DIMENSION_NAME, check_vector, parse_dimension
from vexfsctl.driver.requests import ACL_PREFIX
from vexfsctl.model.operations import VECTOR_PREFIX


class Attributes:
    """Handlers of requests about attributes, one for each shape."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self.handlers: dict[type, Handler] = {
            requests.GetAttr: self._get,
            requests.SetAttr: self._set,
            requests.GetXattr: self._get_extended,
            requests.SetXattr: self._set_extended,
            requests.ListXattr: self._list_extended,
            requests.RemoveXattr: self._remove_extended,
            requests.Ioctl: self._flags,
        }

    def _get(self, _request: requests.GetAttr, node: OpenInode) -> Answer:
        return self._backing.attributes(node)

    def _set(self, request: requests.SetAttr, node: OpenInode) -> Answer:
        # Times last, because each of the others changes some.
        if request.size is not None:
            self._truncate(node, request.handle, request.size)
        if request.uid is not None or request.gid is not None:
            os.chown(node.path, _id(request.uid), _id(request.gid))
        if request.mode is not None:
            os.chmod(node.path, stat.S_IMODE(request.mode))
        atime = _timespec(request.atime_ns, request.atime_now)
        mtime = _timespec(request.mtime_ns, request.mtime_now)
        if (atime, mtime) != (system_calls.OMIT, system_calls.OMIT):
            system_calls.set_times(node.path, atime, mtime)
        return self._backing.attributes(node)

    def _truncate(self, node: OpenInode, handle: int | None, size: int) -> None:
        if handle is None:
            os.truncate(node.path, size)
        else:
            # The open file grants the right, whatever the mode is now.
            os.ftruncate(self._backing.files.get(handle).number, size)

    def _get_extended(self, request: requests.GetXattr, node: OpenInode) -> Answer:
        try:
            value = os.getxattr(node.path, request.name)
        except OSError as cause:
            # The kernel asks for ACLs before it lets anybody in, and only ENODATA means none to it.
            if cause.errno == errno.EOPNOTSUPP and request.name.startswith(ACL_PREFIX):
                raise OSError(errno.ENODATA, "no POSIX ACLs on this filesystem") from cause
            raise
        return _sized(value, request.size)

    def _list_extended(self, request: requests.ListXattr, node: OpenInode) -> Answer:
        names = os.listxattr(node.path)
        return _sized(b"".join(os.fsencode(name) + b"\0" for name in names), request.size)

    def _set_extended(
        self, request: requests.SetXattr, node: OpenInode, directory: OpenInode | None = None
    ) -> Answer:
        if request.name.startswith(VECTOR_PREFIX):
            _check_vector_attribute(node, directory, request.name, request.value)
        os.setxattr(node.path, request.name, request.value, request.flags)
        return DONE

    def _remove_extended(self, request: requests.RemoveXattr, node: OpenInode) -> Answer:
        os.removexattr(node.path, request.name)
        return DONE

    def _flags(self, request: requests.Ioctl) -> Answer:
        number = self._backing.files.get(request.handle).number
        if request.command == SET_FLAGS:
            set_flags(number, bytes(request.data))
            return Answer(replies.encode_ioctl())
        return Answer(replies.encode_ioctl(get_flags(number, request.command)))


def _check_vector_attribute(
    node: OpenInode, directory: OpenInode | None, name: bytes, value: bytes
) -> None:
    is_directory = stat.S_ISDIR(os.fstat(node.number).st_mode)
    if name == DIMENSION_NAME:
        if not is_directory:
            raise OSError(errno.EINVAL, "only a directory fixes a dimension")
        parse_dimension(value)
    else:
        fixed = None if is_directory or directory is None else _dimension_of(directory)
        check_vector(value, fixed)


def _dimension_of(directory: OpenInode) -> int | None:
    """Return the dimension that *directory*, where a file was last seen, fixes."""
    try:
        return parse_dimension(os.getxattr(directory.path, DIMENSION_NAME))
    except OSError as cause:
        if cause.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return None
        raise


def _sized(value: bytes, size: int) -> Answer:
    if size == 0:
        return Answer((replies.encode_xattr_size(len(value)),))
    if len(value) > size:
        raise OSError(errno.ERANGE, os.strerror(errno.ERANGE))
    return Answer((value,))


def _id(number: int | None) -> int:
    return -1 if number is None else number


def _timespec(nanoseconds: int | None, now: bool) -> system_calls.Timespec:
    if now:
        return system_calls.NOW
    return system_calls.OMIT if nanoseconds is None else divmod(nanoseconds, NANOSECONDS)
