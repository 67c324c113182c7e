"""The forms of log text: bytes into records. Pure."""
