"""What all commands share: errors in plain words, and options that several have."""

from __future__ import annotations

import errno
import locale
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Dict, Iterator, Optional, Union

import typer

from SPASegmentLib.errors import InputError, SPAError, reason
from SPASegmentLib.packages import install_extra

USER_ERROR = 2
INTERRUPTED = 130


def path(text: Union[str, Path]) -> Path:
    """A path as given, with ~ for the user's folder replaced, which no shell does in --output=~/out.

    Raises:
        typer.BadParameter: the text is empty: `Path("")` would be the current folder, which nobody means whose
            variable was empty; or it begins with ~ and the name of nobody.
    """
    if isinstance(text, str) and not text.strip():
        raise typer.BadParameter("it is empty; give a path, or . for the current folder.")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise typer.BadParameter(f"there is no user of this name; write ./{text} for a name that begins so.") from error


def path_below(text: str) -> str:
    """A path below a folder that another option gives, as typed.

    Raises:
        typer.BadParameter: the text is empty, which would be that folder.
    """
    if not text.strip():
        raise typer.BadParameter("it is empty; give a path.")
    return text


def path_option(*names: str, **settings: Any) -> Any:
    """As `typer.Option`, for a `path`."""
    return typer.Option(*names, parser=path, **settings)


def path_argument(**settings: Any) -> Any:
    """As `typer.Argument`, for a `path`."""
    return typer.Argument(parser=path, **settings)


Weights = Annotated[Optional[Path], path_option(help="A weights file instead of the bundled one.")]
Runtime = Annotated[
    str, typer.Option(help="What runs the network: onnx, torch, or auto (torch for CUDA and weights without ONNX).")
]

_MEMORY = "There is not enough memory; close other programs, or take a smaller image."
#: What a read or a write meets when the drive of an open file is gone or full.
_GONE = frozenset(
    number
    for name in ("EIO", "ENOSPC", "EDQUOT", "EROFS", "ESTALE", "ENODEV", "ENXIO", "ENOTCONN", "EHOSTDOWN", "ETIMEDOUT",
                 "EFBIG")
    if (number := getattr(errno, name, None)) is not None
)  # fmt: skip
#: Packages that are installed with an extra only, by the names that they are imported by.
_EXTRAS: Dict[str, str] = {
    **dict.fromkeys(("PIL", "monai", "pydantic", "onnx", "sklearn", "threadpoolctl", "yaml"), "train"),
    "segment_anything": "torch",
    **dict.fromkeys(("aiohttp", "trame", "trame_slicer"), "viewer"),
}


def prepare_process() -> None:
    """Make the process fit for work, however it was started; may be called twice.

    What the terminal's code page lacks is shown as "?", instead of ending the program after its work. Numbers in files
    have a decimal point whatever the user's language. Standard streams that are closed lead nowhere, so that no file
    that is opened later takes their place.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (until the process ends)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    locale.setlocale(locale.LC_NUMERIC, "C")


def check_folder() -> None:
    """Refuse to work in a folder that is gone: no path could be found from there, and PyTorch ends the process.

    Raises:
        InputError: the folder that the process was started in has been deleted, or cannot be looked up.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise InputError(
            "The folder that this was started in has been deleted, or may not be read; go to another one (cd), and"
            " start it there."
        ) from error


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with one sentence and the right exit code where the user, not the program, has to act."""
    try:
        yield
    except SPAError as error:
        raise _ended(f"Error: {error}", USER_ERROR) from None
    except MemoryError:
        raise _ended(f"Error: {_MEMORY}", USER_ERROR) from None
    except OSError as error:
        words = _refused(error)
        if words is None:
            raise
        raise _ended(f"Error: {words}", USER_ERROR) from None
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # PyTorch's words
            raise
        raise _ended(f"Error: {_MEMORY}", USER_ERROR) from None
    except ImportError as error:
        words = _missing(error)
        if words is None:
            raise
        raise _ended(f"Error: {words}", USER_ERROR) from None
    except KeyboardInterrupt as error:
        raise _ended(str(error) or "Interrupted; no file is half written.", INTERRUPTED) from None


def say(text: str) -> None:
    """Print a line for the user, beside the results; a terminal that has been closed is no error."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the process ends)


def _ended(text: str, code: int) -> typer.Exit:
    say(text)
    return typer.Exit(code)


def _refused(error: OSError) -> Optional[str]:
    """What to say of a file that the system does not give any more; None where it is about none.

    What can be known before the work is said better where it is looked at. A pipe that is closed has no name.
    """
    if error.filename is None and error.errno not in _GONE:
        return None
    name = "A file" if error.filename is None else os.fsdecode(error.filename)
    return (
        f"{name} cannot be read or written ({reason(error).lower()}); look whether its drive is there and has room, and"
        " whether you may use it."
    )


def _missing(error: ImportError) -> Optional[str]:
    """What to install for an import that failed; None where the fault is the program's own."""
    package = (error.name or "").partition(".")[0]
    if package in ("slicer", "vtk", "vtkmodules"):  # slicer-core brings VTK
        return (
            "Volumes need the package slicer-core, which exists for Python 3.10 to 3.13 on 64-bit Windows and Linux and"
            " on Macs with Apple's processors; install SPA there, or use it in 3D Slicer."
        )
    if package in _EXTRAS:
        return f"This needs the package {package}; run {install_extra(_EXTRAS[package])}."
    if isinstance(error, ModuleNotFoundError) and package not in ("", "SPASegmentLib"):
        return f"The package {package} is missing; run pip install spa-segment again."
    return None
