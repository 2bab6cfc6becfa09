"""Training on images with many objects: what counts as one, how often each is drawn, and what a draw gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.weights import read_card
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.drawing import draw_slice
from SPASegmentLib.research.training.hierarchy import stable_regions, superpixels
from SPASegmentLib.research.training.material import open_material
from SPASegmentLib.research.training.objects import ImageObject, ObjectPool, objects_of, pool_of
from SPASegmentLib.research.training.run import train
from SPASegmentLib.research.training.sources import Structures
from SPASegmentLib.research.training.widen import synthetic_slices

HEIGHT, WIDTH = 60, 96


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def heart() -> np.ndarray:
    """Class 1 in two parts (20 and 10 pixels wide), class 2 touching the first, class 3 of nine pixels."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    for value, place in ((1, (10, 10, 20)), (1, (40, 70, 10)), (2, (10, 30, 16)), (3, (50, 5, 3))):
        labels[square(*place)] = value
    return labels


def write(path: Path, drawn: np.ndarray, names: List[str], kind: str = "labels", **more: Any) -> None:
    values = np.clip(drawn * 60 + np.random.default_rng(1).normal(20, 3, drawn.shape), 0, 255)
    arrays = {"images": values.astype(np.uint8), kind: drawn.astype(np.uint8), **more}
    np.savez(path, **arrays, **{"classes" if kind == "labels" else "raters": np.array(names)})


def found(path: Path) -> List[ImageObject]:
    return objects_of(open_structures(path), 0, 0, np.random.default_rng(0))


def own_outline(one: ImageObject) -> np.ndarray:
    whole = np.zeros((HEIGHT, WIDTH), bool)
    whole[one.top : one.top + one.masks.shape[1], one.left : one.left + one.masks.shape[2]] = one.masks[0]
    return whole


def test_parts_whole_classes_and_touching_ones_are_objects(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", heart()[None], ["ventricle", "wall", "valve"])
    objects = found(tmp_path / "a.npz")
    expected = [
        square(10, 10, 20),
        square(40, 70, 10),
        square(10, 10, 20) | square(40, 70, 10),
        square(10, 30, 16),
        square(10, 10, 20) | square(10, 30, 16),  # the two that touch
        square(10, 10, 20) | square(10, 30, 16),  # the largest piece of all together
    ]
    outlines = [own_outline(one) for one in objects]
    assert len(outlines) == len(expected)
    for mask in expected:
        assert any(np.array_equal(mask, outline) for outline in outlines)
    assert sum(one.weight for one in objects) == pytest.approx(1)
    weights = [one.weight for one in objects]
    assert weights[0] == pytest.approx(2 * weights[1]), "parts count by their width"
    assert weights[0] + weights[1] + weights[2] == pytest.approx(weights[3]), "a class counts as much as another"
    assert weights[2] == pytest.approx(0.2 * weights[3])
    assert all(one.masks.shape[0] == 4 and one.masks.any((1, 2)).all() for one in objects)


def test_every_instance_is_an_object_and_no_two_of_them_are(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", heart()[None], ["instance"])
    assert len(found(tmp_path / "a.npz")) == 3, "both parts of value 1, value 2, and no union"


def test_people_are_the_raters_of_what_they_drew(tmp_path: Path) -> None:
    masks = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    masks[0][square(10, 10, 20)] |= 0b001
    masks[0][square(12, 12, 20)] |= 0b010
    masks[0][square(40, 70, 12)] |= 0b100
    write(tmp_path / "a.npz", masks, ["ann", "ben", "cleo"], kind="masks")
    both, alone = found(tmp_path / "a.npz")
    assert [len(both.masks), len(alone.masks)] == [2, 1]
    assert (both.top, both.left, both.masks.shape[1:]) == (10, 10, (22, 22))
    assert both.covers(30, 30) and not both.covers(10, 31), "half of the people are enough, none is not"
    assert alone.covers(41, 71) and not alone.covers(20, 20)


def test_sets_images_and_regions_have_their_shares(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", np.stack([heart()] * 4), ["v", "w", "x"])
    write(tmp_path / "b.npz", heart()[None], ["v", "w", "x"])
    sets = [open_structures(tmp_path / f"{name}.npz") for name in "ab"]
    pool = pool_of(sets, {}, 0.0, seed=0)
    weights, rows = pool.weights(), np.array([one.row for one in pool.objects])
    of_image = np.array([weights[rows == row].sum() for row in range(5)])
    assert of_image[:4] == pytest.approx(of_image[0])
    assert of_image[:4].sum() == pytest.approx(2 * of_image[4]), "four times the images count twice"
    rarer = pool_of(sets, {"a": 0.5}, 0.0, seed=0)
    assert rarer.weights()[rows < 4].sum() == pytest.approx(rarer.weights()[rows == 4].sum())
    labelled = len(pool)
    mixed = pool_of(sets, {}, 0.25, seed=0).weights()
    assert len(mixed) > labelled
    assert mixed.sum() == pytest.approx(weights.sum())


def test_a_draw_is_a_click_in_what_the_user_wants(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", heart()[None], ["v", "w", "x"])
    pool = pool_of([open_structures(tmp_path / "a.npz")], {}, 0.0, seed=0)
    weight, rng = pool.weights() / pool.weights().sum(), np.random.default_rng(0)
    other_thing, inside, rows = 0, 0, 200
    for _ in range(rows):
        drawn = pool.draw(weight, rng, 4)
        x, y = drawn.click.astype(int)
        assert drawn.wanted.shape == (4, HEIGHT, WIDTH) and drawn.wanted.any((1, 2)).all()
        inside += int(drawn.wanted[0, y, x])
        sizes = drawn.wanted.sum((1, 2))
        other_thing += int((sizes[1:] > 1.4 * sizes[0]).any() or (sizes[1:] < 0.7 * sizes[0]).any())
        assert drawn.extent >= 10 and drawn.largest == pytest.approx(1.6 * WIDTH)
    assert inside == rows, "clicks lie where all agree"
    assert 0.1 * rows < other_thing < 0.7 * rows, "now and then something smaller or larger under the click"


def test_images_of_different_sizes_share_a_batch(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", heart()[None], ["v", "w", "x"])
    pool = pool_of([open_structures(tmp_path / "a.npz")], {}, 0.0, seed=0)
    slices = synthetic_slices(3, seed=0)
    sources = [(pool, pool.weights(), 0.5), (slices, np.ones(3), 0.5)]
    batch = BatchSource(sources, 16, 64, 32, 3, seed=0).draw()
    assert batch.images.shape == (16, 1, 64, 64) and batch.others.shape == (16, 3, 32, 32)
    masks, clicks = batch.user.numpy(), np.clip(batch.clicks.numpy() / 2, 0, 31).astype(int)
    hits = [mask[y, x] for mask, (x, y) in zip(masks, clicks)]
    assert np.mean(hits) > 0.85


def test_a_larger_image_in_the_batch_changes_nothing_about_a_smaller_one() -> None:
    slices = synthetic_slices(1, seed=3)
    row = draw_slice(slices, np.ones(1), np.random.default_rng(0), 2)
    large = replace(row, image=np.zeros((200, 150), np.uint8), wanted=np.ones((2, 200, 150), bool))
    batches = []
    for rows in ([row, row], [row, large]):
        source = BatchSource([(slices, np.ones(1), 1.0)], 2, 64, 32, 2, seed=0)
        drawn = iter(rows)
        source._draw_one = lambda drawn=drawn: next(drawn)  # type: ignore[method-assign, misc]
        batches.append(source.draw())
    alone, beside = batches
    assert torch.allclose(alone.images[0], beside.images[0], atol=1e-3)
    assert torch.equal(alone.user[0], beside.user[0]) and torch.equal(alone.clicks[0], beside.clicks[0])


def test_boxes_are_the_ellipses_of_the_users_masks() -> None:
    slices = synthetic_slices(6, seed=0)
    batch = BatchSource([(slices, np.ones(6), 1.0)], 8, 64, 32, 2, seed=0, boxes=1.0).draw()
    for user, ellipse, (x, y) in zip(batch.user.numpy(), batch.carried.numpy(), batch.starts.numpy()):
        ys, xs = np.nonzero(user)
        es, fs = np.nonzero(ellipse)
        width = np.ptp(xs) + 1
        assert abs(fs.min() - xs.min()) <= 1 + 0.2 * width and abs(fs.max() - xs.max()) <= 1 + 0.2 * width
        assert ellipse.sum() < 0.9 * (np.ptp(es) + 1) * (np.ptp(fs) + 1) or np.ptp(fs) < 4
        centre = ((xs.min() + xs.max()) / 2 + 0.5) * 2 - 0.5, ((ys.min() + ys.max()) / 2 + 0.5) * 2 - 0.5
        assert np.hypot(x - centre[0], y - centre[1]) < 0.2 * 2 * max(width, np.ptp(ys) + 1) + 1
    none = BatchSource([(slices, np.ones(6), 1.0)], 8, 64, 32, 2, seed=0).draw()
    assert np.array_equal(none.starts.numpy(), none.clicks.numpy())


def test_the_source_leaves_sets_out_and_names_what_is_not_there(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.npz", heart()[None], ["v", "w", "x"])
    source = Structures(kind="structures", share=1, folder=".", leave_out=("b",))
    assert [one.name for one in source.sets(tmp_path)] == ["a"]
    assert [one.name for one in source.sets(tmp_path, left_out=True)] == ["b"]
    ((pool, weights),) = open_material([source], tmp_path, 128)
    assert isinstance(pool, ObjectPool) and len(pool.images) == 1 and len(weights) == len(pool)
    bad: List[Dict[str, Any]] = [{"leave_out": ("c",)}, {"favour": {"c": 1.0}}]
    for change in bad:
        with pytest.raises(InputError, match="holds no c.npz; there are a, b"):
            Structures(kind="structures", share=1, folder=".", **change).sets(tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="there are no npz files"):
        Structures(kind="structures", share=1, folder="none").sets(tmp_path)


def scene() -> np.ndarray:
    """A bright disk with a brighter core on a dark textured ground."""
    rows, columns = np.mgrid[:96, :96]
    away = np.hypot(rows - 45, columns - 50)
    image = 50 + 70 * (away < 24) + 70 * (away < 9) + np.random.default_rng(0).normal(0, 2, away.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def test_regions_are_found_on_several_levels() -> None:
    rows, columns = np.mgrid[:96, :96]
    away = np.hypot(rows - 45, columns - 50)
    regions = stable_regions(scene())
    for radius in (24, 9):
        wanted = away < radius
        dice = [2 * (region & wanted).sum() / (region.sum() + wanted.sum()) for region in regions]
        assert max(dice) > 0.85, f"the disk of radius {radius} is among them"
    assert all(60 <= region.sum() <= 0.5 * region.size for region in regions)
    assert not stable_regions(np.full((64, 64), 7, np.uint8)), "an even image has none"


def test_superpixels_cover_the_image_and_keep_to_edges() -> None:
    labels = superpixels(scene().astype(np.float32), 1.0)
    assert labels.min() == 0 and len(np.unique(labels)) == labels.max() + 1
    rows, columns = np.mgrid[:96, :96]
    inside = np.hypot(rows - 45, columns - 50) < 24
    share = np.bincount(labels.ravel(), inside.ravel()) / np.bincount(labels.ravel())
    mixed = np.minimum(share, 1 - share)[labels]
    assert mixed.mean() < 0.03, "few pixels lie in superpixels across the outline"


def test_a_pool_is_known_by_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", heart()[None], ["v", "w", "x"])
    sets = [open_structures(tmp_path / "a.npz")]
    first, again, other = (pool_of(sets, {}, regions, seed=0).digest() for regions in (0.0, 0.0, 0.2))
    assert first == again != other


def test_the_card_names_every_set_with_its_licence_and_share(tmp_path: Path) -> None:
    for name, images in (("hearts", 4), ("valves", 1), ("kept", 1)):
        facts = {"licence": f"CC0 {name}", "citation": "Somebody 2020", "source": "example.org"}
        more = {key: np.array(value) for key, value in facts.items()}
        (tmp_path / "sets").mkdir(exist_ok=True)
        write(tmp_path / "sets" / f"{name}.npz", np.stack([heart()] * images), ["v", "w", "x"], **more)
    (tmp_path / "run.yaml").write_text(
        "network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}\n"
        "batch: 4\nboxes: 0.5\naugment: {invert: 0.5, window: 0.5}\n"
        "train: {steps: 2, warmup: 0, unroll: {rounds: 2, predictions: 4, carried: 0.5}}\n"
        "sources: [{kind: structures, share: 3, folder: sets, leave_out: [kept], regions: 0.25},\n"
        "          {kind: synthetic, share: 1, count: 4}]\n"
    )
    weights = train(tmp_path / "run.yaml", tmp_path, tmp_path / "out")
    assert weights is not None
    found = read_card(weights.with_suffix(".json")).training
    assert found["data"] == [f"{n}: CC0 {n}; Somebody 2020; example.org" for n in ("hearts", "valves")]
    assert found["mixture"] == {"sets/hearts": 0.5, "sets/valves": 0.25, "synthetic": 0.25}
    assert found["regions_that_nobody_labelled"] == {"sets": 0.25}
