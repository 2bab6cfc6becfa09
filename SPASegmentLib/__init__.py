"""SPA: segmentation preference alignment, the method as a library.

    import SPASegmentLib as spa

    session = spa.Session(spa.load_default().network, spa.FrameImage(pixels, spacing=(0.7, 0.7)))
    proposal = session.start(spa.Click(x=120, y=84))

Layers, each importing only from those below it:

* ``mrml``: frames cut from volumes, preview segments, writing back (VTK and MRML, no Qt)
* ``interaction``: the session, candidates and the user's preference (NumPy)
* ``model``: networks and weights files

Importing the package loads none of them, so that a Slicer module can be registered without anything else: a name of
`__all__` is loaded when it is first asked for.
"""

import importlib
from typing import Any, List

__version__ = "0.1.0"

__all__ = ["Box", "Click", "FrameImage", "Profile", "Session", "ThroughVolume", "load", "load_default"]

_HOMES = {
    "Box": "interaction.types",
    "Click": "interaction.types",
    "FrameImage": "interaction.types",
    "Profile": "interaction.profile",
    "Session": "interaction.session",
    "ThroughVolume": "interaction.through",
    "load": "model.use",
    "load_default": "model.use",
}


def __getattr__(name: str) -> Any:
    """The public names (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
