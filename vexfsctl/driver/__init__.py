"""The userspace provider: filesystems over FUSE, guarded by the engine in `guard`."""
