"""Which packages are installed here, and how to install more; none is imported to find out."""

from __future__ import annotations

import importlib.util


def is_installed(name: str) -> bool:
    """Whether there is something to import by this name.

    A folder that an uninstallation could not delete can be imported as well, and is empty: it does not count.
    """
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None


def install_extra(name: str) -> str:
    """The command that installs an extra; with double quotes, which Windows' shells know, too."""
    return f'pip install "spa-segment[{name}]"'
