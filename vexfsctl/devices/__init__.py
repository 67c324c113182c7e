"""Block devices, mounts and the system programs that act on them.

This package has everything that asks the kernel about devices and mounts or changes them:
mountinfo, mount(8) and umount(8), fusectl, losetup, mkfs, FIEMAP, block ioctls and the device tree.
It does not know what a volume is or what its errors mean. Everything that can get stuck in the
kernel runs in a child process with a deadline, except in `sectors` and `rescan.rescan`, which are
for children of their callers. No function touches a mount point to find out about it.
"""
