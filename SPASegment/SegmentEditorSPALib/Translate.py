"""Slicer's translation of texts; before Slicer 5.6 there is none."""

import sys

from SPASegmentLib.translation import Text

try:
    import slicer.i18n as i18n
except ModuleNotFoundError:
    i18n = None


def tr(text: str) -> Text:
    """A text of the calling file in the user's language; English where a translation cannot be filled in."""
    if i18n is None:
        return Text(text, text)
    # Slicer names a context by package and file.
    context = ".".join(sys._getframe(1).f_globals["__name__"].split(".")[-2:])
    return Text(i18n.translate(context, text), text)
