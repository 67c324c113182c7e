"""The arithmetic of waiting before another attempt."""

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.guard.retry import retry_delay_ms
from vexfsctl.model.volume import RetrySettings

SETTINGS = st.builds(
    RetrySettings,
    max_attempts=st.integers(1, 100),
    base_delay_ms=st.integers(0, 10**9),
    max_delay_ms=st.integers(0, 10**9),
    backoff_multiplier_pct=st.integers(0, 100_000),
    jitter_pct=st.integers(0, 1000),
)
CHANCE = st.floats(0, 1, exclude_max=True)


def test_backoff_doubles_up_to_the_maximum() -> None:
    """By default 100 ms, then twice as long each time, with jitter never more than 5 s."""
    settings = RetrySettings()
    shortest = [retry_delay_ms(settings, retry, None, lambda: 0.0) for retry in range(1, 9)]
    longest = [retry_delay_ms(settings, retry, None, lambda: 1.0) for retry in range(1, 9)]

    assert shortest == [100, 200, 400, 800, 1600, 3200, 4545, 4545]
    assert longest == [110, 220, 440, 880, 1760, 3520, 5000, 5000]


def test_hint_of_the_error_replaces_the_backoff() -> None:
    """The error asks for half a second, each time; one that asks too much gets the maximum."""
    settings = RetrySettings(jitter_pct=0)
    delays = [retry_delay_ms(settings, retry, 500, lambda: 0.0) for retry in range(1, 6)]

    assert delays == [500] * 5
    assert retry_delay_ms(settings, 1, 60_000, lambda: 0.0) == 5_000


def test_base_delay_that_was_set_overrules_the_hint() -> None:
    """An operator who asks for 10 ms gets them, whatever the catalogue advises."""
    settings = RetrySettings(base_delay_ms=10)
    delays = [retry_delay_ms(settings, retry, 500, lambda: 0.0) for retry in range(1, 4)]

    assert delays == [10, 20, 40]


def test_jitter_adds_up_to_its_share() -> None:
    """500 ms and a quarter of ten percent are 512 ms."""
    assert retry_delay_ms(RetrySettings(), 1, 500, lambda: 0.25) == 512


def test_no_jitter_is_no_jitter() -> None:
    """0 percent is allowed, and makes the delay exact."""
    assert retry_delay_ms(RetrySettings(jitter_pct=0), 2, None, lambda: 0.99) == 200


@given(SETTINGS, st.integers(1, 99), st.none() | st.integers(0, 10**6), CHANCE)
def test_delay_is_bounded(
    settings: RetrySettings, retry: int, hint_ms: int | None, chance: float
) -> None:
    """Whatever the settings, a delay lies between the unjittered one and the maximum."""
    plain = retry_delay_ms(settings, retry, hint_ms, lambda: 0.0)
    jittered = retry_delay_ms(settings, retry, hint_ms, lambda: chance)

    assert 0 <= plain <= jittered <= settings.max_delay_ms
    # Both are rounded down to whole milliseconds.
    assert jittered <= (plain + 1) * (1 + settings.jitter_pct / 100)
