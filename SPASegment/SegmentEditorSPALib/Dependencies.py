"""What the networks need beside Slicer's own packages, asked for and installed at the moment of need."""

from __future__ import annotations

import importlib
import importlib.util
from typing import List

import slicer

from .Translate import tr as _

#: Import names and the requirement of each; torch comes from the PyTorch extension.
PACKAGES = {
    "scipy": "scipy>=1.10",
    "sklearn": "scikit-learn>=1.2",
    "threadpoolctl": "threadpoolctl>=3.1",
    "safetensors": "safetensors>=0.4",
    "segment_anything": "segment-anything>=1.0",
}
TORCH = ">=2.2"


def missing() -> List[str]:
    """Import names of packages that are not installed, torch first."""
    return [name for name in ("torch", *PACKAGES) if importlib.util.find_spec(name) is None]


def ensure() -> str:
    """Ask for what is missing and install it.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    names = missing()
    if not names:
        return ""
    if slicer.app.testingEnabled():
        return _("These Python packages are missing: {names}.").format(names=", ".join(names))
    if "torch" in names:
        problem = _install_torch()
        if problem:
            return problem
    requirements = [PACKAGES[name] for name in names if name != "torch"]
    if requirements:
        problem = _install(requirements)
        if problem:
            return problem
    importlib.invalidate_caches()
    left = missing()
    if left:
        return _("Restart Slicer to finish the installation of {names}.").format(names=", ".join(left))
    return ""


def _install_torch() -> str:
    try:
        import PyTorchUtils
    except ModuleNotFoundError:
        return _("SPA needs PyTorch: install the extension PyTorch with the Extensions Manager and restart Slicer.")
    torch = PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=TORCH)
    return "" if torch is not None else _("PyTorch was not installed; click again when you want to install it.")


def _install(requirements: List[str]) -> str:
    declined = _("Nothing was installed; click again when you want to install what SPA needs.")
    failed = _("The installation failed; check the connection, and see the Python console for details.")
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
            return failed
        return ""
    try:
        packaging.pip_ensure(requirements, requester="SPA")
    except RuntimeError:
        return declined
    except Exception:
        return failed
    return ""
