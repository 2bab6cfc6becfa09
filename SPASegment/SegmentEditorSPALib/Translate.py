"""Texts in Slicer's language: its own translations first (from Slicer 5.6 on), then those that come with SPA."""

import sys

from SPASegmentLib import translation
from SPASegmentLib.translation import Text

try:
    import slicer.i18n as i18n
except ModuleNotFoundError:
    i18n = None
try:
    import qt
except ModuleNotFoundError:
    qt = None  # outside of Slicer's application, where parts without windows work, too


def translated(context: str, text: str) -> str:
    """A text in Slicer's language, English where nobody has translated it.

    Args:
        context: package and file, as Slicer names it.
        text: in English.
    """
    found = text if i18n is None else i18n.translate(context, text)
    return found if found != text else translation.translator(language())(context, text)


def tr(text: str) -> Text:
    """A text of the calling file in the user's language; English where a translation cannot be filled in."""
    # Slicer names a context by package and file.
    context = ".".join(sys._getframe(1).f_globals["__name__"].split(".")[-2:])
    return Text(translated(context, text), text)


def language() -> str:
    """The language that Slicer is set to (Application Settings, General), of `translation.languages`."""
    if qt is None:
        return "en"
    settings = qt.QSettings()
    if str(settings.value("Internationalization/Enabled", "")).lower() not in ("true", "1"):
        return "en"
    return translation.pick([str(settings.value("language", "") or "")])
