"""Errors that reach the user of the effect are marked for translators, and formatted after they were translated."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Iterator, List

import pytest

from SPASegmentLib import errors

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "SPASegmentLib"
PLACES = (
    "interaction", "lattice.py", "model/weights.py", "mrml", "mrml/io", "output.py", "viewer",
    "../SPASegment/SegmentEditorSPALib",
)  # fmt: skip
FILES = sorted(
    path
    for place in PLACES
    for path in ([LIBRARY / place] if place.endswith(".py") else (LIBRARY / place).glob("*.py"))
    # A study is in English for everybody.
    if not (place == "viewer" and path.name.startswith("study"))
)
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.SPAError)}


def problems(source: str) -> Iterator[str]:
    """What a translator would miss, as "line: problem"."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if is_name(node.func, ERRORS) and not is_marked(node.args[0]):
            yield f"{node.lineno}: an error without _()"
        if is_name(node.func, {"_"}) and not (isinstance(node.args[0], ast.Constant) and len(node.args) == 1):
            yield f"{node.lineno}: _() takes one plain text, since translators look it up as it is"
        if is_format(node) and isinstance(node.func.value, ast.Call) and is_name(node.func.value.func, {"_"}):
            text = ast.literal_eval(node.func.value.args[0])
            places = {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
            if places != {keyword.arg for keyword in node.keywords}:
                yield f"{node.lineno}: the placeholders {sorted(places)} do not match what is filled in"


def is_name(node: ast.AST, names: set) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def is_format(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def is_marked(text: ast.AST) -> bool:
    """Whether a text is made by `_`, or elsewhere: handed in, or by a function that is looked at itself."""
    if is_format(text):
        text = text.func.value
    if isinstance(text, ast.Call):
        return is_name(text.func, {"_"}) or isinstance(text.func, ast.Attribute) and is_name(text.func.value, {"self"})
    if isinstance(text, ast.IfExp):
        return is_marked(text.body) and is_marked(text.orelse)
    return isinstance(text, ast.Name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_errors_are_translated(path: Path) -> None:
    assert not list(problems(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise InputError("Click again.")', ["1: an error without _()"]),
        ('raise StateError(f"There are {n} rounds.")', ["1: an error without _()"]),
        ('raise OutputError("No {x}".format(x=x))', ["1: an error without _()"]),
        ('raise OutputError("No " + x)', ["1: an error without _()"]),
        ('raise InputError(_("a") if x else "b")', ["1: an error without _()"]),
        ('raise InputError(_(f"No {x}"))', ["1: _() takes one plain text, since translators look it up as it is"]),
        ('x = _("No {x}").format(y=1)', ["1: the placeholders ['x'] do not match what is filled in"]),
        ('raise InputError(_("No {x:.1f} of {y!r}").format(x=1, y=2))', []),
        ("raise ValueError('for programmers')", []),
    ],
)
def test_the_search_finds(source: str, found: List[str]) -> None:
    assert list(problems(source)) == found


def test_the_search_looks_at_something() -> None:
    assert {"InputError", "StateError", "OutputError", "WeightsError"} <= ERRORS and len(FILES) > 50
