"""Python packages into Slicer: from the Python Package Index or from a folder of wheels, and what to do if it fails."""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any, Iterator, List, Sequence

import slicer

from SPASegmentLib.output import refuse_closed_folder

from .Translate import tr as _

#: What an installation takes on the disk, as a multiple of what is downloaded.
_UNPACKED = 4
#: What pip prints, and what it means; the first that fits counts.
_SIGNS = (
    ("disk", r"No space left|Errno 28|not enough space|Disk quota exceeded|WinError 112"),
    # The folder has been tried before: it is the library that cannot be replaced, since a program has loaded it.
    ("in use", r"WinError 32|being used by another process|(?:WinError 5\b|Errno 13)[^\n]*\.(?:pyd|dll)\b"),
    ("long path", r"Windows Long Path"),
    ("rights", r"Permission denied|Operation not permitted|Errno 13|Errno 30"
               r"|Access is denied|Read-only file system|WinError 5\b"),
    ("proxy", r"ProxyError|Tunnel connection failed|Proxy Authentication Required|\b407\b"),
    ("certificate", r"CERTIFICATE_VERIFY_FAILED|SSLError|certificate verify failed"),
    ("damaged", r"BadZipFile|is not a zip|is invalid|THESE PACKAGES DO NOT MATCH THE HASHES"),
    ("connection", r"NewConnectionError|Name or service not known|getaddrinfo|name resolution|timed out|Max retries"
                   r"|Connection (?:refused|reset|aborted)|Network is unreachable|\b50[234]\b"),
    ("no wheel", r"No matching distribution|Could not find a version|not a supported wheel"),
)  # fmt: skip


#: Installations under way: one at most.
_running: List[object] = []


def under_way() -> bool:
    """Whether an installation is running; Slicer hears clicks meanwhile."""
    return bool(_running)


def still_running() -> str:
    """What is said to whoever asks for another one."""
    return _("The installation is still running; click again when it has ended.")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Meanwhile an installation is `under_way`."""
    mine = object()
    _running.append(mine)
    try:
        yield
    finally:
        _running.remove(mine)


def packages_folder() -> Path:
    """Where Slicer's Python keeps its packages."""
    return Path(sysconfig.get_paths()["purelib"])


def obstacle(megabytes: float) -> str:
    """What an installation would fail at, in words, before anything is asked or fetched; empty if nothing is seen.

    Args:
        megabytes: what is downloaded.
    """
    if under_way():
        return still_running()
    folder = packages_folder()
    try:
        refuse_closed_folder(folder)
    except OSError:
        return _words("rights", "")
    needed = _UNPACKED * megabytes
    try:
        free = shutil.disk_usage(str(folder)).free / 1e6
    except OSError:
        return ""
    return _words("disk", "") if free < needed else ""


def install(requirements: Sequence[str], folder: str = "", again: bool = False) -> str:
    """Install packages; whoever calls has asked the user.

    Args:
        requirements: as pip takes them.
        folder: of wheels, instead of the Python Package Index; then nothing is fetched.
        again: also what is there already, which may be damaged.

    Returns:
        An empty text if pip is content, else what the user has to do.
    """
    printed: List[str] = []
    try:
        with only_one(), _overheard(printed):
            _install(list(requirements), folder, again)
    except Exception as error:
        logging.exception("SPA")
        said = "".join(printed) + "".join(str(getattr(error, name, "")) for name in ("output", "stderr")) + str(error)
        return _words(reason(said), folder)
    importlib.invalidate_caches()
    return ""


def reason(said: str) -> str:
    """Why pip failed, by what it printed: a name of `_SIGNS`, or nothing."""
    return next((name for name, pattern in _SIGNS if re.search(pattern, said, re.IGNORECASE)), "")


def _install(requirements: List[str], folder: str, again: bool) -> None:
    try:
        import slicer.packaging as packaging
    except ModuleNotFoundError:
        packaging = None  # before Slicer 5.12
    if packaging is not None and not (folder or again):
        packaging.pip_ensure(requirements, prompt_install=False, requester="SPA")
        return
    options = ["--no-index", "--find-links", folder] if folder else []
    # Without what they depend on: that is there, and Slicer's own packages stay as they are.
    options += ["--force-reinstall", "--no-deps"] if again else []
    slicer.util.pip_install([*options, *requirements])


class _Ear:
    """A stream that also keeps what is written to it."""

    def __init__(self, stream: Any, kept: List[str]) -> None:
        self._stream, self._kept = stream, kept

    def write(self, text: str) -> Any:
        self._kept.append(text)
        return self._stream.write(text) if self._stream is not None else len(text)

    def flush(self) -> None:
        if hasattr(self._stream, "flush"):
            self._stream.flush()


@contextlib.contextmanager
def _overheard(kept: List[str]) -> Iterator[None]:
    """Keep what pip prints: the error that Slicer raises does not say it."""
    with contextlib.redirect_stdout(_Ear(sys.stdout, kept)), contextlib.redirect_stderr(_Ear(sys.stderr, kept)):
        yield


def _words(why: str, folder: str) -> str:
    """What to do, for a reason, short enough for the effect's panel; nothing was changed in the scene."""
    if why == "no wheel" and folder:
        return _(
            "{folder} has no wheels for Python {python} on this computer; the page on offline use says which are"
            " needed."
        ).format(folder=folder, python=f"{sys.version_info.major}.{sys.version_info.minor}")
    return {
        "disk": _("The disk with Slicer's Python is full; make room there, then try again."),
        "rights": _(
            "Slicer's folder is write-protected; install as somebody who may write there, or use a Slicer of your own."
        ),
        "in use": _("Files of Slicer's Python are in use; close all Slicer windows, start one, and try again."),
        "long path": _(
            "The paths in Slicer's folder are too long for Windows; install Slicer into a folder with a short path."
        ),
        "damaged": _("A package arrived damaged; try again, or copy the wheels into the folder again."),
        "proxy": _("The proxy let nothing through; set HTTPS_PROXY, or install from a folder (module SPA, Runtime)."),
        "certificate": _(
            "The network's certificate is not trusted; set PIP_CERT, or install from a folder (module SPA, Runtime)."
        ),
        "connection": _(
            "The Python Package Index was not reached; reconnect, or install from a folder (module SPA, Runtime)."
        ),
    }.get(
        "connection" if why == "no wheel" else why,
        _("The installation failed; see the Python console, or install from a folder (module SPA, Runtime)."),
    )
