"""Surroundings in which VTK, ITK and their libraries read and write files."""

from __future__ import annotations

import locale
import os
import sys
from contextlib import contextmanager, nullcontext, suppress
from typing import ContextManager, Iterator, Optional

import vtk

#: Where C's functions for files take names in the user's code page, unless the locale says otherwise.
_CODE_PAGES = sys.platform == "win32"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the libraries write to the terminal off it, and give them decimal points and names in all letters.

    The error that follows says what they would have said. They read and write the numbers of a file as the process's
    locale has them, with a comma in half of Europe; and on Windows they open files by UTF-8 names with functions that
    take another encoding for granted: the folder of a user called Müller would not be found.
    """
    shown = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.GlobalWarningDisplayOff()
    try:
        with _without_stderr(), _locale(locale.LC_NUMERIC, "C"), _utf8_names():
            yield
    finally:
        vtk.vtkObject.SetGlobalWarningDisplay(shown)


@contextmanager
def _without_stderr() -> Iterator[None]:
    """What is written to file 2 goes nowhere; that file may be closed, as for a service."""
    if sys.stderr is not None:
        sys.stderr.flush()
    saved = _copy(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != 2:
        os.dup2(nowhere, 2)
        os.close(nowhere)
    try:
        yield
    finally:
        if saved is None:
            os.close(2)
        else:
            os.dup2(saved, 2)
            os.close(saved)


def _copy(number: int) -> Optional[int]:
    try:
        return os.dup(number)
    except OSError:
        return None


def _utf8_names() -> ContextManager[None]:
    return _locale(locale.LC_CTYPE, ".UTF8") if _CODE_PAGES else nullcontext()


@contextmanager
def _locale(category: int, name: str) -> Iterator[None]:
    """A category of the process's locale for a while; what the system does not know is not set (Windows before 10)."""
    before = locale.setlocale(category)
    with suppress(locale.Error):
        locale.setlocale(category, name)
    try:
        yield
    finally:
        locale.setlocale(category, before)
