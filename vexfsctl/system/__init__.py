"""What the operating system lends: clock, processes with a deadline, locks, signals, directories.

Knows nothing of VexFS but the names of its directories. Reading one of the system's own facts
(a mount table, a block device) is the business of `devices`.
"""
