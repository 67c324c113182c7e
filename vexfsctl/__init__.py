"""See and operate the error handling of VexFS volumes; docs/architecture.md shows the packages."""

__version__ = "0.1.0"
__date__ = "November 25, 2026"
"""Of this version; the manual pages carry it."""
