"""Imports go downwards only, and importing the package loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Set, Tuple

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "SPASegmentLib"

TOOLKITS = {"PythonQt", "PySide6", "ctk", "qt", "trame", "trame_slicer"}
VIEWS = {"slicer", "slicer_core", "vtk", "vtkmodules"}
#: Folder -> what no file in it may import; library packages are written with their full name.
FORBIDDEN = {
    "model": TOOLKITS | VIEWS | {"SPASegmentLib.interaction", "SPASegmentLib.mrml"},
    "interaction": TOOLKITS | VIEWS | {"SPASegmentLib.mrml"},
    "mrml": TOOLKITS,
    "data": TOOLKITS | VIEWS | {"SPASegmentLib.mrml", "SPASegmentLib.training", "SPASegmentLib.evaluation"},
    "training": TOOLKITS | VIEWS | {"SPASegmentLib.mrml"},
    "evaluation": TOOLKITS | VIEWS | {"SPASegmentLib.mrml"},
    "benchmark": TOOLKITS,
    "commands": TOOLKITS,
}
RESEARCH = {
    "SPASegmentLib.training", "SPASegmentLib.evaluation", "SPASegmentLib.data", "SPASegmentLib.benchmark",
    "SPASegmentLib.commands",
}  # fmt: skip
#: The layers that run inside 3D Slicer use no more than this.
RUN_TIME = {"SPASegmentLib", "numpy", "safetensors", "scipy", "segment_anything", "torch"}


def imports(path: Path) -> Set[str]:
    """All modules that a file imports anywhere, `from a import b` as "a" and "a.b"."""
    names: Set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: the library imports by full names"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def files(layer: str) -> Iterator[Tuple[str, Set[str]]]:
    for path in sorted((LIBRARY / layer).rglob("*.py")):
        yield path.relative_to(LIBRARY).as_posix(), imports(path)


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_no_layer_imports_what_lies_above_it(layer: str) -> None:
    found = [(f, n) for f, names in files(layer) for n in names for bad in FORBIDDEN[layer] if within(n, bad)]
    assert not found


@pytest.mark.parametrize("layer", ["model", "interaction", "mrml"])
def test_layers_inside_slicer_need_only_the_run_time_list(layer: str) -> None:
    allowed = RUN_TIME | (VIEWS if layer == "mrml" else set()) | set(sys.stdlib_module_names)
    found = [(f, n) for f, names in files(layer) for n in names if n.split(".")[0] not in allowed]
    assert not found


@pytest.mark.parametrize("layer", ["model", "interaction", "mrml"])
def test_layers_inside_slicer_do_not_import_training_or_commands(layer: str) -> None:
    found = [(f, n) for f, names in files(layer) for n in names for bad in RESEARCH if within(n, bad)]
    assert not found


def loaded_by(statement: str) -> Set[str]:
    """Names of the top-level modules in a fresh interpreter after a statement."""
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=LIBRARY.parent)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import SPASegmentLib", "import SPASegmentLib.errors"])
def test_importing_the_package_loads_no_torch_and_no_slicer(statement: str) -> None:
    assert not loaded_by(statement) & {"numpy", "scipy", "slicer", "torch", "vtk"}


def test_importing_the_command_line_loads_no_torch_and_no_slicer() -> None:
    assert not loaded_by("import SPASegmentLib.cli") & {"matplotlib", "scipy", "slicer", "torch", "vtk"}
