"""Filesystems that no volume serves: those through which the kernel shows and takes its own state.

Who may do what there depends on the process that asks, beyond the identity that a server can take
on: its memory and descriptors (/proc/self), its ptrace rights, its control group, namespaces and
security label. A server asks in its callers' place, so they would get what is the server's.

Not here: filesystems that only look at user, group and capabilities (devpts, mqueue, efivarfs,
nsfs, bpf), which are the caller's.
"""

from vexfsctl.driver import system_calls

# linux/magic.h, and the filesystems' own sources for what it lacks (configfs).
_NAMES = {
    0x9FA0: "proc",
    0x62656572: "sysfs",
    0x27E0EB: "cgroup",
    0x63677270: "cgroup2",
    0x64626720: "debugfs",
    0x74726163: "tracefs",
    0x73636673: "securityfs",
    0x62656570: "configfs",
    0x07655821: "resctrl",
    0xF97CFF8C: "selinuxfs",
    0x43415D53: "smackfs",
    0x5A3C69F0: "apparmorfs",
}


def filesystem_of_kernel_state(descriptor: int) -> str | None:
    """Return the type of the filesystem that *descriptor* is on if it is such a one, else None."""
    # One that does not say what it is is on a network or a disk: of these here, all can.
    return _NAMES.get(system_calls.filesystem_type(descriptor))
