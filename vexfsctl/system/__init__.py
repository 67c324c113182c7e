"""What the operating system provides: clock, processes with deadlines, locks, signals, directories.

Knows nothing about VexFS except the names of its directories. Reading facts about the system itself
(a mount table, a block device) belongs in `devices`.
"""
