"""Texts in the user's language: a front end installs its translator; without one they stay English.

Texts are marked with a function named `_`, as Slicer's tools for translators expect, and hold placeholders instead of
being put together from pieces.
"""

from __future__ import annotations

from typing import Callable


def _english(context: str, text: str) -> str:
    return text


_translate: Callable[[str, str], str] = _english


def install(translate: Callable[[str, str], str]) -> None:
    """Use a translator from now on.

    Args:
        translate: takes a context ("folder.file", as 3D Slicer names it) and an English text.
    """
    global _translate
    _translate = translate


def texts(module: str) -> Callable[[str], str]:
    """The function that a module marks its texts with.

    Args:
        module: ``__name__``.
    """
    context = ".".join(module.split(".")[-2:])
    return lambda text: _translate(context, text)
