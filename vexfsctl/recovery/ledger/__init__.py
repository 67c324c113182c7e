"""The record of what was done: the ledger file, its entries, the history, and the replay lock."""
