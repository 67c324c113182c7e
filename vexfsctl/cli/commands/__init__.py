"""The commands, a file each: options, one call, a result."""
