"""What of Qt the effect and the module use, and how PythonQt offers it; anything else is refused to them.

PythonQt (commontk/PythonQt c4a5a155 in Slicer 5.2.2 and 5.6.2, db525aff in 5.8.1; MeVisLab/pythonqt f4769f190 in 5.10
and 9992368e9 in 5.12 and 5.13, with patches) knows four kinds of names:

* what its generated wrappers declare (`generated_cpp_511`, from Slicer 5.10 on `generated_cpp_515`), looked up there by
  class and name;
* what Qt's own meta objects have: slots, invokable functions, signals, and properties, which are attributes that shadow
  the functions of the same name;
* what it adds itself (`src/PythonQtStdDecorators.h`, `src/PythonQtInstanceWrapper.cpp`);
* values and enumerations of wrapped classes.

A function whose result is of a type without a default constructor (`QFontMetrics`, `QFontInfo`) raises ValueError
although it is declared, and no constructor takes keywords.
"""

from __future__ import annotations

from typing import Dict, FrozenSet

#: Class -> functions that the generated wrappers declare, static ones too.
WRAPPED: Dict[str, str] = {
    "QObject": "installEventFilter removeEventFilter setObjectName blockSignals",
    "QPaintDevice": "devicePixelRatioF",
    "QWidget": (
        "setParent setFixedHeight setMinimumHeight setSizePolicy setGeometry resize move adjustSize setAttribute"
        " setContentsMargins setAccessibleName setFocusPolicy setToolTip"
    ),
    "QAbstractButton": "setText setIcon",
    "QLabel": "setWordWrap setAlignment setOpenExternalLinks setScaledContents",
    "QComboBox": "addItem itemText",
    "QTimer": "setInterval",
    "QShortcut": "setEnabled",
    "QLayout": "addWidget setContentsMargins setSpacing",
    "QBoxLayout": "addWidget addLayout addStretch setSpacing",
    "QFormLayout": "addRow",
    "QApplication": "focusWidget activePopupWidget",
    "QGuiApplication": "keyboardModifiers",
    "QSettings": "value setValue",
    "QEvent": "type accept",
    "QPainter": "begin end setPen setBrush setFont setOpacity setRenderHint drawText drawRoundedRect",
    "QPixmap": "loadFromData scaled",
    "QPen": "setWidth",
    "QFont": "setPixelSize setBold",
    "QFontMetrics": "lineSpacing boundingRect",
    "QRect": "width height",
    "QKeySequence": "toString",
    "QUrl": "fromLocalFile",
    "QDesktopServices": "openUrl",
    "QInputDialog": "setLabelText setTextValue textValue",
    "QFileDialog": "getExistingDirectory getOpenFileName getSaveFileName",
}
#: Class -> slots and invokable functions of Qt's own meta objects (Q_SLOTS, Q_INVOKABLE in Qt's headers).
SLOTS: Dict[str, str] = {
    "QObject": "deleteLater",
    "QWidget": "show hide setVisible setEnabled setFocus setStyleSheet setWindowTitle",
    "QAbstractButton": "click setChecked setIconSize",
    "QLabel": "setText setPixmap",
    "QComboBox": "setCurrentIndex clear",
    "QTimer": "start stop",
    "QProgressBar": "setRange setValue",
    "QDialog": "exec_",
}
#: Class -> what PythonQt adds to it.
ADDED: Dict[str, str] = {
    "QObject": "connect disconnect parent findChildren property setProperty inherits className",
    "QTimer": "singleShot",
}
#: Class -> properties (Q_PROPERTY in Qt's and CTK's headers), which are attributes and no functions.
PROPERTIES: Dict[str, str] = {
    "QObject": "objectName",
    "QWidget": "enabled visible width height font styleSheet focus",
    "QAbstractButton": "text checked",
    "QLabel": "text",
    "QShortcut": "key",
    "ctkCollapsibleButton": "text collapsed",
}
#: Class -> values of its enumerations.
VALUES: Dict[str, str] = {
    "Qt": (
        "AlignCenter AlignLeft AlignTop CrossCursor KeepAspectRatio ShiftModifier SmoothTransformation TabFocus"
        " WA_TransparentForMouseEvents"
    ),
    "QEvent": (
        "Enter FocusIn Hide Leave MouseButtonDblClick MouseButtonPress MouseButtonRelease Resize Shortcut"
        " ShortcutOverride Show"
    ),
    "QFileDialog": "DontConfirmOverwrite",
    "QPainter": "Antialiasing",
    "QSizePolicy": "Fixed Ignored Preferred",
}
#: Signals that are connected, by class.
SIGNALS: Dict[str, str] = {
    "QAbstractButton": "clicked() toggled(bool)",
    "QComboBox": "activated(int)",
    "QTimer": "timeout()",
    "QShortcut": "activated()",
    "qSlicerApplication": "startupCompleted() focusChanged(QWidget*,QWidget*)",
}
#: Classes that are made; wrapped with their constructors by position.
CONSTRUCTED = (
    "QBrush QCheckBox QColor QComboBox QCursor QDesktopServices QFont QFontMetrics QFormLayout QFrame QHBoxLayout"
    " QIcon QInputDialog QKeySequence QLabel QObject QPainter QPen QPixmap QProgressBar QPushButton QSettings"
    " QShortcut QSize QTimer QToolButton QVBoxLayout ctkCollapsibleButton"
)


def names(*classes: str) -> FrozenSet[str]:
    """All names that objects of a class offer; a class is given with those that it inherits from."""
    tables = (WRAPPED, SLOTS, ADDED, PROPERTIES, VALUES)
    return frozenset(name for table in tables for each in classes for name in table.get(each, "").split())
