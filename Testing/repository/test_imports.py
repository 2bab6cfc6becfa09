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
VIEWER = "SPASegmentLib.viewer"
#: Folder -> what no file in it may import; library packages are written with their full name.
FORBIDDEN = {
    "model": TOOLKITS | VIEWS | {"SPASegmentLib.interaction", "SPASegmentLib.mrml", VIEWER},
    "interaction": TOOLKITS | VIEWS | {"SPASegmentLib.mrml", VIEWER},
    "data": TOOLKITS | VIEWS | {"SPASegmentLib.mrml", VIEWER},
    "mrml": TOOLKITS | {VIEWER},
    "commands": TOOLKITS,
    "research/data": TOOLKITS | VIEWS | {"SPASegmentLib.mrml", "SPASegmentLib.research.training"},
    "research/training": TOOLKITS | VIEWS | {"SPASegmentLib.mrml", "SPASegmentLib.research.evaluation"},
    "research/evaluation": TOOLKITS | VIEWS | {"SPASegmentLib.mrml"},
    "research/benchmark": TOOLKITS,
    "research/study": TOOLKITS | VIEWS | {"SPASegmentLib.mrml"},
}
#: Read files with NumPy alone, and pictures with Pillow; research takes what users have by the same rules.
READERS = tuple(f"SPASegmentLib.mrml.io.{name}" for name in ("volumes", "masks", "picture", "voxels"))
#: What runs in front of a user; research uses it, never the other way round.
PRODUCT = ("model", "interaction", "data", "mrml", "viewer", "commands", "../SPASegment")
#: The layers that run inside 3D Slicer use no more than this.
RUN_TIME = {
    "PIL", "SPASegmentLib", "numpy", "onnxruntime", "pydicom", "safetensors", "scipy", "segment_anything", "torch",
}  # fmt: skip


def imports(path: Path) -> Set[str]:
    """All modules that a file imports anywhere, `from a import b` as "a" and "a.b"."""
    names: Set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or "SPASegment/" in path.as_posix(), f"{path}: the library imports by full names"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def files(layer: str) -> Iterator[Tuple[str, Set[str]]]:
    paths = sorted((LIBRARY / layer).rglob("*.py"))
    assert paths, f"there is no layer {layer}"
    for path in paths:
        yield f"{layer}/{path.name}", imports(path)


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_no_layer_imports_what_lies_above_it(layer: str) -> None:
    found = [(f, n) for f, names in files(layer) for n in names for bad in FORBIDDEN[layer] if within(n, bad)]
    readers = READERS if layer == "research/data" else ()
    assert not [(file, name) for file, name in found if not any(within(name, reader) for reader in readers)]


@pytest.mark.parametrize("layer", ["model", "interaction", "mrml"])
def test_layers_inside_slicer_need_only_the_run_time_list(layer: str) -> None:
    allowed = RUN_TIME | (VIEWS if layer == "mrml" else set()) | set(sys.stdlib_module_names)
    found = [(f, n) for f, names in files(layer) for n in names if n.split(".")[0] not in allowed]
    assert not found


@pytest.mark.parametrize("layer", [layer for layer in PRODUCT if layer != "model"])
def test_nothing_above_the_model_knows_what_runs_it(layer: str) -> None:
    runtimes = ("torch", "onnxruntime", "safetensors", "segment_anything")
    found = [(f, n) for f, names in files(layer) for n in names for bad in runtimes if within(n, bad)]
    assert not found


@pytest.mark.parametrize("layer", PRODUCT)
def test_the_product_does_not_import_research(layer: str) -> None:
    found = [(f, n) for f, names in files(layer) for n in names if within(n, "SPASegmentLib.research")]
    assert not found


@pytest.mark.parametrize("layer", ["model", "interaction", "data", "mrml"])
def test_layers_do_not_import_commands(layer: str) -> None:
    found = [(f, n) for f, names in files(layer) for n in names if within(n, "SPASegmentLib.commands")]
    assert not found


def loaded_by(statement: str) -> Set[str]:
    """Names of the top-level modules in a fresh interpreter after a statement."""
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=LIBRARY.parent)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["interaction.session", "model.use", "model.weights", "model.onnx_network", "mrml.controller"]
)
def test_what_slicer_uses_loads_no_torch(module: str) -> None:
    assert "torch" not in loaded_by(f"import SPASegmentLib.{module}")


@pytest.mark.parametrize("statement", ["import SPASegmentLib", "import SPASegmentLib.errors"])
def test_importing_the_package_loads_no_torch_and_no_slicer(statement: str) -> None:
    assert not loaded_by(statement) & {"numpy", "scipy", "slicer", "torch", "vtk"}


#: What SPA does when Slicer starts, where Slicer has not imported NumPy before, as from version 5.13 on
#: (Base/Python/slicer/__init__.py); vtk imports its parts when they are asked for.
START_UP = """
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock
sys.path.append("SPASegment")
for name in ("qt", "ctk", "vtk", "slicer"):
    sys.modules[name] = MagicMock()
sys.modules["slicer.i18n"] = None
bases = ("ScriptedLoadableModule", "ScriptedLoadableModuleWidget", "ScriptedLoadableModuleTest")
sys.modules["slicer.ScriptedLoadableModule"] = SimpleNamespace(**{name: type(name, (), {}) for name in bases})
effect = type("Effect", (), {"__init__": lambda self, scripted: None})
sys.modules["SegmentEditorEffects"] = SimpleNamespace(AbstractScriptedSegmentEditorEffect=effect)
import SPASegment, SegmentEditorSPALib, SegmentEditorSPALib.SampleData
SegmentEditorSPALib.SegmentEditorEffect(MagicMock())
"""


def test_slicer_starts_without_numpy() -> None:
    """It is imported with the first volume or click; on Windows that takes more than a second."""
    assert not loaded_by(f"exec({START_UP!r})") & {"numpy", "onnxruntime", "scipy", "torch"}


def test_readers_of_files_need_numpy_alone() -> None:
    assert not loaded_by(f"import {', '.join(READERS)}") & {"PIL", "pydicom", "scipy", "slicer", "torch", "vtk"}


def test_importing_the_command_line_loads_no_torch_and_no_slicer() -> None:
    assert not loaded_by("import SPASegmentLib.cli") & {"matplotlib", "scipy", "slicer", "torch", "vtk"}
