"""Keys of a session: 1 to 9, Enter, Backspace, Esc, Space and undo, while masks are on screen.

Segment Editor has shortcuts on most of them. Two shortcuts on one key disable each other in Qt, so its own are
borrowed: an event filter takes their activation, and gives them back by being removed.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import qt
import slicer

#: In these widgets keys belong to the text.
_TEXT_WIDGETS = ("QLineEdit", "QAbstractSpinBox", "QTextEdit", "QPlainTextEdit")


def typing() -> bool:
    """Whether the user is writing into a field."""
    widget = qt.QApplication.focusWidget()
    return widget is not None and any(widget.inherits(name) for name in _TEXT_WIDGETS)


class _Borrow(qt.QObject):
    """Takes the activation of other shortcuts."""

    def __init__(self, actions: Dict[str, Callable[[], None]]) -> None:
        qt.QObject.__init__(self)
        self.actions = actions

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it for every event of a borrowed shortcut."""
        if event.type() != qt.QEvent.Shortcut:
            return False
        action = self.actions.get(watched.key.toString())
        if action is None:
            return False
        action()
        return True


class Keys:
    """Keys by name ("1", "Return", "Ctrl+Z", ...) and what they do between `take` and `give_back`."""

    def __init__(self, actions: Dict[str, Callable[[], None]]) -> None:
        self._actions = actions
        # One filter for good: an object must not be destroyed inside of its own event.
        self._filter = _Borrow(actions)
        self._borrowed: List[Any] = []
        self._own: List[Any] = []

    @property
    def taken(self) -> bool:
        """Whether the keys act on the session."""
        return bool(self._borrowed or self._own)

    def take(self) -> None:
        """Let the keys act on the session; calling it twice does no harm."""
        window = slicer.util.mainWindow()
        if self.taken or window is None:
            return
        for shortcut in window.findChildren("QShortcut"):
            if shortcut.key.toString() in self._actions:
                shortcut.installEventFilter(self._filter)
                self._borrowed.append(shortcut)
        present = {shortcut.key.toString() for shortcut in self._borrowed}
        for name in self._actions:
            if name not in present:
                shortcut = qt.QShortcut(qt.QKeySequence(name), window)
                shortcut.connect("activated()", self._unless_typing(name))
                self._own.append(shortcut)

    def give_back(self) -> None:
        """Let the keys do what they always do; calling it twice does no harm."""
        for shortcut in self._borrowed:
            shortcut.removeEventFilter(self._filter)
        for shortcut in self._own:
            # Not destroyed at once: this may run inside of its signal.
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._borrowed, self._own = [], []

    def _unless_typing(self, name: str) -> Callable[[], None]:
        def act() -> None:
            if not typing():
                self._actions[name]()

        return act
