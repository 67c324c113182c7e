"""How long things take beside named peers: `script/bench`, or `python -m bench [SUBJECT]...`.

The subjects are modules that `__main__` names; `measure`, `processes`, `jobs` and `generated_logs`
are what they share. Numbers of another machine or another run say little; ratios of one run do.
"""
