"""Training: batches, the simulated choice, and a run that is killed and resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.model.ablation import Part
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.research.data.shards import RaterSlices, load_slices, pack, unpack
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.drawing import combinations, combine
from SPASegmentLib.research.training.run import train
from SPASegmentLib.research.training.schedule import learning_rate
from SPASegmentLib.research.training.trainer import Trainer, TrainSettings
from SPASegmentLib.research.training.unroll import (
    UnrollSettings,
    cluster_batch,
    simulate_choice,
    simulate_correction,
    unroll,
)
from SPASegmentLib.research.training.widen import pseudo_raters, synthetic_slices

SMALL = NetworkConfig(channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16)


@pytest.fixture(scope="module")
def slices() -> RaterSlices:
    return synthetic_slices(12, seed=0)


def source(slices: RaterSlices, seed: int = 0) -> BatchSource:
    return BatchSource([(slices, np.ones(len(slices)), 1.0)], batch=4, size=64, map_size=32, targets=3, seed=seed)


def test_packed_masks_come_back(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).random((4, 6, 5)) < 0.5
    assert np.array_equal(unpack(pack(masks))[:4], masks)
    np.savez(tmp_path / "a.npz", images=np.zeros((1, 6, 5), np.uint8), masks=pack(masks)[None])
    assert np.array_equal(load_slices([tmp_path / "a.npz"]).raters(0), masks)


def test_a_missing_rater_is_missing_not_an_empty_mask() -> None:
    mask = np.zeros((4, 8, 8), bool)
    mask[0, 2:4, 2:4] = mask[2, 2:5, 2:5] = True
    one = RaterSlices(np.zeros((1, 8, 8), np.uint8), pack(mask)[None])
    assert one.rater_counts().tolist() == [2]
    assert np.array_equal(one.raters(0), mask[[0, 2]])


@pytest.mark.parametrize("content", [b"not an archive", b""])
def test_unreadable_shards_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(InputError, match="bad.npz"):
        load_slices([tmp_path / "bad.npz"])
    with pytest.raises(InputError, match="gone.npz"):
        load_slices([tmp_path / "gone.npz"])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.uint16, np.float32, np.float64])
def test_whole_numbers_of_any_type_are_read(tmp_path: Path, dtype: type) -> None:
    masks = np.zeros((2, 6, 5), np.uint8)
    masks[:, 1:4, 2] = 1
    np.savez(tmp_path / "a.npz", images=masks * 2, masks=masks.astype(dtype), patients=np.array([7, 8]))
    slices = load_slices([tmp_path / "a.npz"])
    assert slices.masks.dtype == np.uint8 and np.array_equal(slices.masks, masks)
    assert slices.patients is not None and slices.patients.tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"masks": np.full((2, 6, 5), 0.5)}, "'masks' must hold whole numbers from 0 to 255"),
        ({"masks": np.full((2, 6, 5), 256)}, "'masks' must hold whole numbers from 0 to 255"),
        ({"masks": np.full((2, 6, 5), -1)}, "'masks' must hold whole numbers from 0 to 255"),
        ({"masks": np.full((2, 6, 5), np.nan)}, "'masks' must hold whole numbers"),
        ({"masks": np.full((2, 6, 5), "1")}, "'masks' must hold whole numbers"),
        ({"images": np.full((2, 6, 5), 1000, np.int16)}, "'images' must hold whole numbers"),
        ({"masks": np.zeros((2, 4, 6, 5), np.uint8)}, "of one shape"),
        ({"images": np.zeros((6, 5)), "masks": np.zeros((6, 5))}, "of one shape"),
        ({"images": np.zeros((0, 6, 5)), "masks": np.zeros((0, 6, 5))}, "holds no slices"),
        ({"patients": np.array(["p1"])}, "'patients' must have one name for each of the 2 slices"),
        ({"patients": np.array([["p1"], ["p2"]])}, "'patients' must have one name"),
        ({"patients": np.array(["p", None], object)}, "a.npz cannot be read"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_slices_are_refused(tmp_path: Path, arrays: dict, message: str) -> None:
    sound = {"images": np.zeros((2, 6, 5), np.uint8), "masks": np.zeros((2, 6, 5), np.uint8)}
    np.savez(tmp_path / "a.npz", **{**sound, **arrays})
    with pytest.raises(InputError, match=message):
        load_slices([tmp_path / "a.npz"])


def test_a_file_counts_once_whatever_it_is_called(tmp_path: Path, slices: RaterSlices) -> None:
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks)
    np.savez(tmp_path / "small.npz", images=slices.images[:, :64, :64], masks=slices.masks[:, :64, :64])
    (tmp_path / "b.npz").symlink_to("a.npz")
    with pytest.raises(InputError, match="b.npz is given twice"):
        load_slices([tmp_path / "a.npz", tmp_path / "b.npz"])
    with pytest.raises(InputError, match="different sizes .64 x 64, 128 x 128."):
        load_slices([tmp_path / "a.npz", tmp_path / "small.npz"])


def test_combinations_and_their_majority() -> None:
    assert len(combinations(4)) == 15
    masks = np.zeros((3, 1, 3), bool)
    masks[0, 0] = [1, 1, 0]
    masks[1, 0] = [1, 0, 0]
    masks[2, 0] = [1, 0, 1]
    assert combine(masks, (0, 1, 2)).tolist() == [[True, False, False]]
    assert combine(masks, (0, 2)).tolist() == [[True, True, True]], "a pair combines to its union"


def test_click_of_a_batch_lies_on_the_users_mask(slices: RaterSlices) -> None:
    draw = source(slices)
    hits, total = 0, 0
    for _ in range(10):
        batch = draw.draw()
        for mask, (x, y) in zip(batch.user, batch.clicks / 2):
            hits += int(mask[int(y.round().clamp(0, 31)), int(x.round().clamp(0, 31))])
            total += 1
        assert batch.images.mean((1, 2, 3)).abs().max() < 1e-3
        assert (batch.images.std((1, 2, 3), correction=0) - 1).abs().max() < 1e-3
    assert hits / total > 0.9  # a rotated, zoomed outline can pass beside the click by less than a pixel


def test_images_are_normalised_as_in_use() -> None:
    from SPASegmentLib.interaction import region
    from SPASegmentLib.research.training import batches

    assert batches.normalise is region.normalise


@pytest.mark.slow
def test_a_finished_training_leaves_what_is_known_of_its_weights(tmp_path: Path) -> None:
    text = (
        "network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}\n"
        "batch: 2\ntrain: {steps: 2, warmup: 0, unroll: {rounds: 2, predictions: 4}}\n"
        "sources: [{kind: synthetic, share: 1, count: 3}]\n"
    )
    (tmp_path / "run.yaml").write_text(text)
    weights = train(tmp_path / "run.yaml", tmp_path, tmp_path / "out")
    assert weights is not None
    card, before = weights.with_suffix(".json"), weights.read_bytes()
    known = json.loads(card.read_text())
    known.update(
        calibration={"expected_dice": [[[0.0, 0.1], [1.0, 0.9]]] * 6, "files": ["mine.npz"]},
        metrics={"mine": {"n_cases": 3}}, extra={"history": "short"},
    )  # fmt: skip
    card.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    assert train(tmp_path / "run.yaml", tmp_path, tmp_path / "out") == weights
    assert json.loads(card.read_text()) == known and weights.read_bytes() == before
    # What the configuration says of the data may be mended; other weights are not those that were calibrated.
    (tmp_path / "run.yaml").write_text(text.replace("count: 3", "count: 3, attribution: mine"))
    train(tmp_path / "run.yaml", tmp_path, tmp_path / "out")
    mended = json.loads(card.read_text())
    assert mended["training"].pop("data") == ["mine"] and known["training"].pop("data") == []
    assert mended == known
    (tmp_path / "out" / "checkpoint.pt").unlink()
    (tmp_path / "run.yaml").write_text(text.replace("warmup: 0", "warmup: 0, seed: 5"))
    train(tmp_path / "run.yaml", tmp_path, tmp_path / "out")
    other = json.loads(card.read_text())
    assert other["sha256"] != known["sha256"] and not other["calibration"] and not other["metrics"]


def test_learning_rate_rises_then_falls_to_a_hundredth() -> None:
    rates = [learning_rate(step, steps=110, warmup=10, highest=2.0) for step in range(110)]
    assert rates[:10] == pytest.approx([0.2 * (n + 1) for n in range(10)])
    assert rates[60] == pytest.approx(2.0 * (0.01 + 0.99 / 2))
    assert all(later < earlier for earlier, later in zip(rates[10:], rates[11:]))
    assert learning_rate(110, 110, 10, 2.0) == learning_rate(500, 110, 10, 2.0) == pytest.approx(0.02)


def test_pseudo_raters_disagree_like_readers_do() -> None:
    yy, xx = np.mgrid[:96, :96] - 47.5
    mask = np.hypot(yy, xx) < 20
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(10):
        readers = pseudo_raters(mask, rng)
        scores += [2 * (a & b).sum() / (a.sum() + b.sum()) for i, a in enumerate(readers) for b in readers[:i]]
    assert 0.8 < np.mean(scores) < 0.95


def test_batched_clustering_is_as_good_as_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    centres = rng.random((4, 16, 16)) < 0.5
    maps = np.stack([np.clip(centres[i % 4] + 0.2 * rng.standard_normal((16, 16)), 0, 1) for i in range(16)])
    found = cluster_batch(torch.from_numpy(maps).float()[None], 4)[0].numpy()
    reference = KMeans(4, n_init=10, random_state=0).fit(maps.reshape(16, -1))
    inertia = sum(
        ((maps[found == k].reshape(-1, 256) - maps[found == k].reshape(-1, 256).mean(0)) ** 2).sum()
        for k in np.unique(found)
    )
    assert inertia <= reference.inertia_ * 1.01


def test_simulated_choice_is_the_nearest_and_its_label_is_the_candidates_own() -> None:
    size = 32
    yy, xx = np.mgrid[:size, :size] - 15.5
    maps = np.stack([(np.hypot(yy, xx) < r).astype(np.float32) for r in (3, 3, 6, 6, 9, 9, 12, 12)])
    user = (np.hypot(yy, xx) < 6.2).astype(np.float32)
    settings = UnrollSettings(choice_noise=0.0)
    chosen, point, label = simulate_choice(
        torch.from_numpy(maps)[None], torch.from_numpy(user)[None], settings, torch.Generator().manual_seed(0)
    )
    assert torch.equal(chosen[0], torch.from_numpy(maps[2]))
    x, y = (int(v) for v in point[0])
    assert float(label[0]) == float(chosen[0, y, x] > 0.5)
    others = np.delete(maps[::2], 1, axis=0).mean(0)
    contrast = np.abs(maps[2] - others)
    assert contrast[y, x] == pytest.approx(contrast.max())


@pytest.mark.slow
def test_training_lowers_the_loss(slices: RaterSlices, tmp_path: Path) -> None:
    settings = TrainSettings(
        steps=40, warmup=5, bfloat16=False, checkpoint_every=100, unroll=UnrollSettings(rounds=2, predictions=6)
    )
    trainer = Trainer(SMALL, settings, source(slices), tmp_path)
    losses = [trainer.train_step()[0]["loss"] for _ in range(40)]
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:8])


@pytest.mark.slow
def test_a_killed_run_resumes_exactly(slices: RaterSlices, tmp_path: Path) -> None:
    settings = TrainSettings(steps=6, warmup=2, checkpoint_every=3, unroll=UnrollSettings(rounds=2, predictions=4))
    whole = Trainer(SMALL, settings, source(slices), tmp_path / "whole").run()
    Trainer(SMALL, settings, source(slices), tmp_path / "cut").run(until=4)
    first = Trainer(SMALL, settings, source(slices), tmp_path / "cut")
    assert first.step == 4
    before = first.core_seconds
    assert before > 0
    resumed = first.run()
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values()):
        assert torch.equal(a, b), name
    assert first.core_seconds > before, "the cost of the part before the interruption counts too"


def test_checkpoints_of_the_earlier_form_are_resumed(slices: RaterSlices, tmp_path: Path) -> None:
    settings = TrainSettings(steps=4, warmup=1, unroll=UnrollSettings(rounds=1, predictions=4))
    trainer = Trainer(SMALL, settings, source(slices), tmp_path)
    trainer.run(until=1)
    state = torch.load(trainer.checkpoint, weights_only=True)
    (own,) = state.pop("processes")
    del state["origin"]
    torch.save({**state, "torch": own["torch"], "batches": own["batches"]}, trainer.checkpoint)
    resumed = Trainer(SMALL, settings, source(slices, seed=9), tmp_path)
    assert resumed.step == 1
    assert resumed.source.rng.bit_generator.state == trainer.source.rng.bit_generator.state


def test_a_checkpoint_of_another_network_is_left_alone(slices: RaterSlices, tmp_path: Path) -> None:
    Trainer(SMALL, TrainSettings(), source(slices), tmp_path).save()
    with pytest.raises(InputError, match="is of another architecture; give another folder"):
        Trainer(replace(SMALL, channels=32), TrainSettings(), source(slices), tmp_path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 1}, "train.seed"), ({"learning_rate": 1e-4}, "train.learning_rate"), ({"ema": 0.5}, "train.ema"),
        ({"unroll": UnrollSettings(rounds=1, predictions=5)}, "train.unroll.predictions"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_other_settings_is_left_alone(
    slices: RaterSlices, tmp_path: Path, change: dict, word: str
) -> None:
    settings = TrainSettings(unroll=UnrollSettings(rounds=1, predictions=4))
    Trainer(SMALL, settings, source(slices), tmp_path).save()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(InputError, match=f"is of another training .other {word}.*; give another folder"):
        Trainer(SMALL, replace(settings, **change), source(slices), tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_checkpoint_of_other_data_is_left_alone(slices: RaterSlices, tmp_path: Path) -> None:
    """By what is drawn on, not by names: a file may have been replaced, or a patient been held out."""
    Trainer(SMALL, TrainSettings(), source(slices), tmp_path).save()
    one_pixel = RaterSlices(slices.images.copy(), slices.masks)
    one_pixel.images[3, 5, 5] ^= 1
    others = [source(one_pixel), source(slices.take(np.arange(11))), source(synthetic_slices(12, seed=1))]
    others.append(BatchSource([(slices, np.arange(1.0, 13.0), 1.0)], batch=4, size=64, map_size=32, targets=3, seed=0))
    others.append(BatchSource([(slices, np.ones(12), 1.0)], batch=5, size=64, map_size=32, targets=3, seed=0))
    others.append(BatchSource([(slices, np.ones(12), 1.0)] * 2, batch=4, size=64, map_size=32, targets=3, seed=0))
    for other in others:
        with pytest.raises(InputError, match="is of another training .other (data|draws|batch)"):
            Trainer(SMALL, TrainSettings(), other, tmp_path)
    equal = RaterSlices(slices.images.copy(), slices.masks.copy())
    assert Trainer(SMALL, TrainSettings(), source(equal), tmp_path).step == 0


def test_a_run_may_go_further_but_not_end_earlier(slices: RaterSlices, tmp_path: Path) -> None:
    settings = TrainSettings(steps=3, warmup=1, unroll=UnrollSettings(rounds=1, predictions=4))
    Trainer(SMALL, settings, source(slices), tmp_path).run()
    with pytest.raises(InputError, match="has done 3 steps already, and 2 are asked for"):
        Trainer(SMALL, replace(settings, steps=2), source(slices), tmp_path)
    longer = Trainer(SMALL, replace(settings, steps=4, checkpoint_every=1, log_every=1), source(slices), tmp_path)
    longer.run()
    assert longer.step == 4


def test_a_checkpoint_that_does_not_say_what_it_learned_from_is_left_alone(slices: RaterSlices, tmp_path: Path) -> None:
    trainer = Trainer(SMALL, TrainSettings(), source(slices), tmp_path)
    trainer.save()
    state = torch.load(trainer.checkpoint, weights_only=True)
    del state["recipe"]
    torch.save(state, trainer.checkpoint)
    with pytest.raises(InputError, match="does not say which data and settings"):
        Trainer(SMALL, TrainSettings(), source(slices), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(slices: RaterSlices, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        Trainer(SMALL, TrainSettings(), source(slices), tmp_path / "taken")


def test_progress_is_reported_from_where_a_run_goes_on(slices: RaterSlices, tmp_path: Path) -> None:
    settings = TrainSettings(steps=3, warmup=1, unroll=UnrollSettings(rounds=1, predictions=4))
    Trainer(SMALL, settings, source(slices), tmp_path).run(until=1)
    seen: list[tuple[int, int]] = []
    Trainer(SMALL, settings, source(slices), tmp_path).run(progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_training_that_diverges_stops_before_it_spoils_the_weights(slices: RaterSlices, tmp_path: Path) -> None:
    trainer = Trainer(SMALL, TrainSettings(unroll=UnrollSettings(rounds=1, predictions=4)), source(slices), tmp_path)
    weight = next(trainer.network.head.parameters())
    weight.register_hook(lambda gradient: gradient * torch.nan if trainer.step == 1 else gradient)
    with pytest.raises(InputError, match="no longer a number after step 1; lower learning_rate"):
        trainer.run()
    assert all(torch.isfinite(value).all() for value in trainer.network.state_dict().values())


def test_a_damaged_checkpoint_is_named(slices: RaterSlices, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"PK cut off")
    with pytest.raises(InputError, match="checkpoint.pt is damaged; remove it"):
        Trainer(SMALL, TrainSettings(), source(slices), tmp_path)


def test_a_simulated_correction_lies_in_the_largest_error_of_the_recommended_mask() -> None:
    user = torch.zeros(3, 16, 16)
    user[:, 2:7, 2:7] = 1
    maps = user.unsqueeze(1).repeat(1, 4, 1, 1) * 0.9
    maps[0, :, 9:14, 8:13] = 0.8  # something that is not part of it, of all predictions
    maps[1, :3, 2:7, 2:7] = 0.0  # most leave all of it out, so that the recommended mask does
    recommended, points, labels = simulate_correction(maps, user)
    torch.testing.assert_close(recommended, maps.mean(1))
    assert points[:2].tolist() == [[10.0, 11.0], [4.0, 4.0]]
    assert labels.tolist() == [0.0, 1.0, -1.0]  # nothing is wrong with the last


def test_corrected_steps_tell_the_network_what_the_user_has_at_the_point(
    slices: RaterSlices, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[torch.Tensor, torch.Tensor]] = []
    network, batch = SPANetwork(SMALL), source(slices).draw()
    context = network.context
    monkeypatch.setattr(network, "context", lambda *of: told.append((of[1], of[2])) or context(*of))
    unroll(network, batch, UnrollSettings(rounds=3, predictions=4), carried=False, corrected=True)
    points, labels = told[-1]
    assert [len(one[1][0]) for one in told] == [1, 2, 3]
    x, y = ((points[:, 1:] + 0.5) / (batch.images.shape[-1] / network.map_size)).long().unbind(-1)
    rows = torch.arange(len(points)).unsqueeze(1).expand_as(x)
    given = labels[:, 1:] >= 0
    assert given.any()
    torch.testing.assert_close(batch.user[rows, y, x][given], labels[:, 1:][given])


def test_correcting_sessions_have_a_round_after_the_click(slices: RaterSlices) -> None:
    settings = UnrollSettings(rounds=3, vary_rounds=True, predictions=4)
    network, batches = SPANetwork(SMALL), source(slices)
    lengths = {len(unroll(network, batches.draw(), settings, carried=False, corrected=True)[1]) for _ in range(12)}
    assert lengths == {2, 3}


def first_gradients(slices: RaterSlices, settings: UnrollSettings) -> dict[str, torch.Tensor]:
    """Of the loss of one batch by the network's parameters; of the same batch and draws for all settings."""
    torch.manual_seed(0)
    network = SPANetwork(SMALL)
    torch.manual_seed(1)
    loss, _ = unroll(network, source(slices).draw(), settings, carried=False)
    loss.backward()
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None and p.grad.any()}


@pytest.mark.parametrize(
    ("part", "moving"),
    [("none", set()), ("gaussians", {"gaussians"}), ("weights", {"weights"}), ("all", {"gaussians", "weights"})],
)
def test_training_with_a_part_of_the_generator_leaves_the_others_alone(
    slices: RaterSlices, part: Part, moving: set[str]
) -> None:
    names = list(first_gradients(slices, UnrollSettings(rounds=2, predictions=4, generator=part)))
    assert {name.split(".")[1] for name in names if name.startswith(("generator.g", "generator.w"))} == moving
    # The prior and everything else are trained whatever the generator may move.
    assert {"generator.prior_means", "generator.prior_spread", "generator.prior_logits"} <= set(names)
    assert any(name.startswith("encoder.") for name in names)


def test_the_whole_generator_is_used_as_it_is_by_default(slices: RaterSlices, monkeypatch: pytest.MonkeyPatch) -> None:
    """No training but an ablation goes through what takes the generator apart."""
    monkeypatch.delattr("SPASegmentLib.research.training.unroll.ablated")
    default = first_gradients(slices, UnrollSettings(rounds=2, predictions=4))
    assert {name.split(".")[1] for name in default if name.startswith("generator.")} >= {"gaussians", "weights"}
    with pytest.raises(NameError, match="ablated"):
        first_gradients(slices, UnrollSettings(rounds=2, predictions=4, generator="none"))
