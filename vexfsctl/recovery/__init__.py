"""Turn hints into steps, carry them out on a device or a volume, and keep the ledger.

`plan` turns hints into steps (pure), `device` and `volume_actions` carry out one step, `replay` a
plan, and `ledger` records what was done. Nothing here writes to the contents of a device. Acts
only through `devices` and `sysfs`.
"""
