"""The network in use: which weights, on which device; loaded once for the process, in the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple, Tuple

import qt

from .Translate import tr as _

WEIGHTS_KEY, DEVICE_KEY = "SPA/Weights", "SPA/Device"
#: "auto" takes CUDA where there is one.
DEVICES = ("auto", "cpu", "cuda")


class Loaded(NamedTuple):
    """A network, ready.

    Attributes:
        network: see `SPASegmentLib.model.runtime`.
        name: of the weights.
        sha256: of the weights file.
        device: "cpu" or "cuda".
    """

    network: Any
    name: str
    sha256: str
    device: str


_loaded: Dict[Tuple[str, str], Loaded] = {}


def choice() -> Tuple[str, str]:
    """Weights file (empty for the bundled ones) and device, from the application's settings."""
    settings = qt.QSettings()
    device = str(settings.value(DEVICE_KEY, "auto") or "auto")
    return str(settings.value(WEIGHTS_KEY, "") or ""), device if device in DEVICES else "auto"


def loaded(key: Tuple[str, str]) -> Any:
    """The network of this choice if it has been loaded, else None."""
    return _loaded.get(key)


def load(key: Tuple[str, str]) -> Loaded:
    """Load a choice; for the worker, since the first import of what runs it takes seconds.

    Raises:
        WeightsError: a file is missing or damaged.
        DependencyError: what is to run it is missing or broken.
    """
    # So that the main thread need not import it later.
    import SPASegmentLib.mrml.controller  # noqa: F401
    from SPASegmentLib.errors import DependencyError
    from SPASegmentLib.model import use

    path, device = key
    try:
        found = use.load(Path(path) if path else None, device)
    except DependencyError as error:
        raise DependencyError(_("{problem} Without it: Start from the segment.").format(problem=error)) from error
    _loaded[key] = Loaded(found.network, found.card.name, found.card.sha256, found.device)
    return _loaded[key]


def describe(key: Tuple[str, str]) -> str:
    """The choice in words."""
    name = Path(key[0]).name if key[0] else _("bundled weights")
    ready = loaded(key)
    if ready is None:
        return _("{name}, loaded with the first click").format(name=name)
    device = _("on the processor (CPU)")
    if ready.network.fell_back:
        device = _("on the processor (CPU), since the graphics card failed")
    elif ready.device == "cuda":
        device = _("on the graphics card (CUDA)")
    return _("{name} {device}, checksum {sha}").format(name=ready.name, device=device, sha=ready.sha256[:12])
