"""One volume of the userspace driver: its server process, attribute tree, records and leftovers.

`daemon` starts it, `server` runs it; `ownership` and `leftovers` distinguish a volume that is
served from one whose driver was killed.
"""
