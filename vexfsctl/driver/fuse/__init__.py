"""FUSE without a binding: the kernel's own protocol on /dev/fuse, with the standard library only.

Why not a binding (each was tried):

- libfuse 3.14 through mfusepy loses one-sided utimensat(2): UTIME_OMIT answers 0 and never arrives,
  so `tar -x` and `touch -m` leave wrong times. Its high-level interface has no lookup request.
- mfusepy answers when the callback returns, so a deadline needs a hand-off to another thread (15 to
  22 us per call). Here any thread may answer: at the deadline, one does while the worker is stuck.
- Each request carries its caller's uid, gid and pid, as which a passthrough has to act.
- Any number of mounts in a process, and no package or library to install.
- pyfuse3 has no wheel for these Pythons, and an exception in a handler kills the mount.

It knows nothing about VexFS. A filesystem implements `Filesystem.handle`; then::

    connection = Connection.mount("/mnt", MountOptions(source="example", subtype="x"))
    serve(connection, filesystem, on_crash=report)
    connection.wait()

`protocol` (numbers and handshake), `requests` and `parsing` (bytes to values) and `replies` (values
to bytes) are pure. `channel` is the descriptor, `mounting` mount(2) and fusermount3, `connection`
one mount, `serving` the reader threads.
"""

from vexfsctl.driver.fuse.channel import Payload as Payload
from vexfsctl.driver.fuse.channel import Reply as Reply
from vexfsctl.driver.fuse.connection import Connection as Connection
from vexfsctl.driver.fuse.mounting import MountOptions as MountOptions
from vexfsctl.driver.fuse.mounting import require_fuse as require_fuse
from vexfsctl.driver.fuse.protocol import ROOT_NODEID as ROOT_NODEID
from vexfsctl.driver.fuse.protocol import USUAL_FLAGS as USUAL_FLAGS
from vexfsctl.driver.fuse.protocol import InitFlag as InitFlag
from vexfsctl.driver.fuse.protocol import OpenFlag as OpenFlag
from vexfsctl.driver.fuse.serving import Filesystem as Filesystem
from vexfsctl.driver.fuse.serving import serve as serve
