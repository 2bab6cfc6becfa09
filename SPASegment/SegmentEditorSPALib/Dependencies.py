"""What SPA needs beside Slicer's own packages, asked for and installed at the moment of need."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from typing import List

import slicer

from SPASegmentLib.pytorch import is_installed

from .Translate import tr as _

#: Import names and the requirement of each: what every session needs ...
PACKAGES = {"scipy": "scipy>=1.10"}
#: ... and what networks need on top; torch comes from the PyTorch extension.
NETWORK_PACKAGES = {
    "safetensors": "safetensors>=0.4",
    "segment_anything": "segment-anything>=1.0",
}
TORCH = ">=2.2"


def has_torch() -> bool:
    """Whether PyTorch is installed, and has not failed to work."""
    return is_installed()


def missing(with_network: bool = True) -> List[str]:
    """Import names of packages that are not installed, torch first; without a network fewer are needed."""
    names = ["torch", *PACKAGES, *NETWORK_PACKAGES] if with_network else [*PACKAGES]
    return [name for name in names if importlib.util.find_spec(name) is None]


def ensure(with_network: bool = True) -> str:
    """Ask for what is missing and install it.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    names = missing(with_network)
    if not names:
        return ""
    if slicer.app.testingEnabled():
        return _("These Python packages are missing: {names}.").format(names=", ".join(names))
    if "torch" in names:
        problem = _install_torch()
        if problem:
            return problem
    requirements = [{**PACKAGES, **NETWORK_PACKAGES}[name] for name in names if name != "torch"]
    if requirements:
        problem = _install(requirements)
        if problem:
            return problem
    importlib.invalidate_caches()
    left = missing(with_network)
    if left:
        return _("Restart Slicer to finish the installation of {names}.").format(names=", ".join(left))
    return ""


def _install_torch() -> str:
    try:
        import PyTorchUtils
    except ModuleNotFoundError:
        return _("SPA needs PyTorch: install the extension PyTorch with the Extensions Manager and restart Slicer.")
    try:
        torch = PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=TORCH)
    except Exception:
        logging.exception("SPA")
        return _failed()
    return "" if torch is not None else _("PyTorch was not installed; click again when you want to install it.")


def _install(requirements: List[str]) -> str:
    declined = _("Nothing was installed; click again when you want to install what SPA needs.")
    try:
        import slicer.packaging as packaging
    except ModuleNotFoundError:
        # Before Slicer 5.12.
        question = _("SPA needs these Python packages: {names}. Install them now?")
        question = question.format(names=", ".join(requirements))
        if not slicer.util.confirmOkCancelDisplay(question):
            return declined
        try:
            slicer.util.pip_install(requirements)
        except Exception:
            logging.exception("SPA")
            return _failed()
        return ""
    try:
        packaging.pip_ensure(requirements, requester="SPA")
    except RuntimeError:
        return declined
    except Exception:
        logging.exception("SPA")
        return _failed()
    return ""


def _failed() -> str:
    return _("The installation failed; check the connection, and see the Python console for details.")
