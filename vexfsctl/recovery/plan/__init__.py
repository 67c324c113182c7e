"""Hints into steps, and the bytes of a device that they are about. Pure."""
