"""`pip install .` gives what a user needs; what only research or the viewer needs is an extra, and is named."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import List, Set

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "SPASegmentLib"

#: What a package is called where it is installed, if not as where it is imported.
DISTRIBUTIONS = {
    "PIL": "pillow", "nrrd": "pynrrd", "segment_anything": "segment-anything", "sklearn": "scikit-learn",
    "slicer": "slicer-core", "trame": "trame-slicer", "trame_client": "trame-slicer", "trame_slicer": "trame-slicer",
    "vtk": "slicer-core", "vtkmodules": "slicer-core", "yaml": "pyyaml",
}  # fmt: skip


def declared(*extras: str) -> Set[str]:
    """What `pip install .` brings, with some extras."""
    text = (LIBRARY.parent / "pyproject.toml").read_text()
    needed = re.search(r"^dependencies = \[(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    lists = [needed.group(1) if needed else ""]
    for extra in extras:
        found = re.search(rf"^{extra} = \[(.*?)\]\n", text, re.DOTALL | re.MULTILINE)
        assert found is not None, extra
        lists.append(found.group(1))
    return {name.lower() for part in lists for name in re.findall(r'"([A-Za-z0-9_\-]+)[\[>"]', part)}


def imported(path: Path) -> Set[str]:
    """All modules that a file imports anywhere."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)} - {""}


def third_party(layer: str) -> Set[str]:
    """What a layer imports that is neither Python's nor ours, by the names of the packages to install."""
    own = {"SPASegmentLib", "LayerDMLib", *sys.stdlib_module_names}
    tops = {name.split(".")[0] for path in (LIBRARY / layer).rglob("*.py") for name in imported(path)} - own
    return {DISTRIBUTIONS.get(top, top) for top in tops}


@pytest.mark.parametrize("layer", ["interaction", "data", "mrml", "commands"])
def test_the_product_needs_no_extra(layer: str) -> None:
    assert third_party(layer) <= declared()


def test_networks_need_pytorch_where_onnx_runtime_will_not_do() -> None:
    assert third_party("model") <= declared("torch")
    assert not {"torch", "segment-anything"} & declared()


def test_the_viewer_needs_its_own_extra_only() -> None:
    assert third_party("viewer") <= declared("viewer") | {"slicer-core"}


@pytest.mark.parametrize("layer", ["data", "training", "evaluation", "benchmark", "commands"])
def test_research_needs_the_training_extra_only(layer: str) -> None:
    assert third_party(f"research/{layer}") <= declared("torch", "train")


def test_extras_hold_nothing_that_everybody_gets() -> None:
    research = {"matplotlib", "scikit-learn", "threadpoolctl", "monai", "nibabel", "pydantic", "pyyaml"}
    assert not {*research, "pynrrd"} & declared()


WITHOUT_EXTRAS = """
import sys
missing = {"matplotlib", "monai", "nibabel", "nrrd", "sklearn", "threadpoolctl", "yaml"}
# Typer may need pydantic itself.
missing |= {"aiohttp", "trame", "trame_slicer"}
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
from SPASegmentLib.cli import main
"""


def without_extras(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in an installation without extras."""
    words = [sys.executable, "-c", WITHOUT_EXTRAS + code, *arguments]
    return subprocess.run(words, capture_output=True, text=True, cwd=LIBRARY.parent)


def test_the_product_works_without_extras() -> None:
    code = """
import importlib, pkgutil, SPASegmentLib
for part in ("model", "interaction", "data", "mrml", "commands"):
    package = importlib.import_module(f"SPASegmentLib.{part}")
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
"""
    done = without_extras(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train", "x.yaml", "--data", "."], "train"),
        (["hold-out", "x.yaml", "--data", "."], "train"),
        (["benchmark", "accuracy", "--npz", "x.npz"], "train"),
        (["viewer"], "viewer"),
    ],
)
def test_a_command_without_its_extra_names_it(arguments: List[str], extra: str) -> None:
    done = without_extras("main()", *arguments)
    assert done.returncode == 2, done.stderr
    assert f'pip install "spa-segment[{extra}]"' in done.stderr
    assert len(done.stderr.splitlines()) == 1
