"""What the words of VexFS mean: an explanation of everything a person may meet in its output.

`lookup` answers what was asked. It finds words in `glossary`, which lists the headings of the
modules named for what they explain (`errors`, `states`, `attributes` …), and reads lines with
`pasted_lines`. `form` says what an explanation is; `terms` has the prose of states, levels and
hints, `catalogue.advice` that of errors.
"""
