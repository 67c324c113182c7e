"""Block devices: what a log tells of them."""
