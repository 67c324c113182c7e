"""Counting errors: groups of equal ones, the device behind each, the log against the counters."""
