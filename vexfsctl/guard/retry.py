"""How long to wait before an operation is tried again; the waiting itself is elsewhere."""

from vexfsctl.model.volume import RetrySettings
from vexfsctl.resilience.delays import Random, exponential, upwards

_DEFAULT_BASE_MS = RetrySettings().base_delay_ms


def retry_delay_ms(settings: RetrySettings, retry: int, hint_ms: int | None, random: Random) -> int:
    """Return `d * (1 + U(0, jitter))`, `d = min(backoff or hint, max_delay / (1 + jitter))`, in ms.

    *retry* is 1 for the first repetition and doubles (`backoff_multiplier_pct`) from there;
    *hint_ms* is what the error itself asks for, heeded while `base_delay_ms` has its default: an
    operator who sets it means it. *random* draws from [0, 1).
    """
    cap = float(settings.max_delay_ms)
    if hint_ms is not None and settings.base_delay_ms == _DEFAULT_BASE_MS:
        delay = float(hint_ms)
    else:
        growth = settings.backoff_multiplier_pct / 100
        delay = exponential(settings.base_delay_ms, growth, cap, retry)
    return int(upwards(delay, settings.jitter_pct / 100, cap, random))
