"""What the packages say of the program is so."""

import re
from datetime import datetime
from pathlib import Path

import vexfsctl

REPOSITORY = Path(__file__).parents[1]
FIRST_LINE = re.compile(r"vexfsctl \((\S+)\) unstable; urgency=\w+\n")
LAST_LINE = re.compile(r"^ -- (.+?)  (.+)$", re.MULTILINE)


def test_the_debian_package_is_of_this_version() -> None:
    """Version, date and maintainer of its newest entry are those that the program and it have."""
    changelog = (REPOSITORY / "debian/changelog").read_text()
    version, signature = FIRST_LINE.match(changelog), LAST_LINE.search(changelog)

    assert version is not None and signature is not None
    assert version[1] == vexfsctl.__version__
    released = datetime.strptime(signature[2], "%a, %d %b %Y %H:%M:%S %z")
    assert f"{released:%B %d, %Y}" == vexfsctl.__date__
    assert f"\nMaintainer: {signature[1]}\n" in (REPOSITORY / "debian/control").read_text()
