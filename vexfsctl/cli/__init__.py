"""The command line: the only package that uses click, and the only one that prints.

A command is a file of its name in `commands` and a line in `registry`. It reads its options,
makes one call, and passes a `CommandResult` to `AppContext.show`.
"""
