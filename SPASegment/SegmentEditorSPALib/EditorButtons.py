"""The Undo and Redo buttons of the Segment Editor around an effect, which do what the keys do while masks are shown."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import qt

_EDITOR, _BUTTONS = "qMRMLSegmentEditorWidget", ("UndoButton", "RedoButton")
_PRESSES = (qt.QEvent.MouseButtonPress, qt.QEvent.MouseButtonDblClick)


class _Watch(qt.QObject):
    """Takes clicks away from buttons."""

    def __init__(self, actions: Dict[str, Callable[[], None]]) -> None:
        qt.QObject.__init__(self)
        self._actions = actions

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Qt calls it for every event of a borrowed button."""
        if event.type() in _PRESSES:
            self._actions[watched.objectName]()
        return event.type() in (*_PRESSES, qt.QEvent.MouseButtonRelease)


class EditorButtons:
    """Both buttons, between `take` and `give_back`."""

    def __init__(self, widget: Any, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        """Nothing is taken yet.

        Args:
            widget: a widget of the effect, within the editor.
            undo: what the first button does.
            redo: what the second one does.
        """
        self._widget = widget
        self._actions = dict(zip(_BUTTONS, (undo, redo)))
        self._watch = _Watch(self._actions)
        self._borrowed: List[Any] = []

    def take(self) -> None:
        """Let the buttons act on the session; calling it twice does no harm."""
        editor = self._widget
        while editor is not None and not editor.inherits(_EDITOR):
            editor = editor.parent()
        if editor is None or self._borrowed:
            return
        # PythonQt finds nothing where a name is given too.
        self._borrowed = [button for button in editor.findChildren("QToolButton") if button.objectName in _BUTTONS]
        for button in self._borrowed:
            button.installEventFilter(self._watch)

    def give_back(self) -> None:
        """Let them do what they always do; calling it twice does no harm."""
        borrowed, self._borrowed = self._borrowed, []
        for button in borrowed:
            button.removeEventFilter(self._watch)

    def press(self, widget: Any) -> bool:
        """Press one of them by a key; whether it was one."""
        if widget is None or widget not in self._borrowed:
            return False
        self._actions[widget.objectName]()
        return True
