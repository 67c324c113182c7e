"""What the completion script of a shell asks for: the words that may come next.

`offers` asks the commands for them, `answer` speaks with the scripts of `documents.completions`,
and `bash_line` reads a command line as bash does. What is on the host comes from `host.offers`.
"""
