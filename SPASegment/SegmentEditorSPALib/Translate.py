"""Slicer's translation of texts; before Slicer 5.6 there is none."""

try:
    from slicer.i18n import tr
except ModuleNotFoundError:

    def tr(text: str) -> str:
        """The text as it is."""
        return text
