"""A VexFS volume whose faults you control: how it is put together and taken apart.

    application ─ mnt/     VexFS: the userspace driver, a process of its own
                  backing/ ext4
                  /dev/loopN, direct I/O
                  image/disk, served by the image server (another process), which fails on demand
                  disk.img  a sparse file

This is the device lab: real block errors, root only, because loop devices and mkfs need it. A plain
lab does not need root, and its driver fails the calls on demand:

    application ─ mnt/     VexFS: the userspace driver, which fails on demand
                  files/   a plain directory

Each lab is one directory under `/run/vexfsctl/lab`, or a user's `$XDG_RUNTIME_DIR/vexfsctl/lab`.
Its parts are found from there and from the kernel (mountinfo, loop devices), so a lab that is only
half put together, or whose processes were killed, can be taken apart as well.
"""
