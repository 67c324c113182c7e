"""Values of which a long log takes millions: frozen as far as mypy sees, and made quickly.

`dataclass(frozen=True)` sets each field through `object.__setattr__`, which takes four times as
long as to set it: for a record or an event, more than to read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def quick_value(*, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]:
    """Make a class what `dataclass(frozen=True, slots=True)` makes it; mypy alone keeps it frozen.

    It can be hashed as that could: nothing that is checked changes it.
    """
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)
