"""What a user waits for on a volume of clinical size: clicks, rounds, acceptance, and each step around the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np
import torch

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.weights import load_for_use
from SPASegmentLib.research.benchmark.clock import Parts, memory_mib, peak_mib, reset_peak

#: (k, j, i) and (i, j, k) in mm, of a CT of the chest.
SHAPE, SPACING = (300, 512, 512), (0.7, 0.7, 1.25)
#: Side of the region that is cropped, in mm: about what the search ends with on a lesion of this size.
_REGION_MM = 95.0
_PLANE = "axial"
#: From SPA's defaults to the published procedure at the same N.
VARIANTS: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    ("defaults", {}),
    ("region given", {"region_mm": _REGION_MM}),
    ("and no shape refinement", {"region_mm": _REGION_MM, "refine": False}),
    ("and amortised, no particles", {"region_mm": _REGION_MM, "refine": False, "preference_update": "amortised"}),
)

#: R, A, S in mm.
Point = Tuple[float, float, float]


def ct_volume(scene: Any, shape: Tuple[int, int, int] = SHAPE) -> Tuple[Any, Callable[[int], Point]]:
    """A CT-like volume in a scene: noise, and a hazily edged rod of soft tissue through all slices.

    Returns:
        The volume node, and the point in mm on the rod in slice k.
    """
    from SPASegmentLib.mrml.volumes import add_volume

    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: shape[1], : shape[2]]
    voxels = np.empty(shape, dtype=np.int16)
    for k in range(shape[0]):
        radius = 18 + 6 * np.sin(k / 9)
        edge = radius - np.hypot(rows - shape[1] / 2, 0.8 * (columns - shape[2] / 2))
        voxels[k] = -850 + 880 / (1 + np.exp(-edge / 4.0)) + rng.integers(-120, 120, shape[1:])
    ijk_to_ras = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 1.0])
    volume = add_volume(scene, voxels, ijk_to_ras, "CT")
    return volume, lambda k: (-SPACING[0] * shape[2] / 2, -SPACING[1] * shape[1] / 2, SPACING[2] * k)


@dataclass(frozen=True)
class Desk:
    """A CT with an empty segment, and what a front end would drive; `point` gives mm on the rod in slice k."""

    volume: Any
    segmentation: Any
    segment: str
    controller: Any
    point: Callable[[int], Point]


def lay_out(scene: Any, shape: Tuple[int, int, int], network: Any) -> Desk:
    """Open a CT of this shape (see `ct_volume`) in a scene, with the default settings and an empty profile."""
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.editor import LogicEditor
    from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation

    volume, point = ct_volume(scene, shape)
    segmentation = create_segmentation(volume, "Result")
    segment = add_segment(segmentation, "lesion")
    editor, profile = LogicEditor(segmentation, volume), Profile.new("benchmark")
    controller = Controller(volume, segmentation, segment, editor, network, SessionSettings(), profile)
    return Desk(volume, segmentation, segment, controller, point)


def network_of(weights: Optional[str]) -> Any:
    """The network of a weights file, or the bundled one."""
    return load_for_use(Path(weights) if weights else None).network


def measure_product(
    threads: int = 2, slices: int = 6, weights: Optional[str] = None, shape: Tuple[int, int, int] = SHAPE
) -> Dict[str, Any]:
    """Sessions with the default settings on slices of a CT, in this process.

    Args:
        threads: of PyTorch and the numerical libraries.
        slices: new frames; each gets a click, further rounds and an acceptance.
        weights: a weights file, or None for the bundled one.
        shape: (k, j, i) of the volume.

    Returns:
        Seconds from click to five masks and of further rounds, on the wall and of the processor; of each part around
        the network; memory.
    """
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.plane import Plane
    from SPASegmentLib.mrml.scene import open_scene

    torch.set_num_threads(threads)
    before = memory_mib()
    network = network_of(weights)
    parts = Parts()
    with open_scene() as scene:
        desk = lay_out(scene, tuple(shape), network)  # type: ignore[arg-type]
        controller, point = desk.controller, desk.point
        loaded = memory_mib()
        reset_peak()
        for n in range(slices + 1):
            k = shape[0] // 2 + 7 * (n - slices // 2)
            with parts.part("click to five masks"):
                proposal = controller.run(controller.start_at(point(k), _PLANE))
            for _ in range(3):
                # Where every prediction looks the same there is nothing to choose.
                if len(proposal.masks) > 1:
                    with parts.part("further round"):
                        proposal = controller.run(controller.choose(1))
            wanted = next((row for row, mask in enumerate(proposal.masks) if mask.any()), None)
            if wanted is None:
                controller.cancel()
                continue
            with parts.part("accept"):
                controller.accept(wanted)
        peak = peak_mib()
        middle = point(shape[0] // 2)
        extras = _extras(Frame.at(desk.volume, middle, Plane.parse(_PLANE)), middle, network)
        surroundings = _surroundings(
            scene, desk.volume, desk.segmentation, desk.segment, point, network, slices, shape
        )
    return {
        "threads": threads,
        "frame": [shape[1], shape[2]],
        "volume": list(shape[::-1]),
        "settings": {name: getattr(SessionSettings(), name) for name in SessionSettings.__dataclass_fields__},
        "times": parts.record(),
        "surroundings": surroundings,
        "extras": extras,
        "memory_mib": {"interpreter and libraries": before, "with network and volume": loaded, "peak": peak},
    }


def _extras(frame: Any, ras: Any, network: Any) -> Dict[str, Any]:
    """What a session spends on what the published procedure does not have, by leaving it out step by step."""
    parts, click = Parts(), frame.click(ras)
    for name, settings in VARIANTS:
        for _ in range(4):
            session = Session(network, frame.image, SessionSettings(**settings))
            with parts.part(f"{name}: click"):
                proposal = session.start(click)
            for _ in range(2):
                if len(proposal.masks) > 1:
                    with parts.part(f"{name}: further round"):
                        proposal = session.choose(1)
    return parts.record()


def _surroundings(
    scene: Any, volume: Any, segmentation: Any, segment: str, point: Any, network: Any, slices: int, shape: Any
) -> Dict[str, Any]:
    """What a round costs beside the network: each step on its own, and their sum."""
    from SPASegmentLib.mrml.editor import LogicEditor
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.plane import Plane
    from SPASegmentLib.mrml.preview import Preview
    from SPASegmentLib.mrml.writer import write_mask

    try:
        from SPASegmentLib.viewer.pictures import draw_masks
    except ImportError:  # without Pillow there is no viewer either
        draw_masks = None  # type: ignore[assignment]
    parts, preview, editor = Parts(), Preview(scene), LogicEditor(segmentation, volume)
    plane = Plane.parse(_PLANE)
    for n in range(slices + 1):
        ras = point(shape[0] // 2 + 3 * n)
        with parts.part("frame extraction"):
            frame = Frame.at(volume, ras, plane)
            click = frame.click(ras)
        session = Session(network, frame.image, SessionSettings())
        masks = session.start(click).masks
        with parts.part("region crop"):
            region = Region.around(frame.image, (click.x, click.y), _REGION_MM, network.config.image_size)
            region.pixels()
        if draw_masks is not None:
            with parts.part("thumbnails"):
                draw_masks(frame.image.pixels, frame.image.spacing, masks, (-1000.0, 400.0))
        with parts.part("preview segments"):
            preview.show(frame, masks)
        with parts.part("write"):
            write_mask(editor, frame, masks[int(masks.any(axis=(1, 2)).argmax())], segmentation, segment)
    record = parts.record()
    total = {kind: sum(part[kind]["median"] for part in record.values()) for kind in ("cpu_s", "wall_s")}
    record["sum"] = {kind: {"median": round(seconds, 6)} for kind, seconds in total.items()}
    return record
