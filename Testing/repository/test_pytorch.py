"""A PyTorch that is there and does not work ends in words, on the command line and for a library's user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

ASK = """
from SPASegmentLib import pytorch
from SPASegmentLib.errors import DependencyError
before = pytorch.is_installed()
for _ in range(2):
    try:
        pytorch.require_torch()
        print("works")
    except DependencyError as error:
        print(error)
print(before, pytorch.is_installed())
"""

NO_BRIDGE = """
import sys, warnings
warnings.simplefilter("ignore")
sys.modules["numpy"] = None
import torch
try:
    torch.zeros(1).numpy()
except Exception:
    pass
for name in [n for n in sys.modules if n == "numpy" or n.startswith("numpy.")]:
    del sys.modules[name]
"""


def ask(code: str, *path: Path) -> Tuple[str, ...]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*path, ROOT)))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return tuple(done.stdout.splitlines())


@pytest.mark.parametrize(
    "line",
    [
        'raise ImportError("libcudart.so.11.0: cannot open shared object file")',
        'raise OSError("libtorch_cpu.so: undefined symbol")',
        'raise RuntimeError("a line\\nand another one")',
        "import no_such_part_of_torch",
        "raise SystemError",
    ],
)
def test_a_pytorch_that_cannot_be_imported(tmp_path: Path, line: str) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(f"{line}\n")
    first, second, installed = ask(ASK, tmp_path)
    assert first == second, "a failed import is not tried twice"
    assert first.startswith("PyTorch is installed but cannot be imported (") and "install it again" in first
    assert installed == "True False"


#: As on a machine that has none.
WITHOUT = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else find(name, *rest)
sys.modules["torch"] = None
"""


def test_a_machine_without_pytorch() -> None:
    first, _, installed = ask(WITHOUT + ASK)
    assert first == "PyTorch is not installed; install it, as pytorch.org says."
    assert installed == "False False"


#: As after an uninstallation that could not delete files in use: Python imports the folder, and nothing is in it.
LEFT = """
import importlib.machinery, sys
class Left:
    def find_spec(self, name, path=None, target=None):
        if name == GONE:
            return importlib.machinery.PathFinder.find_spec(name, [FOLDER])
sys.meta_path.insert(0, Left())
"""


def test_a_folder_that_is_left_of_pytorch_is_none(tmp_path: Path) -> None:
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    left = f"GONE, FOLDER = 'torch', {str(tmp_path)!r}\n{LEFT}"
    first, second, installed = ask(left + ASK)
    assert first == second == "PyTorch is not installed; install it, as pytorch.org says."
    assert installed == "False False"
    click = "from SPASegmentLib.model import use; print(use.load().runtime)"
    assert ask(left + click) == ("onnx",)


def test_where_a_folder_is_left_of_onnx_runtime_pytorch_runs_the_weights(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime" / "capi").mkdir(parents=True)
    left = f"GONE, FOLDER = 'onnxruntime', {str(tmp_path)!r}\n{LEFT}"
    assert ask(left + "from SPASegmentLib.model import use; print(use.load(device='cpu').runtime)") == ("torch",)


def test_bundled_weights_without_pytorch() -> None:
    """By the address that scripts have known from the first version on."""
    code = "from SPASegmentLib.model.weights import load_default; print(type(load_default().network).__name__)"
    assert ask(WITHOUT + code) == ("OnnxNetwork",)
    assert ask(code) == ("SPANetwork",)


def test_a_pytorch_that_does_not_fit_numpy() -> None:
    code = NO_BRIDGE + ASK
    first, second, _ = ask(code)
    assert first == second
    assert first.startswith("PyTorch ") and "does not work with NumPy" in first and first.endswith("an older NumPy.")


def test_a_pytorch_that_works() -> None:
    assert ask(ASK) == ("works", "works", "True True")


def test_commands_say_so(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so')\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    code = "from SPASegmentLib.cli import main; main()"
    commands = (
        ["demo", "--output", tmp_path / "demo"], ["segment", "x.nrrd", "--click=0,0,0", "--output", "a.nrrd"],
        ["train", "x.yaml", "--data", "."], ["evaluate", "lidc", "--npz", "x.npz"], ["results", "--npz", "x.npz"],
    )  # fmt: skip
    for command in commands:
        words = [sys.executable, "-c", code, *map(str, command)]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert done.returncode == 2, (command, done.stderr)
        assert done.stderr.startswith("Error: PyTorch is installed but cannot be imported"), (command, done.stderr)
        assert len(done.stderr.splitlines()) == 1
