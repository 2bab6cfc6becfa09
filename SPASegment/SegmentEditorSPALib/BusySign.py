"""A sign in the slice view that was clicked in, while masks are computed."""

from __future__ import annotations

from typing import Any, Optional

import qt

from .Translate import tr as _

_STYLE = (
    "QLabel { background: rgba(24, 24, 24, 200); color: white; border: 1px solid rgb(120, 120, 120);"
    " border-radius: 4px; padding: 3px 8px; }"
)
#: From the top of the view, in points.
_TOP = 8


class BusySign:
    """A label that lies in a view for as long as there is something to wait for."""

    def __init__(self, home: Any) -> None:
        """Nothing is shown yet; `home` is a widget that the label stays in meanwhile."""
        self._home, self._view = home, None
        self._label = qt.QLabel(_("SPA is computing..."), home)
        self._label.setStyleSheet(_STYLE)
        # Clicks beneath it are meant for the view.
        self._label.setAttribute(qt.Qt.WA_TransparentForMouseEvents, True)
        self._label.hide()

    def show(self, view: Optional[Any]) -> None:
        """Lie in a QWidget, or nowhere (None)."""
        if view is self._view:
            return
        self._view = view
        # Qt hides what gets a new parent.
        self._label.setParent(view or self._home)
        if view is not None:
            self._label.adjustSize()
            self._label.move(max((view.width - self._label.width) // 2, 0), _TOP)
            self._label.show()
