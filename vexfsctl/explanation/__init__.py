"""What the words of VexFS mean: an explanation for everything a person may find in its output.

`form` says what an explanation is, `terms` has the prose of states, levels and hints, `errors` and
`words` make explanations of what the model knows, `lines` of what a log line says, and `glossary`
finds them by name. The prose about errors is that of the catalogue (`catalogue.advice`).
"""
