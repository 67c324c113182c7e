"""Where the bytes of a log are: files, plain or packed, and directories."""
