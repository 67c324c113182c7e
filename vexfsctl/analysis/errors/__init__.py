"""Errors counted: groups of those alike, the device behind each, the log against the counters."""
