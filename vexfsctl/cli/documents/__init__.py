"""The checked-in documents, made from what the program itself declares.

Manual pages, the reference and the example configuration come from the click tree, the attribute
table, the log grammar and the declaration of the configuration; `generate` writes them, and a test
fails when a file is stale.
Only `generate` and tests use this package.
"""
