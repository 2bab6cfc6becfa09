"""Keys of a session: digits, Enter, Backspace, Esc, Space, undo and redo, from the click on.

Segment Editor has shortcuts on most of them. Two shortcuts on one key disable each other in Qt, so its own are
borrowed: an event filter takes their activation, and gives them back by being removed. All effects of the process
share one board of keys, so that none borrows what is another one's.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Set

import qt
import slicer

#: In these widgets keys belong to what is written, picked or counted.
_TAKERS = (
    "QLineEdit", "QAbstractSpinBox", "QTextEdit", "QPlainTextEdit", "QComboBox", "QMenu", "QListView", "QTreeView",
)
#: In these only keys that scroll do.
_SCROLLED = ("QAbstractItemView", "QAbstractSlider", "QAbstractScrollArea", "qMRMLThreeDView")
_SCROLLING = ("PgUp", "PgDown")
#: What the keys of the digits 1 to 9 and 0 give on a French keyboard without Shift.
_FRENCH = dict(zip("&\u00c9\"'(-\u00c8_\u00c7\u00c0", "1234567890"))
#: Tells the shortcuts made here from all others.
_OURS = "SPA"

Actions = Dict[str, Callable[[], None]]


def digits(act: Callable[[int], None]) -> Actions:
    """What all digits do, by the names of their keys, on keyboards with digits on either level.

    Args:
        act: called with 0 to 9.
    """
    found: Actions = {}
    for digit in range(10):
        for name in (str(digit), f"Shift+{digit}"):
            found[name] = lambda digit=digit: act(digit)  # type: ignore[misc]
    for name, digit in _FRENCH.items():
        found[name] = lambda digit=int(digit): None if _shifted() else act(digit)  # type: ignore[misc]
    return found


def typing(key: str = "") -> bool:
    """Whether the widget with the focus, or an open list, has its own use for a key."""
    if qt.QApplication.activePopupWidget() is not None:
        return True
    return _takes_keys(qt.QApplication.focusWidget(), key)


def _takes_keys(widget: Any, key: str = "") -> bool:
    if widget is None:
        return False
    if any(widget.inherits(name) for name in _TAKERS):
        return True
    around = (widget, widget.parent()) if key in _SCROLLING else ()
    return any(each is not None and each.inherits(name) for each in around for name in _SCROLLED)


def leave_list(view: Any) -> None:
    """The pointer has gone from a drop-down list to a slice view: keys are about the view again.

    Qt leaves the focus on a list after something was picked in it, and nothing on screen tells why no key does
    anything then. Fields keep it, with what is half written in them.
    """
    widget = qt.QApplication.focusWidget()
    if widget is not None and widget.inherits("QComboBox") and qt.QApplication.activePopupWidget() is None:
        view.sliceView().setFocus()


def _shifted() -> bool:
    """Shift makes another character of the key on other keyboards, where a digit was not meant."""
    return bool(qt.QApplication.keyboardModifiers() & qt.Qt.ShiftModifier)


class _Borrow(qt.QObject):
    """Takes the activation of other shortcuts."""

    def __init__(self, act: Callable[[str], bool]) -> None:
        qt.QObject.__init__(self)
        self._act = act

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it for every event of a borrowed shortcut."""
        return event.type() == qt.QEvent.Shortcut and self._act(watched.key.toString())


class _Leave(qt.QObject):
    """Leaves keys to a widget that takes them: shortcuts, also the window's, do not get them."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it for every event of the widget with the focus."""
        if event.type() != qt.QEvent.ShortcutOverride:
            return False
        event.accept()
        # An open list picks and closes on this very event.
        return qt.QApplication.activePopupWidget() is None


class _Board:
    """The keys of the main window that are taken, and by whom; who took or preferred them last gets them."""

    def __init__(self) -> None:
        self._holders: List[Keys] = []
        # Filters for good: an object must not be destroyed inside of its own event.
        self._filter, self._leave = _Borrow(self._act), _Leave()
        self._borrowed: List[Any] = []
        self._own: Dict[str, Any] = {}
        self._on_focus = self._focus_changed

    def add(self, holder: Keys) -> None:
        """Let a holder have its keys."""
        if not self._holders:
            slicer.app.connect("focusChanged(QWidget*,QWidget*)", self._on_focus)
            self._focus_changed(None, qt.QApplication.focusWidget())
        self._holders.append(holder)
        self._refresh()

    def remove(self, holder: Keys) -> None:
        """Take a holder's keys from it."""
        self._holders.remove(holder)
        self._refresh()
        if not self._holders:
            slicer.app.disconnect("focusChanged(QWidget*,QWidget*)", self._on_focus)
            self._focus_changed(qt.QApplication.focusWidget(), None)

    def prefer(self, holder: Keys) -> None:
        """Let a holder have the keys that it shares with others."""
        self._holders.remove(holder)
        self._holders.append(holder)

    def _focus_changed(self, old: Any, new: Any) -> None:
        for widget in (old, new):
            if widget is not None:
                widget.removeEventFilter(self._leave)
        if _takes_keys(new):
            new.installEventFilter(self._leave)
        for name, shortcut in self._own.items():
            # Slides and lists scroll with keys that they do not claim.
            shortcut.setEnabled(not _takes_keys(new, name))

    def _refresh(self) -> None:
        wanted: Set[str] = set().union(*(holder.actions for holder in self._holders))
        for name in [name for name in self._own if name not in wanted]:
            shortcut = self._own.pop(name)
            # Not destroyed at once: this may run inside of its signal.
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._borrowed = [shortcut for shortcut in self._borrowed if self._still(shortcut, wanted)]
        self._take(wanted - set(self._own) - {shortcut.key.toString() for shortcut in self._borrowed})

    def _still(self, shortcut: Any, wanted: Set[str]) -> bool:
        try:
            if shortcut.key.toString() in wanted:
                return True
            shortcut.removeEventFilter(self._filter)
        except (RuntimeError, ValueError):
            # The editor that it belonged to is gone.
            return False
        return False

    def _take(self, names: Set[str]) -> None:
        window = slicer.util.mainWindow()
        if not names or window is None:
            return
        for shortcut in window.findChildren("QShortcut"):
            if shortcut.key.toString() in names and shortcut.objectName != _OURS:
                shortcut.installEventFilter(self._filter)
                self._borrowed.append(shortcut)
        for name in sorted(names - {shortcut.key.toString() for shortcut in self._borrowed}):
            shortcut = qt.QShortcut(qt.QKeySequence(name), window)
            shortcut.setObjectName(_OURS)
            shortcut.connect("activated()", lambda name=name: self._act(name))
            self._own[name] = shortcut

    def _act(self, name: str) -> bool:
        """Whether the key was ours; one that the widget with the focus takes does nothing else."""
        action = next((holder.actions[name] for holder in reversed(self._holders) if name in holder.actions), None)
        if action is None:
            return False
        if not typing(name):
            action()
        return True


_board: List[_Board] = []


class Keys:
    """Keys by name ("1", "Return", "Ctrl+Z", ...) and what they do between `take` and `give_back`.

    Attributes:
        actions: the keys by name; of names that several effects have taken, those act that were taken or preferred
            last.
        taken: whether the keys act.
    """

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self.taken = False

    def take(self) -> None:
        """Let the keys act; calling it twice does no harm."""
        if not self.taken and slicer.util.mainWindow() is not None:
            if not _board:
                _board.append(_Board())
            self.taken = True
            _board[0].add(self)

    def prefer(self) -> None:
        """Let the keys act, as far as they are taken, in place of those of another effect that has taken them, too."""
        if self.taken:
            _board[0].prefer(self)

    def give_back(self) -> None:
        """Let the keys do what they always do; calling it twice does no harm."""
        if self.taken:
            self.taken = False
            _board[0].remove(self)
