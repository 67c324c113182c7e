"""Whether the library does anything; `testing.inactive` switches it off."""

active = True
"""Read only where a call did not simply go well."""
