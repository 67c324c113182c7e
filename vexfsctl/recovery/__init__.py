"""Hints into steps, steps onto a device or a volume, and the ledger of what was done.

`plan` makes steps of hints (pure), `device` and `volume_actions` carry one out, `replay` carries
out a plan, `ledger` keeps what was done. Nothing here writes to the contents of a device. Acts
through `devices` and `sysfs` only.
"""
