"""Linear layers in 8 bits: the arithmetic, step by step, and which layers take them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from SPASegmentLib.model.eight_bits import EightBitLinear, multiplies_eight_bits_faster, use_eight_bits

pytestmark = pytest.mark.skipif(
    not multiplies_eight_bits_faster(torch.device("cpu")), reason="this processor has no instructions for 8 bits"
)


def by_hand(layer: nn.Linear, x: torch.Tensor) -> np.ndarray:
    """The same steps in integers and float64."""
    weight, inputs = layer.weight.numpy().astype(np.float64), x.numpy().astype(np.float64)
    scale = np.abs(weight).max(1) / 127
    low, high = min(inputs.min(), 0.0), max(inputs.max(), 0.0)
    step = (high - low) / 254
    zero = round(-low / step)
    steps = np.clip(np.rint(inputs / step) + zero, 0, 255) - zero
    sums = steps @ np.rint(weight / scale[:, None]).T
    return np.asarray(sums * step * scale + layer.bias.numpy())


def layer_of(inputs: int, outputs: int) -> nn.Linear:
    torch.manual_seed(inputs)
    return nn.Linear(inputs, outputs).requires_grad_(False)


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
@torch.inference_mode()
def test_the_answer_is_that_of_integers(shift: float) -> None:
    layer = layer_of(48, 80)
    x = torch.randn(2, 5, 7, 48) + shift
    found = EightBitLinear(layer)(x)
    # Where a number lies between two steps, float32 may take the other one.
    np.testing.assert_allclose(found.numpy(), by_hand(layer, x), atol=0.01)
    assert np.abs(found.numpy() - by_hand(layer, x)).mean() < 1e-4
    torch.testing.assert_close(found, layer(x), atol=0.15, rtol=0.0)


@torch.inference_mode()
def test_inputs_in_another_order_and_precision() -> None:
    layer = layer_of(32, 16)
    own, x = EightBitLinear(layer), torch.randn(6, 32, 3).transpose(1, 2)
    torch.testing.assert_close(own(x), own(x.contiguous()))
    short = own(x.bfloat16(), torch.bfloat16)
    assert short.dtype == torch.bfloat16
    torch.testing.assert_close(short.float(), own(x.bfloat16().float()), atol=0.02, rtol=0.02)


@torch.inference_mode()
def test_gelu_is_sams() -> None:
    layer = layer_of(32, 16)
    own, x = EightBitLinear(layer), torch.randn(9, 32)
    plain = own(x).double()
    wanted = plain * 0.5 * (1 + torch.erf(plain / math.sqrt(2)))
    torch.testing.assert_close(own(x, gelu=True).double(), wanted, atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_nothing_gives_the_bias() -> None:
    layer = layer_of(32, 16)
    torch.testing.assert_close(EightBitLinear(layer)(torch.zeros(3, 32)), layer.bias.expand(3, -1))
    layer.weight.zero_()
    torch.testing.assert_close(EightBitLinear(layer)(torch.randn(3, 32)), layer.bias.expand(3, -1))


@torch.inference_mode()
def test_a_layer_with_one_channel_far_larger_than_the_rest_stays_as_it_is() -> None:
    network = nn.Sequential(layer_of(48, 32), layer_of(32, 32))
    x = torch.randn(20, 48)
    # Nothing comes of this channel; but it takes all the steps.
    x[:, 7] *= 1000
    network[0].weight[:, 7] = 0.0
    wanted = network(x)
    assert use_eight_bits([(network, "0"), (network, "1")], lambda: network(x)) == 1
    assert isinstance(network[0], nn.Linear)
    assert isinstance(network[1], EightBitLinear)
    torch.testing.assert_close(network(x), wanted, atol=0.05, rtol=0.0)


@torch.inference_mode()
def test_a_trial_that_fails_leaves_everything_as_it_was() -> None:
    network = nn.Sequential(layer_of(48, 32))
    with pytest.raises(RuntimeError):
        use_eight_bits([(network, "0")], lambda: network(torch.randn(20, 47)))
    assert isinstance(network[0], nn.Linear)
    assert not network[0]._forward_hooks
