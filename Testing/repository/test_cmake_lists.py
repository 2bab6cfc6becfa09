"""What 3D Slicer's build installs is what its CMake lists name: a file left out works from a checkout only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parents[2]

#: Slicer gets neither research nor the name that its trainings had before.
LEFT_OUT = ("research/", "training/")


def listed(cmake_file: str, variable: str, **values: str) -> List[str]:
    """The entries of one `set(VARIABLE ...)`, with ${...} replaced by the values given."""
    text = (ROOT / cmake_file).read_text()
    match = re.search(rf"set\({variable}\s+(.*?)\)", text, re.DOTALL)
    assert match is not None, f"{cmake_file} has no {variable}"
    entries = match.group(1).split()
    return [re.sub(r"\$\{(\w+)\}", lambda found: values[found.group(1)], entry) for entry in entries]


def in_tree(folder: str, pattern: str) -> List[str]:
    base = ROOT / folder
    found = (p.relative_to(base).as_posix() for p in base.rglob(pattern) if "__pycache__" not in p.parts)
    return sorted(found)


def assert_same(cmake_file: str, listing: List[str], tree: List[str]) -> None:
    assert sorted(listing) == tree, f"the list in {cmake_file} should read:\n  " + "\n  ".join(tree)


def test_library_scripts() -> None:
    listing = listed("SPASegmentLib/CMakeLists.txt", "SPASegmentLib_PYTHON_SCRIPTS")
    product = [f for f in in_tree("SPASegmentLib", "*.py") if not f.startswith(LEFT_OUT)]
    assert_same("SPASegmentLib/CMakeLists.txt", listing, product)


def test_library_resources() -> None:
    listing = listed("SPASegmentLib/CMakeLists.txt", "SPASegmentLib_PYTHON_RESOURCES")
    listed_elsewhere = (*LEFT_OUT, "CMakeLists.txt")
    other = [f for f in in_tree("SPASegmentLib", "*.*") if not f.endswith(".py") and not f.startswith(listed_elsewhere)]
    assert_same("SPASegmentLib/CMakeLists.txt", listing, other)


def test_bundled_weights() -> None:
    listing = listed("SPASegmentLib/CMakeLists.txt", "SPASegmentLib_MODELS")
    assert_same("SPASegmentLib/CMakeLists.txt", listing, in_tree("Resources/Models", "*.*"))


def test_module_scripts() -> None:
    listing = listed("SPASegment/CMakeLists.txt", "MODULE_PYTHON_SCRIPTS", MODULE_NAME="SPASegment")
    assert_same("SPASegment/CMakeLists.txt", listing, in_tree("SPASegment", "*.py"))


def test_module_resources() -> None:
    listing = listed("SPASegment/CMakeLists.txt", "MODULE_PYTHON_RESOURCES", MODULE_NAME="SPASegment")
    tree = [f for f in in_tree("SPASegment", "*.*") if not f.endswith(".py") and f != "CMakeLists.txt"]
    assert_same("SPASegment/CMakeLists.txt", listing, tree)
