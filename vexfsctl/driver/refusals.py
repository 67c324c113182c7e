"""Answers that a volume gives by itself: they say nothing about the backing filesystem."""


class Refusal(OSError):  # noqa: N818 - an Error is what VexFS reports
    """A request that is refused without asking the backing filesystem."""
