"""Breakers operated: commands, probes, waiting for a state."""
