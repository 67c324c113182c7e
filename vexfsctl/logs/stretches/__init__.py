"""Lines of one plain form that follow each other, vouched for all at once.

Each line of a stretch is a record of the same form, the date in it exists, and the machine was not
restarted in between. So of all that only the records that name VexFS or may be evidence about a
device (`sieve`) need to be decoded; those at the two ends can be, on demand.

One pattern per form runs over all lines. Whatever it does not vouch for is a line like any other,
for `decoder.RecordDecoder`; nothing here decides what a line means. `.*+` and the like
(Python 3.11) keep a pattern from going back, `\\n` from a line before.
"""
