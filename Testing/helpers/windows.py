"""A process like one of Windows, as far as Linux can play it: Testing/README.md says what it cannot."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, List

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Modules and functions that Windows lacks.
MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
FUNCTIONS = {
    "os": "fork forkpty getuid geteuid getgid kill killpg getpgid mkfifo chown fchown fchmod statvfs sched_getaffinity"
    " setsid nice uname wait getloadavg ttyname sysconf confstr",
    "signal": "SIGHUP SIGKILL SIGQUIT SIGALRM SIGUSR1 SIGUSR2 alarm pause pthread_kill pthread_sigmask setitimer"
    " sigwait",
}
#: What others have for Linux is theirs: these find it before it is taken away.
_OTHERS = (
    "PIL.Image", "aiohttp.web", "numpy", "onnxruntime", "rich.console", "scipy.ndimage", "slicer", "subprocess",
    "tempfile", "trame.app", "trame_slicer.core", "typer", "vtk",
)  # fmt: skip


def command(code: str, *arguments: str) -> List[str]:
    """What runs code in such a process, from any folder."""
    start = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import windows; windows.pretend()\n"
    return [sys.executable, "-c", start + code, *arguments]


def pretend() -> None:
    """Take away what Windows lacks: modules, functions, and what can be done with folders and open files."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as the library does before it imports ONNX Runtime
    for name in _OTHERS:
        with suppress(ImportError):
            importlib.import_module(name)
    for name in MODULES & set(sys.modules):
        del sys.modules[name]
    sys.meta_path.insert(0, _Without())
    for owner, names in ((os, FUNCTIONS["os"]), (signal, FUNCTIONS["signal"])):
        for name in names.split():
            if hasattr(owner, name):
                delattr(owner, name)
    os.open = _no_folders(os.open)
    for name in ("remove", "unlink", "rename", "replace"):
        setattr(os, name, _no_open_files(getattr(os, name)))


def refuse_files(folder: Path, monkeypatch: pytest.MonkeyPatch, folders: bool = True) -> None:
    """Let a folder refuse what somebody without rights makes in it, as the folder of all programs does.

    `tempfile` takes that for a name that is taken, since `os.access` says yes to every folder on Windows, and tries the
    next of 2147483647 names, for hours (CPython's Lib/tempfile.py, gh-66305, mended in 2026; Slicer has older ones).

    Args:
        folder: that exists.
        monkeypatch: takes it back.
        folders: it refuses folders, too; that of the drive itself refuses files alone.
    """

    def refusing(real: Callable[..., Any], refuses: Callable[..., bool]) -> Callable[..., Any]:
        def tried(path: Any, *rest: Any, **named: Any) -> Any:
            if refuses(*rest) and Path(os.fsdecode(path)).parent == folder:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *rest, **named)

        return tried

    def names_run_out() -> Any:
        yield from ("one", "two", "three")
        raise AssertionError("tries names for hours")

    class Nt:
        name = "nt"

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name, 0)

    monkeypatch.setattr(os, "open", refusing(os.open, lambda flags, *mode: bool(flags & os.O_CREAT)))
    if folders:
        monkeypatch.setattr(os, "mkdir", refusing(os.mkdir, lambda *mode: True))
    monkeypatch.setattr(tempfile, "_os", Nt())
    monkeypatch.setattr(tempfile, "TemporaryFile", tempfile.NamedTemporaryFile)
    monkeypatch.setattr(tempfile, "_get_candidate_names", names_run_out)


class _Without:
    """Finds no module that Windows lacks."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _no_folders(real: Callable[..., int]) -> Callable[..., int]:
    """Folders cannot be opened; what removes them does so on Linux alone."""

    def opened(path: Any, *rest: Any, **named: Any) -> int:
        if sys._getframe(1).f_code.co_filename.startswith(str(ROOT / "SPASegment")) and os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **named)

    return opened


def _no_open_files(real: Callable[..., None]) -> Callable[..., None]:
    """A file that is open or mapped into memory can be neither removed nor moved nor replaced."""

    def tried(*paths: Any, **named: Any) -> None:
        # A temporary file without a name is made in another way.
        if not sys._getframe(1).f_code.co_filename.endswith("tempfile.py"):
            folder = "" if named.get("dir_fd") is None else f"/proc/self/fd/{named['dir_fd']}"
            used = _used()
            for path in paths:
                if os.path.realpath(os.path.join(folder, os.fsdecode(path))) in used:
                    raise PermissionError(13, "The process cannot access the file", str(path))
        real(*paths, **named)

    return tried


def _used() -> set[str]:
    found = set()
    for handle in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{handle}"))
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        found.add(line.split(maxsplit=5)[-1])
    return found
