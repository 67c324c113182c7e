"""Block devices, mounts and the system programs that act on them.

Here lives everything that asks the kernel about devices and mounts or changes them: mountinfo,
mount(8) and umount(8), fusectl, losetup, mkfs, FIEMAP, block ioctls and the device tree. What a
volume is and what its errors mean is not known here. Everything that can stick in the kernel
runs in a child process with a deadline, except in `sectors` and `rescan.rescan`, which are made for
children of their callers; no function touches a mount point to find out about it.
"""
