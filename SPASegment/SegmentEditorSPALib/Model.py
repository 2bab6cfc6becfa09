"""The network in use: which weights, on which device, run by what; loaded once for the process, in the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

import qt

from .Translate import tr as _

WEIGHTS_KEY, DEVICE_KEY, RUNTIME_KEY = "SPA/Weights", "SPA/Device", "SPA/Runtime"
#: "auto" takes CUDA where there is one.
DEVICES = ("auto", "cpu", "cuda")
#: See `SPASegmentLib.model.use`.
RUNTIMES = ("auto", "onnx", "torch")


class Choice(NamedTuple):
    """What the user wants.

    Attributes:
        weights: file; empty for the bundled ones.
        device: of `DEVICES`.
        runtime: of `RUNTIMES`.
    """

    weights: str = ""
    device: str = "auto"
    runtime: str = "auto"


class Loaded(NamedTuple):
    """A network, ready.

    Attributes:
        network: see `SPASegmentLib.model.runtime`.
        name: of the weights.
        sha256: of the weights file.
        device: "cpu" or "cuda".
        runtime: "onnx" or "torch".
        remark: why it is not what was chosen, and what to do about it, in words; empty where it is.
    """

    network: Any
    name: str
    sha256: str
    device: str
    runtime: str
    remark: str = ""


_loaded: Dict[Choice, Loaded] = {}
#: The bundled weights, in place of those of a choice that cannot be loaded.
_instead: Dict[Choice, Loaded] = {}


def choice() -> Choice:
    """As it is in the application's settings."""
    settings = qt.QSettings()
    device, runtime = (str(settings.value(key, "auto") or "auto") for key in (DEVICE_KEY, RUNTIME_KEY))
    return Choice(
        str(settings.value(WEIGHTS_KEY, "") or ""),
        device if device in DEVICES else "auto",
        runtime if runtime in RUNTIMES else "auto",
    )


def keep(chosen: Choice) -> None:
    """Put a choice into the application's settings."""
    settings = qt.QSettings()
    for key, value in zip((WEIGHTS_KEY, DEVICE_KEY, RUNTIME_KEY), chosen):
        settings.setValue(key, value)


def loaded(key: Choice) -> Any:
    """The network of this choice if it has been loaded, else None."""
    return _loaded.get(key)


def instead(key: Choice) -> Any:
    """What has been loaded in place of a choice by `load_instead`, as long as the choice cannot be; else None."""
    return _instead.get(key)


def remark(key: Choice) -> str:
    """Why what is in use is not what was chosen, in words; empty where it is, and where nothing is loaded yet."""
    ready = loaded(key) or instead(key)
    return "" if ready is None else str(ready.remark)


def load(key: Choice, may_fall_back: bool = True) -> Loaded:
    """Load a choice; for the worker, since the first import of what runs it takes seconds.

    Args:
        key: the choice.
        may_fall_back: where PyTorch is chosen and cannot be used any more, ONNX Runtime may take its place.

    Raises:
        WeightsError: a file is missing or damaged.
        DependencyError: what is to run it is missing or broken.
    """
    # So that the main thread need not import it later.
    import SPASegmentLib.mrml.controller  # noqa: F401
    from SPASegmentLib.errors import DependencyError

    try:
        found = _found(key)
    except DependencyError as error:
        other = _without_torch(key, error) if may_fall_back and key.runtime == "torch" else None
        if other is None:
            raise DependencyError(
                _("{problem} The module SPA does that (section Runtime). Without it: Start from the segment.").format(
                    problem=error
                )
            ) from error
        found = other
    _loaded[key] = found
    _instead.pop(key, None)
    return found


def _found(key: Choice) -> Loaded:
    from SPASegmentLib.model import use

    found = use.load(Path(key.weights) if key.weights else None, key.device, key.runtime)
    return Loaded(found.network, found.card.name, found.card.sha256, found.device, found.runtime)


def _without_torch(key: Choice, problem: Exception) -> Optional[Loaded]:
    """The choice run by ONNX Runtime; None where that cannot be either."""
    from SPASegmentLib.errors import SPAError

    try:
        found = _found(key._replace(runtime="onnx"))
    except SPAError:
        return None
    words = _("{problem} Until then ONNX Runtime runs the model; the module SPA has the choice (section Runtime).")
    return found._replace(remark=words.format(problem=problem))


def load_instead(key: Choice, problem: Exception) -> None:
    """Load the bundled weights in place of a choice whose own weights cannot be loaded, see `instead`.

    Args:
        key: the choice.
        problem: what is wrong with it.

    Raises:
        WeightsError, DependencyError: see `load`.
    """
    bundled = key._replace(weights="")
    found = loaded(bundled) or load(bundled)
    words = _("{problem} The bundled weights are used here; the module SPA has the choice (section Model).")
    _instead[key] = found._replace(remark=words.format(problem=problem))


def describe(key: Choice) -> str:
    """The choice in words."""
    name = Path(key.weights).name if key.weights else _("bundled weights")
    ready = loaded(key)
    if ready is None:
        return _("{name}, loaded with the first click").format(name=name)
    if ready.network.fell_back:
        text = _("{name} on the processor (CPU), since the graphics card failed; {runtime}, checksum {sha}")
    elif ready.device == "cuda":
        text = _("{name} on the graphics card (CUDA); {runtime}, checksum {sha}")
    else:
        text = _("{name} on the processor (CPU); {runtime}, checksum {sha}")
    return text.format(name=ready.name, runtime=runtime_name(ready.runtime), sha=ready.sha256[:12])


def runtime_name(runtime: str) -> str:
    """What "onnx" and "torch" are called."""
    return {"onnx": "ONNX Runtime", "torch": "PyTorch"}[runtime]
