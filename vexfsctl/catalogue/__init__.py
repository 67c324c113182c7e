"""The error catalogue: every error of VexFS, what it means, lookup both ways, and advice.

Pure data and functions on it; nothing here reads anything.
"""
