"""Forms of the block layer and of the drivers below it, by subsystem.

Each module has the lines of one of them, as Linux 5.10 to 6.12 words them and, where it differs and
is still met with, older ones. Filesystems and the kernel as a whole are not here.
"""
