"""Texts in the user's language: a front end installs its translator; without one they stay English.

Texts are marked with a function named `_`, as Slicer's tools for translators expect, and hold placeholders instead of
being put together from pieces.
"""

from __future__ import annotations

from typing import Any, Callable


class Text(str):
    """A translated text; where it cannot be filled in, since a placeholder was changed, the English one is."""

    _english: str

    def __new__(cls, translated: str, english: str) -> Text:
        """Both texts, with the same placeholders if the translator made no mistake."""
        made = super().__new__(cls, translated)
        made._english = english
        return made

    def format(self, *values: Any, **named: Any) -> str:
        """The text with its placeholders filled in."""
        try:
            return super().format(*values, **named)
        except (LookupError, ValueError, AttributeError, TypeError):
            return self._english.format(*values, **named)


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
    return lambda text: Text(_translate(context, text), text)
