"""The configuration file: its settings, how it is read, and the mistakes in it.

`declaration` is the one list of tables and keys, shared by reader and manual page. Which option
or environment variable overrides a setting is decided in `cli`.
"""
