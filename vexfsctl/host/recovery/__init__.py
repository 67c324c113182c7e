"""A recovery asked for on this host: what it is about, its plan, its replay, what was done."""
