"""The command line: click lives here only, and only here is anything printed.

A command is a file of its name in `commands` and a line in `registry`. It reads its options,
makes one call, and hands a `CommandResult` to `AppContext.show`.
"""
