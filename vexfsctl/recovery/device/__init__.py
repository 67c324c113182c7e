"""Steps on a device: reads, comparison with a copy, read-only mode, a rescan of its disk."""
