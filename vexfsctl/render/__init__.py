"""Values into text: `result` says what is shown, the rest how. Returns text, never prints.

Everything here but `terminal` works without rich, which only a table on a terminal needs.
"""
