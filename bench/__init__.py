"""How long things take beside named peers: `script/bench`, or `python -m bench [SUBJECT]...`.

Every module but `measure` is one subject. Numbers of another machine or another run say little;
ratios of one run do.
"""
