"""The family of masks around a seed mask: exact at latent 0, each latent does what its name says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.seed_mask import SeedMaskPredictor
from SPASegmentLib.interaction.shape_family import LATENTS, ShapeFamily, signed_distance
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts


def _disk(x: float, y: float, radius: float, shape: tuple = (64, 72), spacing: tuple = (1.0, 1.0)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot((columns - x) * spacing[0], (rows - y) * spacing[1]) <= radius


def _latent(**values: float) -> np.ndarray:
    z = np.zeros((1, len(LATENTS)))
    for name, value in values.items():
        z[0, LATENTS.index(name.replace("_", " "))] = value
    return z


def _mask(predictor: SeedMaskPredictor, **values: float) -> np.ndarray:
    return predictor.predict(_latent(**values), 8)[0] > 0.5


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def _blotches(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((40, 52)) > 0.6


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.4, 0.4), (0.7, 3.3), (5.0, 0.5)])
@pytest.mark.parametrize("mask", [_disk(30, 20, 9), _blotches(0), _disk(0, 0, 30), _disk(5, 5, 0)])
def test_latent_zero_is_the_seed_exactly(mask: np.ndarray, spacing: tuple) -> None:
    image = np.random.default_rng(1).normal(size=mask.shape)
    predictor = SeedMaskPredictor(mask, spacing, image)
    predictor.preference(Prompts())
    assert np.array_equal(_mask(predictor), mask)


def test_signed_distance_by_brute_force() -> None:
    mask = _blotches(3)[:15, :17]
    spacing = (0.7, 1.9)
    ys, xs = np.mgrid[:15, :17]
    points = np.stack([xs.ravel() * spacing[0], ys.ravel() * spacing[1]], axis=1)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    flat = mask.ravel()
    nearest = np.array([apart[i][flat != flat[i]].min() for i in range(flat.size)])
    expected = np.where(flat, 1, -1) * (nearest - 0.35)
    assert signed_distance(mask, spacing).ravel() == pytest.approx(expected)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 1.0)])
@pytest.mark.parametrize("z", [-2.0, -1.0, 1.0, 2.0])
def test_the_offset_is_in_mm(z: float, spacing: tuple) -> None:
    """A disk of 15 mm: a latent of 1 moves its outline by half a pixel and a tenth of the radius."""
    shape = (60, 120)
    predictor = SeedMaskPredictor(_disk(60, 30, 15, shape, spacing), spacing)
    area = _mask(predictor, offset=z).sum() * spacing[0] * spacing[1]
    assert np.sqrt(area / np.pi) == pytest.approx(15 + z * (0.5 * min(spacing) + 1.5), abs=0.5)


def test_smoothing_takes_the_spikes_off_and_sharpening_does_not() -> None:
    rows, columns = np.mgrid[:64, :72]
    angle = np.arctan2(rows - 32, columns - 36)
    spiky = np.hypot(rows - 32, columns - 36) <= 14 + 4 * np.cos(9 * angle)

    def outline(mask: np.ndarray) -> int:
        return int((mask[1:] ^ mask[:-1]).sum() + (mask[:, 1:] ^ mask[:, :-1]).sum())

    predictor = SeedMaskPredictor(spiky, (1.0, 1.0))
    lengths = [outline(_mask(predictor, smoothing=z)) for z in (-1.0, 0.0, 1.0, 2.0, 3.0)]
    assert lengths[0] >= lengths[1] > lengths[2] > lengths[3] >= lengths[4]
    assert lengths[4] < 0.8 * lengths[1]
    assert _mask(predictor, smoothing=9.0).sum() == _mask(predictor, smoothing=3.0).sum()


def test_closing_fills_holes_and_opening_drops_islands() -> None:
    ring, island = _disk(30, 32, 16) & ~_disk(30, 32, 6), _disk(60, 32, 3)
    predictor = SeedMaskPredictor(ring | island, (1.0, 1.0))
    closed = _mask(predictor, closing=1.0)
    assert closed[32, 30] and (closed & _disk(30, 32, 16)).sum() == _disk(30, 32, 16).sum()
    solid = SeedMaskPredictor(_disk(30, 32, 16) | island, (1.0, 1.0))
    opened = _mask(solid, closing=-1.0)
    assert not (opened & island).any() and _dice(opened, _disk(30, 32, 16)) > 0.98
    assert np.array_equal(_mask(solid, closing=-3.0), opened)


def test_closing_fills_a_gap_that_is_open_to_the_outside() -> None:
    disk = _disk(36, 32, 16)
    gap = np.zeros_like(disk)
    gap[:32, 35:38] = True
    closed = _mask(SeedMaskPredictor(disk & ~gap, (1.0, 1.0)), closing=2.0)
    assert closed[22:32, 35:38].all() and _dice(closed, disk) > 0.97


def test_tilt_moves_the_mask_on_screen() -> None:
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0))
    for name, axis in (("tilt_right", 1), ("tilt_down", 0)):
        centres = [np.argwhere(_mask(predictor, **{name: z})).mean(0) for z in (-2.0, 0.0, 2.0)]
        assert centres[0][axis] < centres[1][axis] - 0.5 and centres[2][axis] > centres[1][axis] + 0.5
        assert centres[2][1 - axis] == pytest.approx(32 if axis == 1 else 36, abs=0.1)


def test_the_image_latent_goes_where_the_image_goes() -> None:
    truth = _disk(36, 32, 12)
    image = np.where(truth, 40.0, 10.0) + np.random.default_rng(2).normal(size=truth.shape) * 3
    seed = _disk(38, 31, 12)
    predictor = SeedMaskPredictor(seed, (1.0, 1.0), image)
    before = _dice(seed, truth)
    assert _dice(_mask(predictor, image=1.0), truth) > before + 0.03
    # The latent has no wrong direction, no contrast no effect, and the image's unit does not matter.
    assert np.array_equal(_mask(predictor, image=-1.0), _mask(predictor, image=1.0))
    dark = SeedMaskPredictor(seed, (1.0, 1.0), -1000 * image)
    assert np.array_equal(_mask(dark, image=1.0), _mask(predictor, image=1.0))
    assert np.array_equal(_mask(SeedMaskPredictor(seed, (1.0, 1.0)), image=3.0), seed)


def test_predictions_are_probabilities_whatever_the_chunk() -> None:
    predictor = SeedMaskPredictor(_blotches(4), (1.0, 1.0))
    z = predictor.preference(Prompts(clicks=(Click(3, 4),))).draw(30, 0)
    whole, parts = predictor.predict(z, 30), predictor.predict(z, 7)
    assert whole.shape == (30, 40, 52) and whole.dtype == np.float32
    assert np.allclose(whole, parts, atol=1e-5)
    assert float(whole.min()) >= 0 and float(whole.max()) <= 1
    assert predictor.map_size == (40, 52)


def test_the_prior_is_about_standard_normal_and_holds_both_sides() -> None:
    prior = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0)).preference(Prompts())
    assert prior.components == 16 and prior.dim == len(LATENTS)
    np.testing.assert_allclose(prior.weights, np.full(16, 1 / 16), err_msg="no component counts more than another")
    z = prior.draw(8000, 1)
    assert np.abs(z.mean(0)).max() < 0.15
    assert float(z.std(0).min()) > 0.7 and float(z.std(0).max()) < 1.3
    assert (prior.means[:, 0] > 0.3).any() and (prior.means[:, 0] < -0.3).any()


def test_every_click_after_the_first_narrows_the_prior() -> None:
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0))
    first = predictor.preference(Prompts())
    started = predictor.preference(Prompts(clicks=(Click(36, 32),)))
    third = predictor.preference(Prompts(clicks=(Click(36, 32), Click(30, 30), Click(36, 40))))
    assert np.array_equal(started.variances, first.variances)
    assert np.allclose(third.variances, first.variances * 0.8**4)
    assert np.allclose(third.means, first.means * 0.8**2)


CLICKS = (Click(36, 32), Click(52, 32), Click(36, 26, False), Click(50, 50), Click(54, 34, False))


def test_every_mask_obeys_every_click() -> None:
    """Also where clicks of both kinds are close together, and whatever the latents."""
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0))
    predictor.preference(Prompts(clicks=CLICKS))
    masks = predictor.predict(2 * np.random.default_rng(3).normal(size=(200, len(LATENTS))), 16) > 0.5
    for click in CLICKS:
        assert bool((masks[:, int(click.y), int(click.x)] == click.positive).all()), click


def test_a_click_changes_its_surroundings_only() -> None:
    seed = _disk(36, 32, 12)
    predictor = SeedMaskPredictor(seed, (1.0, 1.0))
    predictor.preference(Prompts(clicks=(Click(52, 32),)))
    changed = _mask(predictor) ^ seed
    assert changed[32, 50:53].all()
    assert not (changed & ~_disk(52, 32, 0.6 * 12 + 1)).any()


def test_a_click_that_the_mask_obeys_already_changes_nothing() -> None:
    seed = _disk(36, 32, 12)
    predictor = SeedMaskPredictor(seed, (1.0, 1.0))
    predictor.preference(Prompts(clicks=(Click(36, 32), Click(60, 50, False))))
    assert np.array_equal(_mask(predictor), seed)


def test_of_two_contradicting_clicks_on_one_pixel_the_last_counts() -> None:
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0))
    for last in (True, False):
        predictor.preference(Prompts(clicks=(Click(20, 20, not last), Click(20, 20, last))))
        assert _mask(predictor)[20, 20] == last


def test_clicks_come_in_region_coordinates() -> None:
    """64 x 72 map pixels seen as 144 x 144 network pixels: x doubles, y grows by 144/64."""
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0), region_size=144)
    predictor.preference(Prompts(clicks=(Click(2 * 60 + 0.5, (10 + 0.5) * 144 / 64 - 0.5),)))
    wanted = _mask(predictor)
    added = wanted & ~_disk(36, 32, 12)
    assert added[10, 60] and np.hypot(*(np.argwhere(added).mean(0) - [10, 60])) < 1.5
    for x, same in ((2 * 60, True), (2 * 60 + 1, True), (2 * 59 + 1, False), (2 * 61, False)):
        predictor.preference(Prompts(clicks=(Click(x, (10 + 0.5) * 144 / 64 - 0.5),)))
        assert np.array_equal(_mask(predictor), wanted) is same


def test_a_click_outside_the_map_is_taken_at_its_edge() -> None:
    predictor = SeedMaskPredictor(_disk(36, 32, 12), (1.0, 1.0))
    predictor.preference(Prompts(clicks=(Click(500, -3),)))
    assert _mask(predictor)[0, -1]


def test_a_chosen_mask_becomes_the_centre_and_going_back_is_exact() -> None:
    seed, chosen = _disk(36, 32, 12), _disk(38, 30, 15)
    predictor = SeedMaskPredictor(seed, (1.0, 1.0))
    z = np.random.default_rng(5).normal(size=(20, len(LATENTS)))
    predictor.preference(Prompts())
    first = predictor.predict(z, 8)
    predictor.preference(Prompts(mask=np.where(chosen, 0.9, 0.2).astype(np.float32)))
    assert np.array_equal(_mask(predictor), chosen)
    fresh = SeedMaskPredictor(chosen, (1.0, 1.0))
    assert np.array_equal(predictor.predict(z, 8), fresh.predict(z, 8))
    predictor.preference(Prompts())
    assert np.array_equal(predictor.predict(z, 8), first)


@pytest.mark.parametrize("value", [0.1, 0.9])
def test_a_mask_without_an_outline_leaves_the_centre(value: float) -> None:
    seed = _disk(36, 32, 12)
    predictor = SeedMaskPredictor(seed, (1.0, 1.0))
    predictor.preference(Prompts(mask=np.full(seed.shape, value, dtype=np.float32)))
    assert np.array_equal(_mask(predictor), seed)


def test_from_a_region_the_seed_comes_back_on_the_frame() -> None:
    frame = FrameImage(np.random.default_rng(6).normal(size=(90, 110)), (0.8, 1.2))
    mask = _disk(60, 40, 14, (90, 110), (0.8, 1.2)) & ~_disk(64, 40, 3, (90, 110))
    region = Region.around(frame, (60, 40), 56.0, 128)
    predictor = SeedMaskPredictor.for_region(region, mask)
    assert predictor.map_size == region.native_size
    predictor.preference(Prompts(clicks=(Click(*region.to_region(40, 40)),)))
    probabilities = predictor.predict(np.zeros((1, len(LATENTS))), 1)
    on_frame = region.maps_to_frame(probabilities)[0] > 0.5
    assert on_frame[40, 40]
    assert np.array_equal(on_frame[:, 50:], mask[:, 50:])


def test_a_large_region_is_seen_at_a_lower_resolution() -> None:
    frame = FrameImage(np.random.default_rng(7).normal(size=(400, 500)))
    mask = _disk(250, 200, 90, (400, 500))
    region = Region.around(frame, (250, 200), 380.0, 128)
    predictor = SeedMaskPredictor.for_region(region, mask)
    assert predictor.map_size == (128, 128)
    back = region.maps_to_frame(predictor.predict(np.zeros((1, len(LATENTS))), 1))[0] > 0.5
    assert _dice(back, mask) > 0.985


def test_what_is_smaller_than_a_pixel_of_the_map_is_not_lost() -> None:
    frame = FrameImage(np.random.default_rng(7).normal(size=(400, 500)))
    mask = np.zeros((400, 500), dtype=bool)
    mask[20:22, 20:22] = mask[380, 470] = True
    predictor = SeedMaskPredictor.for_region(Region.around_mask(frame, mask, 128), mask)
    seed = predictor.neutral() > 0.5
    assert ndimage.label(seed)[1] >= 1 and 1 <= seed.sum() <= 4


def test_unusable_seeds_are_refused() -> None:
    with pytest.raises(InputError, match="is empty"):
        SeedMaskPredictor(np.zeros((8, 8), dtype=bool), (1.0, 1.0))
    with pytest.raises(InputError, match="covers the whole region"):
        SeedMaskPredictor(np.ones((8, 8), dtype=bool), (1.0, 1.0))
    with pytest.raises(InputError, match="must agree"):
        SeedMaskPredictor(np.eye(8, dtype=bool), (1.0, 1.0), np.zeros((8, 9)))
    with pytest.raises(InputError, match="not that of the maps"):
        SeedMaskPredictor(np.eye(8, dtype=bool), (1.0, 1.0)).preference(Prompts(mask=np.zeros((4, 4))))


@pytest.mark.parametrize("swap", [False, True])
def test_opening_keeps_the_largest_part(swap: bool) -> None:
    """Two thick parts joined by a thin line: of what is left when the line has gone, only the larger one stays."""
    large, small = ((16, 16), (48, 48)) if swap else ((48, 48), (16, 16))
    parts = [_disk(*centre, radius) > 0.5 for centre, radius in ((large, 11), (small, 8))]
    bridge = np.zeros_like(parts[0])
    for step in range(16, 49):
        bridge[step, step : step + 2] = True
    family = ShapeFamily.around(parts[0] | parts[1] | bridge, (1.0, 1.0), None)
    row = 1 + 1 + 3 + 1  # after the distance itself: offset, three levels of smoothing, closing
    opened = (family.maps[0] + family.maps[row] > 0).reshape(parts[0].shape)
    assert (opened & parts[0]).sum() > 0.9 * parts[0].sum()
    assert not opened[parts[1] & ~parts[0]].any()
