"""The five pictures to choose from: at the bottom or the top of a slice view, or in the panel."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Sequence, Tuple

import qt

#: Side of a picture in pixels: at most, and in the panel.
LARGEST, SMALLEST = 96, 40
MARGIN, GAP = 6, 4
#: Of a picture, as in the style sheet below.
BORDER = 3
#: Pictures are drawn twice as large as shown, for screens with small pixels.
SCALE = 2

_STYLE = """
QFrame#SPACandidateStrip { background: rgb(24, 24, 24); border-top: 1px solid rgb(90, 90, 90); }
QToolButton { background: rgb(24, 24, 24); border: 3px solid rgb(24, 24, 24); padding: 0px; margin: 0px; }
QToolButton:hover, QToolButton:focus { border-color: rgb(150, 150, 150); }
"""
#: Of the picture whose mask Enter accepts.
_CURRENT = "QToolButton { border-color: white; }"

#: In the panel, while there is nothing to choose from.
_EMPTY = "QFrame#SPACandidateStrip { border: 1px dashed rgb(128, 128, 128); } QToolButton { border: none; }"


class _Watch(qt.QObject):
    """Tells of the pointer and the focus on the pictures, and of new sizes of what the strip lies in."""

    def __init__(self, strip: CandidateStrip) -> None:
        qt.QObject.__init__(self)
        self._strip = strip

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it; only double clicks end here."""
        kind, index = event.type(), watched.property("spaIndex")
        if index is None:
            if kind == qt.QEvent.Resize:
                self._strip.fit()
            return False
        if kind in (qt.QEvent.Enter, qt.QEvent.FocusIn):
            self._strip.on_point(int(index))
        elif kind == qt.QEvent.Leave:
            self._strip.on_point(self._strip.focused())
        elif kind == qt.QEvent.MouseButtonDblClick:
            self._strip.on_accept(int(index))
            return True
        return False


class CandidateStrip:
    """Up to 1 + K pictures in a row.

    Attributes:
        frame: the QFrame.
        on_point, on_press, on_accept: called with the index of the picture under pointer or focus (0 is the
            recommended mask), of one that was pressed, and of one that was double-clicked.
    """

    def __init__(
        self,
        home: Any,
        on_point: Callable[[int], None],
        on_press: Callable[[int], None],
        on_accept: Callable[[int], None],
        count: int = 5,
    ) -> None:
        self._home, self._view, self._at_top = home, None, False
        self.on_point, self.on_press, self.on_accept = on_point, on_press, on_accept
        self._shown = 0
        self.frame = qt.QFrame(home)
        self.frame.setObjectName("SPACandidateStrip")
        self.frame.setStyleSheet(_STYLE)
        self._watch = _Watch(self)
        self.buttons: List[Any] = []
        for index in range(count):
            button = qt.QToolButton(self.frame)
            button.setProperty("spaIndex", index)
            button.setFocusPolicy(qt.Qt.TabFocus)
            button.connect("clicked()", (lambda i=index: self.on_press(i)))
            button.installEventFilter(self._watch)
            self.buttons.append(button)
        home.installEventFilter(self._watch)
        self.clear()

    def focused(self) -> int:
        """The picture with the keyboard focus, else the recommended one."""
        for index, button in enumerate(self.buttons):
            if button.focus:
                return index
        return 0

    def place(self, view: Optional[Any], at_top: bool = False) -> None:
        """Lie at the bottom or top of a QWidget, or in the panel (None)."""
        self._at_top = at_top
        if view is self._view:
            self.fit()
            return
        if self._view is not None:
            self._view.removeEventFilter(self._watch)
        self._view = view
        if view is not None:
            view.installEventFilter(self._watch)
        self.frame.setParent(view or self._home)
        # Qt hides what gets a new parent.
        self.frame.setVisible(view is None or self._shown > 0)
        self.fit()

    def show(self, pictures: Sequence[Any], texts: Sequence[str]) -> None:
        """Show QPixmaps, the recommended mask's first, and what a screen reader says of them."""
        had_focus = any(button.focus for button in self.buttons)
        self._shown = len(pictures)
        for index, button in enumerate(self.buttons):
            there = index < len(pictures)
            button.setEnabled(there)
            button.setIcon(qt.QIcon(pictures[index]) if there else qt.QIcon())
            button.setAccessibleName(texts[index] if there else "")
        self.frame.setStyleSheet(_STYLE)
        if had_focus:
            # The picture that was focused shows another mask now.
            self.buttons[0].setFocus()
        self.fit()
        self.frame.show()

    def mark(self, index: int) -> None:
        """Draw the border of the mask that Enter accepts."""
        for n, button in enumerate(self.buttons):
            style = _CURRENT if n == index else ""
            if button.styleSheet != style:
                button.setStyleSheet(style)

    def clear(self) -> None:
        """Show nothing: gone from the view, empty in the panel, where the room stays reserved."""
        self._shown = 0
        for button in self.buttons:
            button.setEnabled(False)
            button.setIcon(qt.QIcon())
        self.mark(-1)
        self.frame.setStyleSheet(_EMPTY)
        self.place(None)

    def fit(self) -> None:
        """Fit the pictures into the width there is."""
        within = self._view or self._home
        width, count = within.width, len(self.buttons)
        side, height = self._sizes(within)
        top = within.height - height if self._view is not None and not self._at_top else 0
        self.frame.setGeometry(0, top, width, height)
        left = (width - count * side - (count - 1) * GAP) // 2
        for index, button in enumerate(self.buttons):
            button.setIconSize(qt.QSize(side - 2 * BORDER, side - 2 * BORDER))
            button.setGeometry(left + index * (side + GAP), MARGIN, side, side)

    def height_in(self, view: Any) -> int:
        """How many pixels of a QWidget's height the strip takes."""
        return self._sizes(view)[1]

    def _sizes(self, within: Any) -> Tuple[int, int]:
        count = len(self.buttons)
        side = max(min((within.width - 2 * MARGIN - (count - 1) * GAP) // count, LARGEST), SMALLEST)
        return side, side + 2 * MARGIN


def badge(pixmap: Any, text: str, color: Sequence[float]) -> Any:
    """Write a key on its colour into the upper left corner of a QPixmap; returns the same."""
    width, height = (30 if len(text) == 1 else 16 + 13 * len(text)), 30
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing)
    pen = qt.QPen(qt.QColor(0, 0, 0))
    pen.setWidth(2)
    painter.setPen(pen)
    painter.setBrush(qt.QBrush(qt.QColor(*(int(round(255 * c)) for c in color))))
    painter.drawRoundedRect(3, 3, width, height, 6, 6)
    painter.setFont(_font(22))
    dark = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2] < 0.45
    painter.setPen(qt.QColor(255, 255, 255) if dark else qt.QColor(0, 0, 0))
    painter.drawText(3, 3, width, height, int(qt.Qt.AlignCenter), text)
    painter.end()
    return pixmap


def caption(pixmap: Any, text: str) -> Any:
    """Write a text into the lower right corner of a QPixmap; returns the same."""
    width, height = 10 + 14 * len(text), 30
    left, top = pixmap.width() - width - 3, pixmap.height() - height - 3
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing)
    painter.setPen(qt.QColor(0, 0, 0))
    painter.setBrush(qt.QBrush(qt.QColor(0, 0, 0)))
    painter.setOpacity(0.75)
    painter.drawRoundedRect(left, top, width, height, 6, 6)
    painter.setOpacity(1.0)
    painter.setFont(_font(24))
    painter.setPen(qt.QColor(255, 255, 255))
    painter.drawText(left, top, width, height, int(qt.Qt.AlignCenter), text)
    painter.end()
    return pixmap


def _font(size: int) -> Any:
    font = qt.QFont("sans-serif")
    font.setPixelSize(size)
    font.setBold(True)
    return font
