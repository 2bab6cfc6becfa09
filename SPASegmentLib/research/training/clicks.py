"""Corrective clicks of simulated users, for batches."""

from __future__ import annotations

from typing import Tuple

import torch
from torch import Tensor

from SPASegmentLib.interaction.simulated_user import corrective_click


def corrective_clicks(shown: Tensor, wanted: Tensor) -> Tuple[Tensor, Tensor]:
    """A click on the largest error of every mask, see `corrective_click`.

    Args:
        shown: (B, h, w) bool, what is on screen.
        wanted: (B, h, w) bool, what the users want.

    Returns:
        (B, 2) points (x, y) in pixels, and (B,) labels: what is wanted there, or -1 (no point) where nothing is wrong.
    """
    clicks = [corrective_click(mask, target) for mask, target in zip(shown.cpu().numpy(), wanted.cpu().numpy())]
    points = [(click.x, click.y) if click else (0.0, 0.0) for click in clicks]
    labels = [float(click.positive) if click else -1.0 for click in clicks]
    return torch.tensor(points, device=shown.device), torch.tensor(labels, device=shown.device)
