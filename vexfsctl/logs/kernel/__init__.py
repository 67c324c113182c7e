"""What the kernel itself says about devices and filesystems: evidence from text. Pure."""
