"""What the lines of other VexFS builds show: calls, loads of the module, its state."""
