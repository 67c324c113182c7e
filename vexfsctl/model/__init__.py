"""Frozen values and enums that every other package speaks in.

Standard library only, no input or output, no clock. What VexFS reports (errors, events,
statuses) is here; what vexfsctl itself raises is in `vexfsctl.exceptions`.
"""
