"""Run one scenario."""

import os
import sys

from tests.driver.passthrough.scenarios import SCENARIOS


def main(name: str, directory: str) -> None:
    """Run one scenario in *directory*."""
    os.umask(0o022)
    os.chdir(directory)
    SCENARIOS[name]()


main(*sys.argv[1:])
