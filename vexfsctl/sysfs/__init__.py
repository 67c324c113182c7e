"""The attribute tree: what it holds (declared once), and how it is read and written.

The table is in `attributes`, the text of its values in `values` and `control`; `tree` reads and
writes one root or several, with a deadline each; `vexfsctl.system.directories` says which roots.
Nothing here knows who provides a tree: the kernel module or the userspace driver.
"""
