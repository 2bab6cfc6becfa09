"""The parts of the `segment-anything` package that SPA is built from.

``import segment_anything`` needs torchvision, only for its automatic mask generator and image transforms.
SPA uses neither, and torchvision does not exist for every torch build, so where it is absent the package
is entered without running its ``__init__``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import Any

from SPASegmentLib.errors import SPAError


def _modeling() -> Any:
    if "segment_anything" not in sys.modules and importlib.util.find_spec("torchvision") is None:
        spec = importlib.util.find_spec("segment_anything")
        if spec is None or spec.submodule_search_locations is None:
            raise SPAError("The package segment-anything is missing; install it with pip.")
        package = types.ModuleType("segment_anything")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules["segment_anything"] = package
    return importlib.import_module("segment_anything.modeling")


_parts = _modeling()

ImageEncoderViT = _parts.ImageEncoderViT
MaskDecoder = _parts.MaskDecoder
PromptEncoder = _parts.PromptEncoder
TwoWayTransformer = _parts.TwoWayTransformer
LayerNorm2d = importlib.import_module("segment_anything.modeling.common").LayerNorm2d
