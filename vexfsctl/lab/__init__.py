"""A VexFS volume whose faults one controls, put together and taken apart.

    application ─ mnt/     VexFS: the userspace driver, a process of its own
                  backing/ ext4
                  /dev/loopN, direct I/O
                  image/disk, served by the image server (another process), which fails on demand
                  disk.img  a sparse file

That is the device lab: real block errors, root only, for loop devices and mkfs need it. A plain
lab needs no root, and its driver fails the calls on demand:

    application ─ mnt/     VexFS: the userspace driver, which fails on demand
                  files/   a plain directory

Each lab is one directory under `/run/vexfsctl/lab`, or a user's `$XDG_RUNTIME_DIR/vexfsctl/lab`;
what belongs to it is found from there and from the kernel (mountinfo, loop devices), so a lab
that was only half put together, or whose processes were killed, can be taken apart as well.
"""
