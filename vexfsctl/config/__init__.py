"""The configuration file: what it may say, how it is read, and what is wrong with one.

`declaration` is the one list of tables and keys that reader and manual page share. Which option
or environment variable outweighs a setting is decided in `cli`.
"""
