"""Small pieces that both panels are made of."""

from __future__ import annotations

import re
from typing import Any, Callable, Tuple

import ctk
import qt
import slicer

#: A word of more letters than this (a checksum, the name of a file) may be broken.
_LONG_WORD = 24


def line_height(widget: Any) -> int:
    """Pixels from line to line of a widget's text."""
    # PythonQt does not know what a widget's own fontMetrics() returns.
    return int(qt.QFontMetrics(widget.font).lineSpacing())


def label(text: str) -> Any:
    """A text that wraps, with links that open in the browser."""
    made = qt.QLabel(text)
    made.setWordWrap(True)
    made.setOpenExternalLinks(True)
    return made


def breakable(text: str) -> str:
    """A text whose long words a label can wrap; it would be as wide as the longest of them otherwise."""
    return re.sub(rf"\S{{{_LONG_WORD}}}(?=\S)", lambda found: found.group() + "\u200b", text)


def button(text: str, action: Callable[[], Any]) -> Any:
    """A button and what it does."""
    made = qt.QPushButton(text)
    made.connect("clicked()", lambda: action())
    return made


def section(title: str) -> Tuple[Any, Any]:
    """A part that can be folded, and its form."""
    made = ctk.ctkCollapsibleButton()
    made.text = title
    return made, qt.QFormLayout(made)


def row(*widgets: Any) -> Any:
    """Widgets side by side."""
    made = qt.QHBoxLayout()
    for widget in widgets:
        made.addWidget(widget)
    return made


def ask(title: str, text: str, value: str = "", width: int = 360) -> str:
    """Ask for a text in a dialog; empty if it was cancelled.

    Args:
        title: of the dialog.
        text: what is asked for.
        value: what the field holds at first.
        width: of the dialog in points; addresses and checksums are long.
    """
    dialog = qt.QInputDialog(slicer.util.mainWindow())
    dialog.setWindowTitle(title)
    dialog.setLabelText(text)
    dialog.setTextValue(value)
    dialog.resize(width, 120)
    given = str(dialog.textValue()).strip() if dialog.exec_() else ""
    dialog.deleteLater()
    return given
