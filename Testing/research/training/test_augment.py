"""Augmentation by MONAI: each change does what it says, by the generator alone, and leaves shapes and masks alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.training.augment import Augmentation, AugmentSettings
from SPASegmentLib.research.training.batches import Batch, BatchSource
from SPASegmentLib.research.training.widen import synthetic_slices


def changed(name: str, image: torch.Tensor, chance: float = 1.0, seed: int = 0) -> torch.Tensor:
    augment = Augmentation.of(AugmentSettings(**{name: chance}))
    assert augment is not None
    return augment(image, np.random.default_rng(seed))


def stripes() -> torch.Tensor:
    """(4, 1, 64, 64): bars four pixels wide, values 0.25 and 0.75."""
    bars = 0.25 + 0.5 * ((torch.arange(64) // 4) % 2).float()
    return bars.expand(4, 1, 64, 64).contiguous()


def test_nothing_wanted_needs_nothing() -> None:
    assert Augmentation.of(AugmentSettings()) is None


@pytest.mark.parametrize("name", ["bias_field", "smooth", "histogram", "gibbs", "window", "speckle"])
def test_the_generator_decides_everything(name: str) -> None:
    images = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)).expand(4, 1, 64, 64).contiguous()
    first, again, other = (changed(name, images, seed=seed) for seed in (0, 0, 1))
    assert type(first) is torch.Tensor and first.shape == (4, 1, 64, 64) and first.dtype == torch.float32
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1]), "images of a batch are changed differently"


def test_bias_field_drifts_slowly() -> None:
    flat = changed("bias_field", torch.full((4, 1, 64, 64), 0.5))
    assert (flat.amax((1, 2, 3)) / flat.amin((1, 2, 3)) > 1.05).all()
    assert (flat.diff(dim=-1).abs() < 0.15).all()


def test_smoothing_softens_edges_and_keeps_the_mean() -> None:
    soft = changed("smooth", stripes())
    assert (soft.std((1, 2, 3)) < 0.25).all()
    assert soft.mean((1, 2, 3)).numpy() == pytest.approx([0.5] * 4, abs=0.02)
    flat = torch.full((4, 1, 64, 64), 0.5)
    torch.testing.assert_close(changed("smooth", flat), flat, atol=1e-4, rtol=0, msg="no dark rim")


def test_histogram_keeps_the_order_of_grey_values() -> None:
    ramp = torch.linspace(0, 1, 64).expand(4, 1, 64, 64).contiguous()
    bent = changed("histogram", ramp)
    assert (bent.diff(dim=-1) >= -1e-6).all()
    assert ((bent - ramp).abs().amax((1, 2, 3)) > 0.01).all()


def test_gibbs_rings_beside_edges() -> None:
    edge = (torch.arange(64) >= 32).float().expand(4, 1, 64, 64).contiguous()
    ringing = changed("gibbs", edge)[..., :20]
    assert (ringing.std((1, 2, 3)) > 1e-3).all()


def test_chances_are_chances() -> None:
    images = stripes()[:1].expand(200, 1, 64, 64).contiguous()
    share = float((changed("smooth", images, chance=0.3) != images).flatten(1).any(1).float().mean())
    assert share == pytest.approx(0.3, abs=0.1)
    with pytest.raises(InputError, match="gibbs is a chance from 0 to 1"):
        AugmentSettings(gibbs=1.5)


def test_batches_keep_their_masks_and_clicks() -> None:
    slices = synthetic_slices(6, seed=0)

    def first(settings: AugmentSettings) -> Batch:
        source = BatchSource([(slices, np.ones(6), 1.0)], 4, 64, 32, 2, seed=0, augment=Augmentation.of(settings))
        return source.draw()

    plain, augmented = first(AugmentSettings()), first(AugmentSettings(smooth=1.0))
    assert torch.equal(plain.others, augmented.others) and torch.equal(plain.clicks, augmented.clicks)
    assert not torch.equal(plain.images, augmented.images)
    assert augmented.images.mean((1, 2, 3)).abs().max() < 1e-3


def test_inversion_turns_every_grey_value_round() -> None:
    bars = stripes()
    assert torch.allclose(changed("invert", bars), 1 - bars)


def test_a_window_spreads_a_part_of_the_grey_values() -> None:
    ramp = torch.linspace(0, 1, 64).expand(4, 1, 64, 64).contiguous()
    for one in changed("window", ramp):
        row = one[0, 0]
        assert row.min() == 0 and row.max() == 1 and (row.diff() >= 0).all()
        inner = row.diff()[(row[1:] > 0.05) & (row[1:] < 0.95)] * 63
        assert inner.max() - inner.min() < 0.01 and 1 <= inner.mean() <= 2.6, "steeper, and a straight line"


def test_speckle_grows_with_brightness() -> None:
    bars = stripes()
    grain = changed("speckle", bars) - bars
    dark, bright = (grain[bars == value].std() for value in (0.25, 0.75))
    assert 2.5 < bright / dark < 3.5
