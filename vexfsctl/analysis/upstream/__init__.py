"""What the lines of other VexFS builds tell: calls, loads of the module, its state."""
