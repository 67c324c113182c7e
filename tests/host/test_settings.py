"""Settings as words of a command line."""

import pytest

from vexfsctl.exceptions import InvalidInput
from vexfsctl.host.settings import parse_settings
from vexfsctl.sysfs.attributes import BREAKER_KEYS, MOUNT_KEYS


def test_a_hint_names_all_settings_only_where_they_are_few() -> None:
    """Those of a breaker are; for the hundred that mount takes the manual page is named."""
    with pytest.raises(InvalidInput) as many:
        parse_settings(["access_mode=ro"], MOUNT_KEYS)
    assert many.value.hint == "vexfs-sysfs(5) lists them"
    with pytest.raises(InvalidInput) as few:
        parse_settings(["colour=red"], BREAKER_KEYS)
    assert few.value.hint == f"did you mean {' or '.join(BREAKER_KEYS)}?"
