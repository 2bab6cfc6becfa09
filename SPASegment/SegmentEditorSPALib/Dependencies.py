"""What SPA needs beside Slicer's own packages, asked for and installed at the moment of need."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import logging
import re
import sys
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple

import slicer

from SPASegmentLib import packages, pytorch

from . import Installation
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
#: Other names that builds of a package go by in the Python Package Index.
_BUILDS = {"onnxruntime": ("onnxruntime-gpu", "onnxruntime-directml")}
_REQUIREMENTS = {**PACKAGES, **NETWORK_PACKAGES, **TORCH_PACKAGES}
#: What Windows can load where it cannot load the newest: from 1.21 on ONNX Runtime needs C++ libraries 14.40,
#: and gets those that came with Slicer, whichever the system has.
_FOR_OLDER_LIBRARIES = "onnxruntime>=1.17,<1.21"


def has_torch() -> bool:
    """Whether PyTorch is installed, and has not failed to work."""
    return pytorch.is_installed()


def has_runtime() -> bool:
    """Whether everything that runs a network is installed."""
    return not _absent(_for_networks())


def missing(with_network: bool = True, runtime: str = "") -> List[str]:
    """Import names of packages that are not installed, or too old.

    Args:
        with_network: what runs networks is needed, too.
        runtime: that is to run them, of `Model.RUNTIMES`; the chosen one if empty.
    """
    return _absent({**PACKAGES, **(_for_networks(runtime) if with_network else {})})


def version(name: str) -> str:
    """The version of an installed package, whichever build of it; empty where it is not installed or does not say."""
    return next(filter(None, map(_version_of, (name, *_BUILDS.get(name, ())))), "")


def _version_of(name: str) -> str:
    try:
        return importlib.metadata.version(name.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:
        return ""


def _for_networks(runtime: str = "") -> Dict[str, str]:
    """ONNX Runtime, or what goes with a PyTorch that is there already."""
    from .Model import choice

    runtime = runtime or choice().runtime
    if runtime == "onnx" or not has_torch():
        return NETWORK_PACKAGES
    if runtime == "torch":
        return TORCH_PACKAGES
    return {**NETWORK_PACKAGES, **TORCH_PACKAGES} if _absent(TORCH_PACKAGES) else TORCH_PACKAGES


def _absent(names: Iterable[str]) -> List[str]:
    return [name for name in names if not packages.is_installed(name) or _is_too_old(name)]


def _is_too_old(name: str) -> bool:
    """Whether another extension has brought an older version; builds under other names are taken as they are."""
    found = _version_of(name)
    return bool(found) and _numbers(found) < _numbers(_REQUIREMENTS[name])


def _numbers(text: str) -> Tuple[int, ...]:
    """Major and minor number of a version or a requirement."""
    return tuple(int(n) for n in re.findall(r"\d+", text)[:2])


def ensure(with_network: bool = True, runtime: str = "") -> str:
    """Ask for what is missing and install it.

    Args:
        with_network: see `missing`.
        runtime: see there, too.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    if Installation.under_way():
        # Slicer goes on hearing clicks while pip prints.
        return Installation.still_running()
    names = missing(with_network, runtime)
    if not names:
        return ""
    if slicer.app.testingEnabled():
        lacking = _("These Python packages are missing: {names}. PyTorch is not needed.")
        return lacking.format(names=", ".join(names))
    size = sum(_MEGABYTES[name] for name in names)
    problem = Installation.obstacle(size)
    if problem:
        return problem
    question = _(
        "SPA needs these Python packages: {names}.\n\nThey are downloaded once from the Python Package Index"
        " (PyPI), at most {size} MB, and installed into Slicer. Nothing of your data is sent. Install them now?"
    ).format(names=", ".join(_REQUIREMENTS[name] for name in names), size=size)
    return _install(names, question)


def install_from(folder: str) -> str:
    """Ask, and install what runs networks from a folder of wheels, without any network connection.

    Returns:
        An empty text if everything is there now, else what the user has to do.
    """
    if not any(Path(folder).glob("*.whl")):
        return _("There is no wheel (.whl) in {folder}; the page on offline use says which are needed.").format(
            folder=folder
        )
    names = list({**{name: "" for name in missing(with_network=False)}, **NETWORK_PACKAGES})
    problem = Installation.obstacle(sum(_MEGABYTES[name] for name in names))
    if problem:
        return problem
    question = _(
        "Install these Python packages from the wheels in {folder}: {names}?\n\nNothing is downloaded. They are"
        " installed into Slicer."
    ).format(folder=folder, names=", ".join(_REQUIREMENTS[name] for name in names))
    # What is there and cannot be imported is broken, and pip would be content with it.
    broken = [name for name in names if name not in _absent(names) and name not in sys.modules]
    return _install(names, question, folder, [name for name in broken if _has_wheel(folder, name)])


def _requirement(name: str, folder: str) -> str:
    """What is installed from the Python Package Index, or whichever version there is in a folder."""
    from SPASegmentLib.model import onnx_network

    older = name == "onnxruntime" and not folder and _system() == "win32" and onnx_network.failed
    return _FOR_OLDER_LIBRARIES if older else _REQUIREMENTS[name]


def _system() -> str:
    return sys.platform


def _has_wheel(folder: str, name: str) -> bool:
    return any(Path(folder).glob(f"{name}*.whl"))


def install_again() -> str:
    """Ask, and install ONNX Runtime anew, where it is there and does not work.

    Returns:
        An empty text if that went well, else what the user has to do.
    """
    problem = Installation.obstacle(_MEGABYTES["onnxruntime"])
    if problem:
        return problem
    question = _(
        "Install ONNX Runtime again?\n\nIt is downloaded from the Python Package Index (PyPI), at most {size} MB, and"
        " replaces what is there. Nothing of your data is sent."
    ).format(size=_MEGABYTES["onnxruntime"])
    return _install(["onnxruntime"], question, again=["onnxruntime"])


def _install(names: List[str], question: str, folder: str = "", again: Sequence[str] = ()) -> str:
    """Ask once; then install, some of it again, without a restart where nothing of it was in use."""
    if not slicer.util.confirmOkCancelDisplay(question):
        return _("Nothing was installed; click again when you want to install what SPA needs.")
    used = [name for name in names if name in sys.modules and importlib.util.find_spec(name) is not None]
    # Of some packages nothing but their entry is left, with which pip would be content.
    again = [name for name in names if name in again or (_version_of(name) and not packages.is_installed(name))]
    new = [name for name in names if name not in again]
    for some, whole in ((new, False), (again, True)):
        problem = Installation.install([_requirement(name, folder) for name in some], folder, whole) if some else ""
        if problem:
            return problem
    left = sorted({*used, *(name for name in names if name in _absent(names))})
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
    from .Model import choice

    problem = "" if has_torch() else _install_torch()
    # What goes with it, also where ONNX Runtime is what was chosen before.
    return problem or ensure(runtime="torch" if choice().runtime == "onnx" else "")


def _install_torch() -> str:
    if Installation.under_way():
        return Installation.still_running()
    try:
        import PyTorchUtils
    except ModuleNotFoundError:
        return _("First install the extension PyTorch with the Extensions Manager, and restart Slicer.")
    try:
        with Installation.only_one():
            torch = PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=TORCH)
    except Exception:
        logging.exception("SPA")
        return _("The installation of PyTorch failed, and the Python console says why; SPA goes on without it.")
    return "" if torch is not None else _("PyTorch was not installed; SPA goes on without it.")
