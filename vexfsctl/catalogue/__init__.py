"""The error catalogue: every error of VexFS with what it means, lookup both ways, and advice.

Pure data and functions of it; nothing here reads anything.
"""
