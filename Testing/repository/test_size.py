"""One job a class: none is longer than what can be read at once."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 300


def test_no_class_has_over_300_lines() -> None:
    paths = [path for folder in ("SPASegment", "SPASegmentLib") for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 200
    lines = {
        f"{path.relative_to(ROOT)}: {node.name}": node.end_lineno - node.lineno + 1
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.end_lineno is not None
    }
    assert max(lines.values()) > 100
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
