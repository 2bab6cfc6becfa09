"""The five pictures to choose from: at the bottom or the top of a slice view, or in the panel."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

import qt

#: Side of a picture in pixels: at most, and in the panel.
LARGEST, SMALLEST = 96, 40
MARGIN, GAP = 6, 4
#: Of a picture, as in the style sheet below.
BORDER = 3
#: Pictures are drawn twice as large as shown, for screens with small pixels.
SCALE = 2
#: Height of letters and of what they stand on, in pixels of the pictures: 12 and 15 points however small these are; on
#: pictures of less than 50 points, of which little would be seen, 10 and 12.
LETTERS, LINE = 12 * SCALE, 15 * SCALE
SMALL, SMALL_LETTERS, SMALL_LINE = 50 * SCALE, 10 * SCALE, 12 * SCALE

_STYLE = """
QFrame#SPACandidateStrip { background: rgb(24, 24, 24); border-top: 1px solid rgb(90, 90, 90); }
QToolButton { background: rgb(24, 24, 24); border: 3px solid rgb(24, 24, 24); padding: 0px; margin: 0px; }
QToolButton:hover, QToolButton:focus { border-color: rgb(150, 150, 150); }
"""
#: Of the picture whose mask Enter accepts.
_CURRENT = "QToolButton { border-color: white; }"

#: In the panel, while there is nothing to choose from.
_EMPTY = "QFrame#SPACandidateStrip { border: 1px dashed rgb(128, 128, 128); } QToolButton { border: none; }"


class Picture(NamedTuple):
    """One of the pictures.

    Attributes:
        pixmap: a square QPixmap, as large as it will ever be shown.
        key: of the keyboard.
        color: red, green, blue in 0..1 of the mask's outline.
        caption: in the lower corner, may be empty.
        text: what a screen reader says.
    """

    pixmap: Any
    key: str
    color: Tuple[float, float, float]
    caption: str
    text: str


class _Watch(qt.QObject):
    """Tells of the pointer and the focus on the pictures, of new sizes of what the strip lies in, and of its view."""

    def __init__(self, strip: CandidateStrip) -> None:
        qt.QObject.__init__(self)
        self._strip = strip

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it; only double clicks end here."""
        kind, index = event.type(), watched.property("spaIndex")
        if index is None:
            if kind == qt.QEvent.Resize:
                self._strip.fit()
            elif kind in (qt.QEvent.Show, qt.QEvent.Hide) and watched == self._strip.followed:
                self._strip.on_view()
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
        on_view: called when the view that is followed is shown or hidden.
        followed: the slice widget that is followed, or None.
    """

    def __init__(
        self,
        home: Any,
        on_point: Callable[[int], None],
        on_press: Callable[[int], None],
        on_accept: Callable[[int], None],
        on_view: Callable[[], None],
        count: int = 5,
    ) -> None:
        self._home, self._view, self._at_top = home, None, False
        self.on_point, self.on_press, self.on_accept, self.on_view = on_point, on_press, on_accept, on_view
        self.followed: Any = None
        self._pictures: Sequence[Picture] = ()
        self._side = 0
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

    def follow(self, widget: Optional[Any]) -> None:
        """Look whether a slice widget is shown or hidden, None for no more."""
        if widget is self.followed:
            return
        if self.followed is not None:
            self.followed.removeEventFilter(self._watch)
        self.followed = widget
        if widget is not None:
            widget.installEventFilter(self._watch)

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
        self.frame.setVisible(view is None or bool(self._pictures))
        self.fit()

    def show(self, pictures: Sequence[Picture]) -> None:
        """Show these, the recommended mask's first."""
        had_focus = any(button.focus for button in self.buttons)
        self._pictures = pictures
        for button, picture in zip(self.buttons, (*pictures, *[None] * len(self.buttons))):
            button.setEnabled(picture is not None)
            button.setAccessibleName(picture.text if picture is not None else "")
        self.frame.setStyleSheet(_STYLE)
        if had_focus:
            # The picture that was focused shows another mask now.
            self.buttons[0].setFocus()
        self._side = 0
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
        self._pictures = ()
        for button in self.buttons:
            button.setEnabled(False)
            button.setIcon(qt.QIcon())
        self.mark(-1)
        self.follow(None)
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
        if side != self._side:
            self._side = side
            self._dress(SCALE * (side - 2 * BORDER))

    def _dress(self, size: int) -> None:
        """Write keys and captions on the pictures, as large on small pictures as on large ones."""
        for index, button in enumerate(self.buttons):
            icon = qt.QIcon(dressed(self._pictures[index], size)) if index < len(self._pictures) else qt.QIcon()
            button.setIcon(icon)

    def height_in(self, view: Any) -> int:
        """How many pixels of a QWidget's height the strip takes."""
        return self._sizes(view)[1]

    def _sizes(self, within: Any) -> Tuple[int, int]:
        count = len(self.buttons)
        side = max(min((within.width - 2 * MARGIN - (count - 1) * GAP) // count, LARGEST), SMALLEST)
        return side, side + 2 * MARGIN


def dressed(picture: Picture, size: int) -> Any:
    """A QPixmap of a picture, `size` pixels (`SCALE` to a point) wide, with its key and caption."""
    pixmap = picture.pixmap.scaled(size, size, qt.Qt.KeepAspectRatio, qt.Qt.SmoothTransformation)
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing)
    _badge(painter, picture, size)
    if picture.caption:
        _caption(painter, picture.caption, size)
    painter.end()
    return pixmap


def _badge(painter: Any, picture: Picture, size: int) -> None:
    """The key on the mask's colour, in the upper left corner."""
    font, line = _font(size)
    painter.setFont(font)
    width = line if len(picture.key) == 1 else min(_width(picture.key, font) + line // 3, size - 2)
    pen = qt.QPen(qt.QColor(0, 0, 0))
    pen.setWidth(2)
    painter.setPen(pen)
    painter.setBrush(qt.QBrush(qt.QColor(*(int(round(255 * c)) for c in picture.color))))
    painter.drawRoundedRect(1, 1, width, line, 6, 6)
    red, green, blue = picture.color
    dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
    painter.setPen(qt.QColor(255, 255, 255) if dark else qt.QColor(0, 0, 0))
    painter.drawText(1, 1, width, line, int(qt.Qt.AlignCenter), picture.key)


def _caption(painter: Any, text: str, size: int) -> None:
    """White on black, in the lower right corner; without spaces where there is little room."""
    font, line = _font(size)
    if _width(text, font) + line // 3 > size - 2:
        text = text.replace(" ", "")
    painter.setFont(font)
    width = min(_width(text, font) + line // 3, size - 2)
    left, top = size - width - 1, size - line - 1
    painter.setPen(qt.QColor(0, 0, 0))
    painter.setBrush(qt.QBrush(qt.QColor(0, 0, 0)))
    painter.setOpacity(0.75)
    painter.drawRoundedRect(left, top, width, line, 6, 6)
    painter.setOpacity(1.0)
    painter.setPen(qt.QColor(255, 255, 255))
    painter.drawText(left, top, width, line, int(qt.Qt.AlignCenter), text)


def _width(text: str, font: Any) -> int:
    return int(qt.QFontMetrics(font).boundingRect(text).width())


def _font(size: int) -> Tuple[Any, int]:
    """The font for a picture of so many pixels, and the height of what its letters stand on."""
    letters, line = (LETTERS, LINE) if size >= SMALL else (SMALL_LETTERS, SMALL_LINE)
    font = qt.QFont()  # the application's; a family that is not there costs macOS half a second
    font.setPixelSize(letters)
    font.setBold(True)
    return font, line
