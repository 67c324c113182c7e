"""How long to wait before an operation is tried again; the waiting itself is elsewhere."""

from collections.abc import Callable

from vexfsctl.model.volume import RetrySettings


def retry_delay_ms(
    settings: RetrySettings, retry: int, hint_ms: int | None, random: Callable[[], float]
) -> int:
    """Return `min(max_delay, max(backoff, hint) * (1 + U(0, jitter)))` in milliseconds.

    *retry* is 1 for the first repetition and doubles (`backoff_multiplier_pct`) from there;
    *hint_ms* is what the error itself asks for; *random* draws from [0, 1).
    """
    # Integers: as floats, 100 attempts at a high multiplier overflow.
    grown, scale = settings.backoff_multiplier_pct ** (retry - 1), 100 ** (retry - 1)
    backoff = settings.base_delay_ms * grown // scale
    capped = min(settings.max_delay_ms, max(backoff, hint_ms or 0))
    return min(settings.max_delay_ms, int(capped * (1 + random() * settings.jitter_pct / 100)))
