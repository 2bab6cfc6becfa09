"""Shape latents on top of a network: neutral at zero, and what each of them does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.refined_predictor import RefinedPredictor
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.shape_family import LATENTS, SHAPE_LATENTS, ShapeFamily
from SPASegmentLib.interaction.types import Click, Prompts
from SPASegmentLib.model.network import SPANetwork

Lesion = "tuple[FrameImage, np.ndarray]"


@pytest.fixture()
def predictors(network: SPANetwork, lesion: Lesion) -> tuple[NetworkPredictor, RefinedPredictor, Prompts]:
    region = Region.around(lesion[0], (70, 52), 50.0, network.image_size)
    plain = NetworkPredictor(network, region)
    x, y = region.to_region(70, 52)
    return plain, RefinedPredictor(plain, region), Prompts((Click(x, y),))


def test_zero_shape_is_the_networks_mask(predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts]) -> None:
    plain, refined, prompts = predictors
    own = refined.preference(prompts).means[:, :-SHAPE_LATENTS]
    z = np.concatenate([own, np.zeros((len(own), SHAPE_LATENTS), np.float32)], axis=1)
    assert np.array_equal(refined.predict(z, 8) > 0.5, plain.predict(own, 8) > 0.5)


def test_the_mixture_is_the_networks_joined_by_shape(
    predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts],
) -> None:
    plain, refined, prompts = predictors
    joint, own = refined.preference(prompts), plain.preference(prompts)
    assert joint.dim == own.dim + SHAPE_LATENTS
    np.testing.assert_allclose(joint.means[:, : own.dim], own.means)
    np.testing.assert_allclose(joint.variances[:, : own.dim], own.variances)
    assert float(np.abs(joint.means[:, own.dim :]).max()) == 0.0
    later = refined.preference(Prompts(prompts.clicks, np.full(plain.map_size, 0.9, np.float32)), joint)
    assert float(later.variances[:, own.dim :].min()) > float(joint.variances[:, own.dim :].max())


class Counting(NetworkPredictor):
    """Counts how often the neutral mask is drawn."""

    drawn = 0

    def neutral(self) -> np.ndarray:
        self.drawn += 1
        return super().neutral()


def test_the_neutral_mask_is_drawn_once_for_an_encoding(
    network: SPANetwork, lesion: Lesion, predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts]
) -> None:
    region = Region.around(lesion[0], (70, 52), 50.0, network.image_size)
    plain, prompts = Counting(network, region), predictors[2]
    refined = RefinedPredictor(plain, region)
    mixture = refined.preference(prompts)
    neutral = refined.neutral()
    told = Prompts(prompts.clicks, np.asarray(refined.predict(mixture.draw(8, 0), 8).mean(0)))
    for _ in range(3):
        mixture = refined.preference(told, mixture)
    assert plain.drawn == 1
    assert refined.neutral() is neutral
    # The family of shapes is around the mask that was told, as for a predictor that has seen no round before.
    fresh = RefinedPredictor(NetworkPredictor(network, region), region)
    fresh.preference(prompts)
    fresh.preference(told, mixture)
    z = mixture.draw(4, 1)
    np.testing.assert_allclose(refined.predict(z, 8), fresh.predict(z, 8))
    # A click that corrects the first round has no mask beside it: the neutral mask is another one.
    refined.preference(Prompts((*prompts.clicks, Click(prompts.clicks[0].x + 9, prompts.clicks[0].y))))
    assert plain.drawn == 2
    assert not np.array_equal(refined.neutral(), neutral)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_offset_moves_the_outline(predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts], sign: float) -> None:
    _, refined, prompts = predictors
    mixture = refined.preference(prompts)
    z = np.concatenate([mixture.means[:1, :-SHAPE_LATENTS], np.zeros((1, SHAPE_LATENTS), np.float32)], axis=1)
    moved = z.copy()
    moved[0, -SHAPE_LATENTS + LATENTS.index("offset")] = sign
    before, after = (refined.predict(v, 8)[0] > 0.5 for v in (z, moved))
    if sign > 0:
        assert not (before & ~after).any()
    else:
        assert not (after & ~before).any()
    assert before.any()
    assert not np.array_equal(before, after)
    assert after.sum() < 4 * before.sum(), "an offset of one standard deviation does not flood the region"


def test_displacement_of_the_offset_is_the_same_everywhere() -> None:
    yy, xx = np.mgrid[:40, :40]
    mask = np.hypot(yy - 20, xx - 20) < 9
    family = ShapeFamily.around(mask, (0.5, 0.5), None)
    z = np.zeros((2, SHAPE_LATENTS))
    z[0, 0], z[1, 0] = 1.0, -2.0
    moved = family.displacement(z)
    radius = np.sqrt(mask.sum() * 0.25 / np.pi)
    assert float(moved[0].min()) == pytest.approx(0.25 + 0.1 * radius, rel=1e-5)
    assert np.allclose(moved[1], -2 * moved[0])
    field = family.field(z[:1])
    grown = field.reshape(40, 40) > 0
    assert np.sqrt(grown.sum() * 0.25 / np.pi) == pytest.approx(radius + 0.25 + 0.1 * radius, abs=0.15)


def test_prompts_come_first(network: SPANetwork, lesion: Lesion) -> None:
    region = Region.around(lesion[0], (70, 52), 50.0, network.image_size)
    predictor = NetworkPredictor(network, region)
    with pytest.raises(InputError, match="Prompts come before predictions"):
        predictor.predict(np.zeros((1, network.config.latent_dim)), 8)
    with pytest.raises(InputError, match="at least one point"):
        predictor.preference(Prompts())


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_without_outline_leaves_the_networks_predictions(
    predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts], value: float
) -> None:
    plain, refined, prompts = predictors
    mixture = refined.preference(Prompts(prompts.clicks, np.full(plain.map_size, value, np.float32)))
    z = mixture.draw(4, 0)
    assert np.array_equal(refined.predict(z, 8), plain.predict(z[:, :-SHAPE_LATENTS], 8))


def test_shape_adds_nothing_far_away(predictors: tuple[NetworkPredictor, RefinedPredictor, Prompts]) -> None:
    """Tilted and widened as far as it goes, a mask gains no island far outside of the one it came from."""
    plain, refined, prompts = predictors
    mixture = refined.preference(prompts)
    own = mixture.means[:, :-SHAPE_LATENTS]
    shape = 2.0 * np.random.default_rng(0).standard_normal((len(own), SHAPE_LATENTS))
    base = plain.predict(own, 8) > 0.5
    varied = refined.predict(np.concatenate([own, shape], axis=1), 8) > 0.5
    centre = ndimage.binary_dilation(base.any(axis=0), iterations=10)
    assert not (varied & ~base & ~centre).any()
    assert (varied != base).any()
