"""Short names of the attributes that can be set: on the command line and in the configuration.

Every name leads to its attribute, which alone knows type, range, default and meaning.
"""

from collections.abc import Mapping

from vexfsctl.sysfs.attributes import (
    BREAKER_ATTRIBUTES,
    OPERATION_ATTRIBUTES,
    VOLUME_ATTRIBUTES,
    Access,
    Attribute,
)

VOLUME_KEYS: Mapping[str, Attribute] = {
    attribute.path: attribute
    for attribute in VOLUME_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
}
"""Settings of a volume by their paths in the tree, `retry/max_attempts`."""

RETRY_KEYS: Mapping[str, Attribute] = {
    attribute.name: attribute
    for path, attribute in VOLUME_KEYS.items()
    if path.startswith("retry/")
}
"""Those of them that say how calls are tried again, by their names."""

BREAKER_KEYS: Mapping[str, Attribute] = {
    attribute.name: attribute
    for attribute in BREAKER_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
} | {
    # The breaker has a timeout_ms of its own: the operation's deadline gets another name.
    f"call_{attribute.name}": attribute
    for attribute in OPERATION_ATTRIBUTES
    if attribute.access is Access.READ_WRITE
}
"""Settings of an operation, its breaker's and `call_timeout_ms`, as templates."""
