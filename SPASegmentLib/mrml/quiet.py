"""Surroundings in which VTK, ITK and their libraries read and write files."""

from __future__ import annotations

import locale
import os
import sys
from contextlib import contextmanager
from typing import Iterator, Optional

import vtk


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the libraries write to the terminal off it, and give them numbers with a decimal point.

    The error that follows says what they would have said. They read and write the numbers of a file as the process's
    locale has them, with a comma in half of Europe.
    """
    shown = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.GlobalWarningDisplayOff()
    try:
        with _without_stderr(), _decimal_points():
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


@contextmanager
def _decimal_points() -> Iterator[None]:
    before = locale.setlocale(locale.LC_NUMERIC)
    locale.setlocale(locale.LC_NUMERIC, "C")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
