"""How each answer reads: turns a value of `host` into a `CommandResult`: data, tables and prose.

Only this package makes command lines: what to type next, with the log that was asked for.
"""
