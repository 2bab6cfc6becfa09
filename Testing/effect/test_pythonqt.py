"""What the effect and the module ask of Qt is what was looked up in PythonQt's sources, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest

FILES = sorted((Path(__file__).resolve().parents[2] / "SPASegment").rglob("*.py"))
#: Results that PythonQt cannot hand to Python, whichever object is asked.
UNKNOWN_RESULTS = {"fontMetrics", "fontInfo"}
#: What classes inherit from, where their own name does not say it.
BASES: Dict[str, Tuple[str, ...]] = {
    "QPushButton": ("QAbstractButton", "QWidget", "QObject"), "QToolButton": ("QAbstractButton", "QWidget", "QObject"),
    "QCheckBox": ("QAbstractButton", "QWidget", "QObject"), "QLabel": ("QWidget", "QObject"),
    "QFrame": ("QWidget", "QObject"), "QComboBox": ("QWidget", "QObject"), "QProgressBar": ("QWidget", "QObject"),
    "QInputDialog": ("QDialog", "QWidget", "QObject"), "QTimer": ("QObject",), "QShortcut": ("QObject",),
    "ctkCollapsibleButton": ("QWidget", "QObject"), "QVBoxLayout": ("QBoxLayout", "QLayout"),
    "QHBoxLayout": ("QBoxLayout", "QLayout"), "QFormLayout": ("QLayout",), "QApplication": ("QGuiApplication",),
}


#: What objects are that functions are handed.
NAMED = {"painter": "QPainter", "pixmap": "QPixmap", "pen": "QPen", "font": "QFont", "event": "QEvent"}


@pytest.fixture
def table() -> Any:
    from slicerhost import pythonqt

    return pythonqt


def trees() -> Iterator[Tuple[str, ast.Module]]:
    for path in FILES:
        yield path.name, ast.parse(path.read_text(encoding="utf-8"))


def qt_class(node: ast.AST) -> str:
    """The class that a call like `qt.QFont(...)` makes an object of, else nothing."""
    if isinstance(node, ast.Call):
        return qt_class(node.func)
    owner = node.value if isinstance(node, ast.Attribute) else None
    known = isinstance(node, ast.Attribute) and isinstance(owner, ast.Name) and owner.id in ("qt", "ctk")
    return node.attr if known and isinstance(node, ast.Attribute) else ""


def members(tree: ast.AST) -> Iterator[Tuple[str, str, int]]:
    """Class, name and line of what is asked of qt and ctk themselves, and of objects that are made of their classes."""
    for scope in ast.walk(tree):
        made: Dict[str, str] = {}
        if isinstance(scope, (ast.FunctionDef, ast.ClassDef)):
            for node in ast.walk(scope):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and qt_class(node.value):
                    made.update({ast.unparse(target): qt_class(node.value) for target in node.targets})
        for node in ast.walk(scope) if made else ():
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in made:
                yield made[ast.unparse(node.value)], node.attr, node.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            cls = qt_class(node.value) or NAMED.get(ast.unparse(node.value).split(".")[-1], "")
            if cls:
                yield cls, node.attr, node.lineno


def test_everything_asked_of_qt_was_looked_up(table: Any) -> None:
    found: List[str] = []
    seen: Set[Tuple[str, str]] = set()
    for name, tree in trees():
        for cls, member, line in members(tree):
            seen.add((cls, member))
            if member not in table.names(cls, *BASES.get(cls, ())) and not member.startswith("__"):
                found.append(f"{name}:{line} {cls}.{member}")
    assert not found, "look it up in PythonQt's sources, then add it to slicerhost/pythonqt.py"
    assert {("QPainter", "drawText"), ("QFontMetrics", "lineSpacing"), ("QTimer", "setInterval")} <= seen


def test_objects_are_made_of_wrapped_classes_and_by_position(table: Any) -> None:
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            cls = qt_class(node.func)
            assert not cls or cls in table.CONSTRUCTED.split(), f"{name}:{node.lineno} {cls}"
            if cls or qt_class(node.func.value):
                assert not node.keywords, f"{name}:{node.lineno}: PythonQt knows no keywords"
            assert node.func.attr not in UNKNOWN_RESULTS, f"{name}:{node.lineno}: PythonQt cannot return it"


def test_signals_are_those_of_qt(table: Any) -> None:
    known = {signal for signals in table.SIGNALS.values() for signal in signals.split()}
    seen = set()
    for name, tree in trees():
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            # A signal and what it calls; other things of SPA connect, too.
            if isinstance(called, ast.Attribute) and called.attr == "connect" and len(node.args) == 2:
                assert isinstance(node.args[0], ast.Constant), f"{name}:{node.lineno}"
                seen.add(node.args[0].value)
    assert seen == known


def test_the_table_says_no_more_than_is_used(table: Any) -> None:
    """Else nobody knows what was looked up for what."""
    used = {node.attr for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for kind in (table.WRAPPED, table.SLOTS, table.ADDED, table.PROPERTIES, table.VALUES):
        unused = {f"{cls}.{name}" for cls, names in kind.items() for name in names.split() if name not in used}
        assert not unused


def test_the_stand_in_refuses_what_pythonqt_refuses(host: Any) -> None:
    """Asked as the product asks: from a module of its name."""
    from slicerhost import qt

    label = qt.QLabel("a text")
    asked = {"__name__": "SegmentEditorSPALib.Anything", "label": label, "qt": qt}
    assert eval("label.text", asked) == "a text" and eval("qt.QFontMetrics(label.font).lineSpacing()", asked) > 0
    for refused, error in (
        ("label.fontMetrics()", AttributeError), ("label.text()", TypeError), ("label.isVisible()", AttributeError),
        ("label.pos", AttributeError), ("qt.QLabel(text='a')", TypeError), ("label.font()", TypeError),
        ("label.connect('changed()', print)", AttributeError),
    ):
        with pytest.raises(error):
            eval(refused, asked)
