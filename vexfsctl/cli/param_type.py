"""The base class of parameter types: click's own, which is generic only from click 8.4 on.

Debian 12 has click 8.1.
"""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click import ParamType
else:

    class ParamType(click.ParamType):
        """`ParamType[T]` is `ParamType` at run time."""

        def __class_getitem__(cls, _converted):
            return cls


__all__ = ["ParamType"]
