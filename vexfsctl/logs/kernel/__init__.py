"""What the kernel itself says of devices and filesystems: text into evidence. Pure."""
