"""The weights that a training is for: an average over its steps, which is what is saved for use."""

from __future__ import annotations

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def averaged_weights(network: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of a network's weights and buffers, as they are now.

    Args:
        network: that is trained.
        decay: of the average with every step.
    """
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


def take_in(averaged: AveragedModel, network: nn.Module, step: int, warmup: int) -> None:
    """Update the average after a step (0, 1, ...) of the network that it was made of.

    The average of the first steps is of no use to anyone: it starts with the weights of the end of a warm-up of so many
    steps.
    """
    if step == warmup:
        averaged.n_averaged.zero_()
    averaged.update_parameters(network)
