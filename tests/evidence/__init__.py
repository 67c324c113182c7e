"""How many of the kernel's error-level messages are understood: counts from its sources.

`script/evidence-coverage TREE…` prints the tables of docs/evidence.md. Nothing of a source tree is
kept but the counts.
"""
