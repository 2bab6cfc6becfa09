"""The same accepted masks and ends, and other ways to fill the slices between."""

from __future__ import annotations

import importlib
from typing import Any, Dict, List

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.packages import install_extra
from SPASegmentLib.research.data.stacks import Stack
from SPASegmentLib.research.evaluation.volumes.reader import Fill, Mark, Trace, volume_dice

#: Index -> (h, w) bool masks of the slices that were accepted or said to be without the structure (empty).
Settled = Dict[int, np.ndarray]


def replay(stack: Stack, trace: Trace, fill: Fill, actions: int) -> Trace:
    """A trace of the same answers whose volume comes of another way to fill it.

    Args:
        stack: the volume.
        trace: what was answered, by SPA's reader.
        fill: from the slices that are settled to the masks of all slices.
        actions: in all.
    """
    found, known = Trace(marks=trace.marks, slices=trace.slices), 0.0
    settled: Settled = {}
    first = trace.marks[0].index if trace.marks else 0
    changes: Dict[int, List[Mark]] = {}
    for mark in trace.marks:
        changes.setdefault(mark.actions, []).append(mark)
    early = dict(trace.early)
    for action in range(1, actions + 1):
        for mark in changes.get(action, ()):
            settled[mark.index] = np.zeros(stack.mask.shape[1:], bool) if mark.mask is None else mark.mask
            known = volume_dice(fill(stack, settled), stack.mask)
        now = known
        if action in early and not settled:
            now = volume_dice(fill(stack, {first: early[action]}), stack.mask)
        found.act(now, 0.0)
    return found


def without_learning(stack: Stack, settled: Settled) -> Settled:
    """Signed distances interpolated, and carried on beyond, without network and image."""
    volume = ThroughVolume(None, stack.frame, stack.spacing[2])
    for index, mask in settled.items():
        volume.set_anchor(index, mask)
    return volume.run().masks


def itk_interpolation() -> Fill:
    """ITK's morphological contour interpolation, which Slicer's "Fill between slices" uses; nothing beyond the masks.

    Raises:
        InputError: its package is missing.
    """
    try:
        itk: Any = importlib.import_module("itk")
        interpolate = itk.morphological_contour_interpolator
    except (ImportError, AttributeError):
        raise InputError(
            f"The baselines with ITK's contour interpolation need a package; run {install_extra('volumes')}, or "
            "leave them out with --without itk."
        ) from None

    def fill(stack: Stack, settled: Settled) -> Settled:
        labels = np.zeros(stack.mask.shape, np.uint8)
        for index, mask in settled.items():
            labels[index] = mask
        if len([k for k, mask in settled.items() if mask.any()]) > 1:
            image = itk.image_from_array(labels)
            image.SetSpacing([float(side) for side in stack.spacing])
            # The axis of the slices (ITK counts from the fastest); slices are not looked for by the filter.
            labels = np.asarray(itk.array_from_image(interpolate(image, axis=2)))
        return {k: one > 0 for k, one in enumerate(labels) if one.any()}

    return fill
