"""What SPA needs beside Slicer's own packages, asked for and installed at the moment of need."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from typing import Dict, Iterable, List

import slicer

from SPASegmentLib.pytorch import is_installed

from .Translate import tr as _

#: Import names and the requirement of each: what every session needs ...
PACKAGES = {"scipy": "scipy>=1.10"}
#: ... what networks need on top ...
NETWORK_PACKAGES = {"onnxruntime": "onnxruntime>=1.17", "safetensors": "safetensors>=0.4"}
#: ... and what goes with PyTorch, which comes from the PyTorch extension and is for NVIDIA cards and other weights.
TORCH_PACKAGES = {"safetensors": "safetensors>=0.4", "segment_anything": "segment-anything>=1.0"}
TORCH = ">=2.2"
#: What is downloaded at most for a package, in MB, from PyPI's wheels for the systems that Slicer runs on.
_MEGABYTES = {"scipy": 40, "onnxruntime": 30, "safetensors": 1, "segment_anything": 1}


def has_torch() -> bool:
    """Whether PyTorch is installed, and has not failed to work."""
    return is_installed()


def has_runtime() -> bool:
    """Whether everything that runs a network is installed."""
    return not _absent(_for_networks())


def missing(with_network: bool = True) -> List[str]:
    """Import names of packages that are not installed; without a network fewer are needed."""
    return _absent({**PACKAGES, **(_for_networks() if with_network else {})})


def _for_networks() -> Dict[str, str]:
    """ONNX Runtime, or what goes with a PyTorch that is there already."""
    if not has_torch():
        return NETWORK_PACKAGES
    return {**NETWORK_PACKAGES, **TORCH_PACKAGES} if _absent(TORCH_PACKAGES) else TORCH_PACKAGES


def _absent(packages: Iterable[str]) -> List[str]:
    return [name for name in packages if importlib.util.find_spec(name) is None]


def ensure(with_network: bool = True) -> str:
    """Ask for what is missing and install it.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    names = missing(with_network)
    if not names:
        return ""
    if slicer.app.testingEnabled():
        lacking = _("These Python packages are missing: {names}. PyTorch is not needed.")
        return lacking.format(names=", ".join(names))
    problem = _install(names)
    if problem:
        return problem
    importlib.invalidate_caches()
    left = missing(with_network)
    if left:
        return _("Restart Slicer to finish the installation of {names}.").format(names=", ".join(left))
    return ""


def install_torch() -> str:
    """Install PyTorch, which computes on NVIDIA cards, through the PyTorch extension, and what SPA needs beside it.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    if slicer.app.testingEnabled():
        return _("PyTorch is not installed while tests run.")
    problem = "" if has_torch() else _install_torch()
    return problem or ensure()


def _install_torch() -> str:
    try:
        import PyTorchUtils
    except ModuleNotFoundError:
        return _("First install the extension PyTorch with the Extensions Manager, and restart Slicer.")
    try:
        torch = PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=TORCH)
    except Exception:
        logging.exception("SPA")
        return _failed()
    return "" if torch is not None else _("PyTorch was not installed; SPA goes on without it.")


def _install(names: List[str]) -> str:
    """Ask once, naming what it is, how much and from where; then install without a restart."""
    requirements = [{**PACKAGES, **NETWORK_PACKAGES, **TORCH_PACKAGES}[name] for name in names]
    question = _(
        "SPA needs these Python packages: {names}.\n\nThey are downloaded once from the Python Package Index"
        " (PyPI), at most {size} MB, and installed into Slicer. Nothing of your data is sent. Install them now?"
    ).format(names=", ".join(requirements), size=sum(_MEGABYTES[name] for name in names))
    if not slicer.util.confirmOkCancelDisplay(question):
        return _("Nothing was installed; click again when you want to install what SPA needs.")
    try:
        try:
            import slicer.packaging as packaging
        except ModuleNotFoundError:
            slicer.util.pip_install(requirements)  # before Slicer 5.12
        else:
            packaging.pip_ensure(requirements, prompt_install=False, requester="SPA")
    except Exception:
        logging.exception("SPA")
        return _failed()
    return ""


def _failed() -> str:
    return _("The installation failed; check connection, proxy, disk space and rights, and see the Python console.")
