"""How this machine reaches Debian and PyPI, for systems that are to reach them the same way.

Where nothing is configured there is nothing to pass on, and the defaults of the clients hold.
"""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_VARIABLE = re.compile(
    r"PIP_\w+|UV_\w+|\w+_proxy|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
    re.IGNORECASE,
)
_FILES = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/uv", "/etc/ssl/certs/ca-certificates.crt")


@cache
def mirror() -> tuple[str, ...]:
    """Return the mirror this machine installs Debian from; nothing where it is no Debian."""
    system = platform.freedesktop_os_release()
    form = "$(RELEASE) $(COMPONENT) $(REPO_URI)"
    targets = _apt("apt-get", "indextargets", "--no-release-info", "--format", form)
    for release, component, uri in (line.split() for line in targets):
        named = (system["ID"], release, component)
        if named == ("debian", system.get("VERSION_CODENAME"), "main"):
            return (uri,)
    return ()


def apt_configuration() -> str:
    """Return how apt fetches here: proxies, what it insists on."""
    return "".join(
        f"{line}\n"
        for line in _apt("apt-config", "dump", "--no-empty")
        if line.startswith("Acquire::")
    )


def client_variables() -> dict[str, str]:
    """Return the variables that pip and uv go by, and those of proxies and certificates."""
    return {name: value for name, value in os.environ.items() if _VARIABLE.fullmatch(name)}


def client_files() -> Iterator[Path]:
    """Yield the files for the whole system that they go by, and those that variables name."""
    named = (value for value in client_variables().values() if value.startswith("/"))
    for path in map(Path, dict.fromkeys((*_FILES, *named))):
        if path.is_file() or (path.is_dir() and str(path) in _FILES):
            yield path


def _apt(*command: str) -> list[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except FileNotFoundError:
        return []
