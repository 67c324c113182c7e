"""The suite, from an sdist, by an ordinary user of a fresh Debian, with the oldest dependencies."""

import shutil
from pathlib import Path

from tests.install.debian import HOME, Debian

_OLDEST = "click==8.1.3 rich==13.3.1 pyudev==0.24.0"
_BACKEND = "setuptools==66.1.1 wheel"
"""As Debian 12 has them."""
_UNPACKED = HOME / "unpacked"
_INDEPENDENT = (
    *("analysis", "bench", "driver", "evidence", "guard", "resilience"),
    *("logs/kernel", "logs/reading", "logs/sources"),
)
"""Folders of tests of what may import none of the dependencies: pyproject.toml has the contract.

Those of the forms of logs are kept nevertheless: Debian's own Python has read logs wrongly.
"""


def run_suite(debian: Debian, sdist: Path) -> str:
    """Return pytest's closing line; raise CommandError if a test fails."""
    shutil.copy(sdist, debian.path(HOME))
    debian.run("apt-get install mandoc python3-venv", as_root=True)
    ignored = " ".join(f"--ignore=tests/{folder}" for folder in _INDEPENDENT)
    output = debian.run(f"""
        mkdir {_UNPACKED}
        cd {_UNPACKED}
        tar --strip-components=1 -xf {HOME}/{sdist.name}
        python3 -m venv .venv
        .venv/bin/pip install -q {_BACKEND}
        .venv/bin/pip install -q --no-build-isolation --editable '.[test]' {_OLDEST}
        .venv/bin/pytest -q -n 3 -m 'not privileged' {ignored}""")
    return output.rstrip().splitlines()[-1]
