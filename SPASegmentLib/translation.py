"""Texts in the user's language: a front end installs its translator; without one they stay English.

Texts are marked with a function named `_`, as Slicer's tools for translators expect, and hold placeholders instead of
being put together from pieces. Translations lie in `translations/SPA_<language>-<country>.ts`, in Qt's format, for both
front ends; see "Add a translation" in CONTRIBUTING.md.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Tuple
from xml.etree import ElementTree

FOLDER = Path(__file__).parent / "translations"
#: (context, English text) -> text.
Catalogue = Dict[Tuple[str, str], str]
#: Takes a context ("folder.file", as 3D Slicer names it) and an English text.
Translator = Callable[[str, str], str]


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


def english(context: str, text: str) -> str:
    """The translator into English."""
    return text


_translate: Translator = english


def install(translate: Translator) -> None:
    """Use a translator from now on."""
    global _translate
    _translate = translate


def texts(module: str) -> Callable[[str], str]:
    """The function that a module marks its texts with.

    Args:
        module: ``__name__``.
    """
    context = ".".join(module.split(".")[-2:])
    return lambda text: Text(_translate(context, text), text)


@functools.cache
def languages() -> Tuple[str, ...]:
    """Languages that there are texts in: "en" first, then those of the files, without countries."""
    return ("en", *sorted(path.stem.split("_")[1].split("-")[0] for path in FOLDER.glob("SPA_*.ts")))


def pick(wanted: Iterable[str]) -> str:
    """The first language that is there; "de-AT" or "de_AT" is served by "de". English where none is."""
    names = (name.replace("_", "-").split("-")[0].lower() for name in wanted)
    return next((name for name in names if name in languages()), "en")


@functools.cache
def catalogue(language: str) -> Catalogue:
    """All translations into a language of `languages`; none into English, or into one that there is no file of."""
    found: Catalogue = {}
    for path in FOLDER.glob(f"SPA_{language}*.ts"):
        for context in ElementTree.parse(path).iter("context"):
            for message in context.iter("message"):
                translation = message.find("translation")
                if translation is not None and translation.text and translation.get("type") is None:
                    key = (context.findtext("name") or "", message.findtext("source") or "")
                    found[key] = translation.text
    return found


def translator(language: str) -> Translator:
    """The translator into a language of `languages`; texts that its file lacks stay English."""
    known = catalogue(language)
    return lambda context, text: known.get((context, text), text)
