"""Networks for use: the one place where it is decided whether PyTorch or ONNX Runtime runs them.

PyTorch does where it is installed and a usable CUDA device is there, or where the weights have no ONNX form; ONNX
Runtime does otherwise. Nothing above this layer knows which one it is.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from SPASegmentLib import packages, pytorch
from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import DEFAULT_NAME, ModelCard, bundled, card_file, read_card
from SPASegmentLib.model.onnx_graphs import GRAPHS, graph_file
from SPASegmentLib.model.onnx_network import OnnxNetwork
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: What a user can say.
RUNTIMES = ("auto", "onnx", "torch")


@dataclass(frozen=True)
class Loaded:
    """A network ready for use.

    Attributes:
        network: see `runtime.Network`.
        card: of its weights.
        runtime: "onnx" or "torch".
        device: "cpu" or "cuda".
    """

    network: Network
    card: ModelCard
    runtime: str
    device: str


def load(path: Optional[Path] = None, device: str = "auto", runtime: str = "auto") -> Loaded:
    """A network from a weights file, ready to draw masks.

    Args:
        path: the .safetensors file; None for the bundled one.
        device: "auto" takes CUDA where there is one, "cpu" or "cuda"; CUDA falls back to the processor.
        runtime: of `RUNTIMES`.

    Raises:
        WeightsError: a file is missing or damaged, or the weights have no ONNX form and PyTorch is not wanted.
        DependencyError: what is to run it is missing or broken.
        InputError: there is no such runtime.
    """
    path = bundled() if path is None else Path(path)
    card = read_card(card_file(path))
    if chosen_runtime(path, card, device, runtime) == "onnx":
        return Loaded(OnnxNetwork(path, card), card, "onnx", "cpu")
    pytorch.require_torch()
    from SPASegmentLib.model import weights
    from SPASegmentLib.model.device import cuda_works

    device = "cuda" if device != "cpu" and cuda_works() else "cpu"
    found = weights.load_for_use(path, device)
    return Loaded(found.network, found.card, "torch", device)


def load_default(name: str = DEFAULT_NAME, device: str = "auto", runtime: str = "auto") -> Loaded:
    """The bundled weights of this name, ready to draw masks; see `load`."""
    return load(bundled(name), device, runtime)


def chosen_runtime(path: Path, card: ModelCard, device: str = "auto", runtime: str = "auto") -> str:
    """Which of "onnx" and "torch" runs the weights of this file and card.

    Raises:
        InputError: there is no such runtime.
        DependencyError: PyTorch is installed but cannot be imported.
    """
    if runtime not in RUNTIMES:
        raise InputError(
            _("There is no runtime {runtime!r}; there are {known}.").format(runtime=runtime, known=", ".join(RUNTIMES))
        )
    if runtime != "auto":
        return runtime
    if not card.onnx or (device != "cpu" and cuda_is_usable()):
        return "torch"
    # Graphs that were left behind where the weights come from, or no ONNX Runtime: PyTorch does where it is there.
    whole = all(graph_file(path, name).exists() for name in GRAPHS)
    if pytorch.is_installed() and not (whole and packages.is_installed("onnxruntime")):
        return "torch"
    return "onnx"


def cuda_is_usable() -> bool:
    """Whether PyTorch is here with CUDA, and a device for it; PyTorch is imported only if it may be so.

    Raises:
        DependencyError: PyTorch is installed, and it takes an import to know, which fails.
    """
    if "torch" not in sys.modules and not _may_have_cuda():
        return False
    pytorch.require_torch()
    from SPASegmentLib.model.device import cuda_works

    return cuda_works()


def _may_have_cuda() -> bool:
    """Whether the PyTorch that is installed was built with CUDA, by a file that every build has, and a driver is there.

    A PyTorch without that file is damaged, or of a kind that is not known; an import will tell.
    """
    spec = importlib.util.find_spec("torch") if pytorch.is_installed() else None
    if spec is None or not spec.submodule_search_locations:
        return False
    try:
        text = (Path(next(iter(spec.submodule_search_locations))) / "version.py").read_text(encoding="utf-8")
    except OSError:
        return True
    built = re.search(r"^cuda\b[^=]*=\s*['\"]", text, re.MULTILINE) is not None
    return built and shutil.which("nvidia-smi") is not None
