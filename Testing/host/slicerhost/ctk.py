"""The module `ctk`, as far as SPA uses it."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from slicerhost import qt


class ctkCollapsibleButton(qt.QFrame):  # type: ignore[name-defined,misc]  # noqa: N801
    """A frame with a header that folds it."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        header = QtWidgets.QToolButton(self)
        header.setToolButtonStyle(QtCore.Qt.ToolButtonTextBesideIcon)
        header.setAutoRaise(True)
        header.clicked.connect(lambda: self.setCollapsed(not self.isCollapsed()))
        self._header = header
        self._collapsed = False
        self.setText(text)
        self.setContentsMargins(0, 24, 0, 0)

    def setText(self, text: str) -> None:  # noqa: N802
        self._header.setText(text)
        self._header.setArrowType(QtCore.Qt.RightArrow if self._collapsed else QtCore.Qt.DownArrow)
        self._header.adjustSize()

    def isCollapsed(self) -> bool:  # noqa: N802
        return bool(self._collapsed)

    def setCollapsed(self, collapsed: bool) -> None:  # noqa: N802
        self._collapsed = bool(collapsed)
        self._header.setArrowType(QtCore.Qt.RightArrow if collapsed else QtCore.Qt.DownArrow)
        for child in QtCore.QObject.children(self):
            if isinstance(child, QtWidgets.QWidget) and child is not self._header:
                QtWidgets.QWidget.setVisible(child, not collapsed)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "text":
            self.setText(value)
        elif name == "collapsed":
            self.setCollapsed(value)
        else:
            super().__setattr__(name, value)
