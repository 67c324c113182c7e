"""What was done: the ledger file, its entries, the history and the lock of a replay."""
