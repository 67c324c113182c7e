"""How each answer reads: a value of `host` into a `CommandResult` with data, tables and prose.

Here alone command lines are put together: what to type next, with the log that was asked for.
"""
