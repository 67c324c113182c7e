"""Packages and archives: built twice to the same bytes, without a complaint, with every file."""

import tarfile
from pathlib import Path

from tests.install.debian import HOME, SOURCE, Debian

BUILT = HOME / "built"
_TWICE = ("first", "second")
_TOOLS = (
    "apt-get install dpkg-dev lintian python3-build python3-setuptools python3-venv python3-wheel"
)
_DEB = """
dpkg-buildpackage --build=binary --no-sign
mv ../vexfsctl_* {built}"""
_ARCHIVES = """
export SOURCE_DATE_EPOCH=$(dpkg-parsechangelog --show-field Timestamp)
python3 -m build {isolation} --outdir {built}"""
_GENERATED = {"PKG-INFO", "setup.cfg"}
"""In an sdist, besides a folder `vexfsctl.egg-info`."""


def build_twice(debian: Debian, *, isolated: bool) -> None:
    """Leave package, wheel and sdist below `BUILT`; raise CommandError or AssertionError.

    Wheel and sdist are made by this Debian's setuptools, or *isolated* by the newest one.
    """
    debian.run(f"{_TOOLS}; apt-get build-dep .", as_root=True)
    isolation = "" if isolated else "--no-isolation"
    for name, zone in zip(_TWICE, ("UTC", "Asia/Kolkata"), strict=True):
        # Other places, and times: of the clock, of files, of the zone.
        source, built = HOME / f"sources-of-the-{name}/vexfsctl", BUILT / name
        debian.run(f"mkdir -p {source} {built}; tar -xmf {SOURCE} -C {source}")
        recipes = (_ARCHIVES + _DEB).format(built=built, isolation=isolation)
        debian.run(f"export TZ={zone}; cd {source}{recipes}")
    for pattern in ("*.deb", "*.whl", "*.tar.gz"):
        debian.run(f"cmp {BUILT}/{_TWICE[0]}/{pattern} {BUILT}/{_TWICE[1]}/{pattern}")
    debian.run(f"lintian --fail-on error,warning {BUILT}/{_TWICE[0]}/*.changes")
    _compare_with_source(debian)


def sdist_of(debian: Debian) -> Path:
    """Return the path of the sdist for us."""
    (sdist,) = debian.path(BUILT / _TWICE[0]).glob("*.tar.gz")
    return sdist


def _compare_with_source(debian: Debian) -> None:
    """Find every file of the checkout in the sdist, and no other."""
    with tarfile.open(debian.path(SOURCE)) as source, tarfile.open(sdist_of(debian)) as sdist:
        ours = {name for name in source.getnames() if source.getmember(name).isfile()}
        members = (Path(member.name) for member in sdist if member.isfile())
        packed = {str(path.relative_to(path.parts[0])) for path in members}
    generated = {name for name in packed if name.startswith("vexfsctl.egg-info/")} | _GENERATED
    assert packed - generated == ours, sorted((packed - generated) ^ ours)
