"""What to answer when the operation does not."""

from collections.abc import Callable
from typing import Any

from vexfsctl.resilience import checks
from vexfsctl.resilience.outcomes import Exceptions, matches


class Fallback:
    """Alternatives to an operation, each called with its arguments, in turn until one returns.

    While one runs, `sys.exception()` is the failure it stands in for. When all fail, the last one's
    exception is raised with the operation's as its cause.
    """

    def __init__(
        self,
        *alternatives: Callable[..., Any],
        on: Exceptions = Exception,
    ) -> None:
        if not alternatives:
            raise TypeError("Fallback needs at least one alternative")
        for alternative in alternatives:
            checks.function("alternatives", alternative, optional=False)
        checks.exceptions("on", on)
        self.alternatives = alternatives
        self.on = on

    def covers(self, error: BaseException) -> bool:
        """Whether *error* is one to stand in for."""
        # An interrupt or a cancellation is for the caller, whatever `on` says.
        return isinstance(error, Exception) and matches(error, self.on)

    def serve(self, error: BaseException, args: Any, kwargs: Any) -> Any:
        """Return what the first alternative that succeeds returns."""
        *others, last = self.alternatives
        for alternative in others:
            try:
                return alternative(*args, **kwargs)
            except Exception:  # noqa: BLE001 - the next one stands in
                continue
        try:
            return last(*args, **kwargs)
        except Exception as failure:
            if failure is error:
                raise
            raise failure from error

    async def serve_async(self, error: BaseException, args: Any, kwargs: Any) -> Any:
        """Like `serve`; alternatives may be coroutine functions or not."""
        *others, last = self.alternatives
        for alternative in others:
            try:
                return await _result(alternative(*args, **kwargs))
            except Exception:  # noqa: BLE001 - the next one stands in
                continue
        try:
            return await _result(last(*args, **kwargs))
        except Exception as failure:
            if failure is error:
                raise
            raise failure from error


async def _result(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value
