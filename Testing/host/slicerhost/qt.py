"""The module `qt`: PySide6 in PythonQt's manner, and strict.

Q_PROPERTYs are attributes and shadow their getters, signals are connected by their signature, findChildren takes
the name of a class, and dialogs answer with what the test has put into `ANSWERS`.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from PySide6 import QtCore, QtGui, QtWidgets

from slicerhost import pythonqt

#: Tracebacks of exceptions in slots and callbacks, which Slicer prints and swallows.
ERRORS: List[str] = []
#: What the next dialogs answer, first come first served.
ANSWERS: List[Any] = []

_WRAPPED: set = set()
#: What was connected, to be found again by `disconnect`.
_CALLS: Dict[Tuple[int, str, Any], Callable] = {}
_PROPERTIES: Dict[type, frozenset] = {}


def guarded(function: Callable, *args: Any) -> Any:
    """Call a function; note what it raises and return None."""
    try:
        return function(*args)
    except Exception:
        ERRORS.append(traceback.format_exc())
        return None


def argument_count(slot: Callable) -> float:
    """How many arguments PythonQt hands to a slot: defaulted ones count."""
    function = getattr(slot, "__func__", slot)
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARARGS:
        return float("inf")
    return code.co_argcount - (1 if inspect.ismethod(slot) else 0)


def _properties(cls: type) -> frozenset:
    if cls not in _PROPERTIES:
        meta = cls.staticMetaObject  # type: ignore[attr-defined]
        _PROPERTIES[cls] = frozenset(meta.property(n).name() for n in range(meta.propertyCount()))
    return _PROPERTIES[cls]


def _connect(sender: Any, signature: str, slot: Callable) -> bool:
    normal = QtCore.QMetaObject.normalizedSignature(signature).data().decode()
    if sender.metaObject().indexOfSignal(normal) < 0:
        raise AttributeError(f"{type(sender).__name__} has no signal {signature}")
    if not callable(slot):
        raise TypeError(f"{slot!r} cannot be called")
    count = argument_count(slot)

    def call(*args: Any) -> None:
        given = args if normal.count("()") == 0 else ()
        guarded(slot, *(given if count == float("inf") else given[: int(count)]))

    receiver = QtCore.SIGNAL(normal)
    _CALLS[(id(sender), normal, slot)] = call
    return bool(QtCore.QObject.connect(sender, receiver, call))


def _disconnect(sender: Any, signature: str, slot: Callable) -> bool:
    normal = QtCore.QMetaObject.normalizedSignature(signature).data().decode()
    call = _CALLS.pop((id(sender), normal, slot), None)
    return call is not None and bool(QtCore.QObject.disconnect(sender, QtCore.SIGNAL(normal), call))


def _asked_by_the_product() -> bool:
    """Whether the caller's caller is the effect or the module, not a test and not the stand-in."""
    name = str(sys._getframe(2).f_globals.get("__name__", ""))
    return name.split(".")[0] in ("SegmentEditorSPALib", "SPASegment")


def _refused(what: str, value: Any) -> Callable:
    """What fails when it is called; not before, since C++ asks for virtual functions in the product's frames."""
    error = AttributeError(f"{what} was not looked up in PythonQt, see slicerhost/pythonqt.py")
    if not callable(value):
        raise error

    def fail(*_: Any) -> None:
        raise error

    return fail


def _own(thing: Any, name: str) -> bool:
    """Whether a name is defined in Python: by a subclass, or on the object."""
    if name.startswith("__") or name in object.__getattribute__(thing, "__dict__"):
        return True
    classes = type(thing).__mro__[: next(n for n, each in enumerate(type(thing).__mro__) if each in _WRAPPED)]
    return any(name in vars(each) for each in classes)


def _wrap(base: type) -> type:
    """The class in PythonQt's manner; its Python subclasses behave likewise, and may have attributes of their own."""

    def init(self: Any, *args: Any) -> None:
        base.__init__(self, *args)

    offered = pythonqt.names(*(each.__name__ for each in base.__mro__))

    def get(self: Any, name: str) -> Any:
        if name not in offered and _asked_by_the_product() and not _own(self, name):
            plain = name in _properties(base) and not name.endswith("izeHint")
            return _refused(f"{base.__name__}.{name}", None if plain else base.__getattribute__(self, name))
        if name == "connect":
            return lambda signature, slot: _connect(self, signature, slot)
        if name == "disconnect":
            return lambda signature, slot: _disconnect(self, signature, slot)
        if name == "findChildren":
            return lambda kind: QtCore.QObject.findChildren(self, _plain(kind))
        if name in ("sizeHint", "minimumSizeHint"):
            # Virtual functions, which would look for themselves here.
            return getattr(base, name)(self)
        if not name.startswith("_") and name in _properties(base):
            return base.property(self, name)
        return base.__getattribute__(self, name)

    def put(self: Any, name: str, value: Any) -> None:
        if name in _properties(base):
            if name not in offered and _asked_by_the_product():
                raise AttributeError(f"{base.__name__}.{name} has not been looked up in PythonQt")
            setter = getattr(base, "set" + name[0].upper() + name[1:], None)
            if setter is not None:
                setter(self, value)
            elif not base.setProperty(self, name, value):
                raise AttributeError(f"{base.__name__}.{name} cannot be set to {value!r}")
        elif type(self) in _WRAPPED:
            raise AttributeError(f"{base.__name__} has no attribute {name}")
        else:
            base.__setattr__(self, name, value)

    wrapped = type(base.__name__, (base,), {"__init__": init, "__getattribute__": get, "__setattr__": put})
    _WRAPPED.add(wrapped)
    return wrapped


def _plain(kind: str) -> type:
    return next(getattr(m, kind) for m in (QtWidgets, QtGui, QtCore) if hasattr(m, kind))


for _module, _names in (
    (QtCore, "QObject QTimer QSettings"),
    (QtGui, "QShortcut"),
    (
        QtWidgets,
        "QWidget QFrame QLabel QPushButton QToolButton QCheckBox QComboBox QVBoxLayout QHBoxLayout QFormLayout "
        "QGridLayout QSpinBox QDoubleSpinBox QLineEdit QMainWindow QProgressBar QTextBrowser QScrollArea QMenu",
    ),
):
    for _name in _names.split():
        globals()[_name] = _wrap(getattr(_module, _name))

# Values and namespaces are the same in both bindings.
Qt, QEvent, QSize, QPoint, QRect, QByteArray, QUrl = (
    QtCore.Qt, QtCore.QEvent, QtCore.QSize, QtCore.QPoint, QtCore.QRect, QtCore.QByteArray, QtCore.QUrl,
)
QPixmap, QImage, QIcon, QColor, QBrush, QPen, QFont, QFontMetrics, QPainter, QPalette, QCursor, QKeySequence = (
    QtGui.QPixmap, QtGui.QImage, QtGui.QIcon, QtGui.QColor, QtGui.QBrush, QtGui.QPen, QtGui.QFont, QtGui.QFontMetrics,
    QtGui.QPainter, QtGui.QPalette, QtGui.QCursor, QtGui.QKeySequence,
)
QSizePolicy, QApplication = QtWidgets.QSizePolicy, QtWidgets.QApplication

#: What was opened with the desktop's own programs.
OPENED: List[str] = []


class QDesktopServices:
    """Notes what would be opened."""

    def openUrl(self, url: Any) -> bool:  # noqa: N802
        OPENED.append(url.toLocalFile() or url.toString())
        return True



def _answer(what: str) -> Any:
    if not ANSWERS:
        raise AssertionError(f"an unexpected dialog: {what}")
    return ANSWERS.pop(0)


#: Dialogs that asked for a text: what for, what the field held at first, and how wide they were.
ASKED: List[Tuple[str, str, int]] = []


class QInputDialog:
    """Dialogs that ask for a text; PythonQt returns the text, empty when cancelled."""

    def __init__(self, parent: Any = None) -> None:
        self._label, self._value, self._width = "", "", 0

    def setWindowTitle(self, title: str) -> None:  # noqa: N802
        if not title:
            raise AssertionError("a dialog without a title")

    def setLabelText(self, text: str) -> None:  # noqa: N802
        self._label = str(text)

    def setTextValue(self, text: str) -> None:  # noqa: N802
        self._value = str(text)

    def textValue(self) -> str:  # noqa: N802
        return self._value

    def resize(self, width: int, height: int) -> None:
        self._width = width

    def exec_(self) -> int:
        ASKED.append((self._label, self._value, self._width))
        self._value = str(_answer(self._label))
        return int(bool(self._value))

    def deleteLater(self) -> None:  # noqa: N802
        """Qt deletes it when the event loop turns."""


def _owned(parent: Any) -> None:
    """A dialog of the system goes behind the main window on Windows, which waits for it, unless it has an owner.

    It has one where it has a parent (qtbase, src/plugins/platforms/windows/qwindowsdialoghelpers.cpp).
    """
    if parent is None:
        raise AssertionError("a dialog without a parent")


class QFileDialog:
    """Dialogs that ask for a file; PythonQt returns the path, empty when cancelled."""

    DontConfirmOverwrite = 4

    @staticmethod
    def getOpenFileName(parent: Any, title: str, folder: str, kinds: str) -> str:  # noqa: N802
        _owned(parent)
        return str(_answer(title))

    @staticmethod
    def getExistingDirectory(parent: Any, title: str) -> str:  # noqa: N802
        _owned(parent)
        return str(_answer(title))

    @staticmethod
    def getSaveFileName(  # noqa: N802
        parent: Any, title: str, folder: str, kinds: str, kind: str = "", options: int = 0
    ) -> str:
        _owned(parent)
        path = str(_answer(title))
        if path and Path(path).exists() and options != QFileDialog.DontConfirmOverwrite:
            # Qt, or the system's own dialog, asks whether the file is to be replaced.
            return path if _answer("replace") else ""
        return path


def application() -> Any:
    """The one QApplication of the process."""
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["host"])


def answered(*answers: Any) -> Tuple[Any, ...]:
    """Queue answers for the next dialogs."""
    ANSWERS.extend(answers)
    return answers
