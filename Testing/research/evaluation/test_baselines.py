"""Trained baselines: batches, losses, resuming, and what they do with a click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Container, Iterable, List

import numpy as np
import pytest
import torch
from torch import nn

from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.baselines.crops import CROP, SLOTS, CropSource
from SPASegmentLib.research.evaluation.baselines.kinds import KINDS, NETWORKS, mask_loss
from SPASegmentLib.research.evaluation.baselines.training import BaselineSettings, BaselineTrainer, load_baseline
from SPASegmentLib.research.evaluation.cases import draw_ids, open_case
from SPASegmentLib.research.evaluation.methods.trained import CLICKED, TRAINED, open_trained
from SPASegmentLib.research.evaluation.results.marks import SINGLE_MASK
from SPASegmentLib.research.evaluation.rounds import run_case
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.users import User

TINY = BaselineSettings(steps=3, batch=4, warmup=1, checkpoint_every=2)


def some_slow(names: Iterable[str], quick: Container[str]) -> List[Any]:
    """The names as parameters, with all that are not quick marked slow."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture(scope="module")
def trained(slices: RaterSlices, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All baselines after three steps."""
    folder = tmp_path_factory.mktemp("baselines")
    for name in NETWORKS:
        BaselineTrainer(name, slices, TINY, folder / name).run()
    return folder


def test_crops_show_the_slice_as_it_is_around_the_click(slices: RaterSlices) -> None:
    batch = CropSource(slices, 8, 0).draw()
    assert batch.images.shape == (8, 1, CROP, CROP)
    assert batch.raters.shape == (8, SLOTS, CROP, CROP)
    areas = batch.raters.sum((2, 3))
    assert (areas.diff(dim=1) > 0).all()  # the raters of these slices by area
    full = sorted(int(((slices.masks[0] >> k) & 1).sum()) for k in range(4))
    assert sorted(set(areas.flatten().int().tolist())) == full  # no pixel lost, none resampled
    for i in range(8):
        x, y = batch.clicks[i].int().tolist()
        assert batch.raters[i, :, y, x].all()
        assert (areas[i] == batch.single[i].sum()).any()
        inside, outside = batch.images[i, 0][batch.raters[i, 0] > 0], batch.images[i, 0][batch.raters[i, 3] == 0]
        assert inside.mean() > outside.mean() + 1  # image and masks are turned alike
    assert torch.equal(batch.majority, (2 * batch.raters.sum(1) >= SLOTS).float())


def test_fewer_raters_fill_the_slots_evenly(slices: RaterSlices) -> None:
    two = RaterSlices(slices.images, slices.masks & 0b1001)
    areas = CropSource(two, 4, 0).draw().raters.sum((2, 3))
    assert (areas[:, 0] == areas[:, 1]).all()
    assert (areas[:, 2] == areas[:, 3]).all()
    assert (areas[:, 1] < areas[:, 2]).all()


def test_mask_loss_by_hand() -> None:
    logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
    target = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])
    p = 1 / (1 + np.exp(-logits.numpy()))
    t = target.numpy()
    entropy = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    soft = 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)
    assert float(mask_loss(logits, target)) == pytest.approx(entropy + soft, abs=1e-5)


@pytest.mark.parametrize("kind", some_slow(KINDS, quick=("unet", "clicks")))
def test_every_loss_trains_its_network(kind: str, slices: RaterSlices) -> None:
    torch.manual_seed(0)
    network, batch = KINDS[kind].make(), CropSource(slices, 4, 0).draw()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3 * KINDS[kind].pace)
    losses = []
    for _ in range(6):
        loss = KINDS[kind].loss(network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    for key, p in network.named_parameters():
        # SAM's prompt encoder also knows what is not used here; a bias of keys changes no attention.
        used = p.requires_grad and ".prompt_encoder." not in key and not key.endswith("k_proj.bias")
        assert p.grad is not None or not used, key
        assert p.grad is None or bool(torch.isfinite(p.grad).all()), key


@pytest.mark.parametrize("name", some_slow(["probabilistic", "clicks", "swinunet", "msa"], quick=("probabilistic",)))
def test_a_stopped_training_goes_on_exactly(name: str, slices: RaterSlices, tmp_path: Path) -> None:
    whole = BaselineTrainer(name, slices, TINY, tmp_path / "whole").run()
    BaselineTrainer(name, slices, TINY, tmp_path / "parts").run(until=2)
    with pytest.raises(WeightsError, match="no trained baseline"):
        load_baseline(tmp_path / "parts")
    resumed = BaselineTrainer(name, slices, TINY, tmp_path / "parts")
    assert resumed.step == 2
    for (key, a), (_, b) in zip(whole.state_dict().items(), resumed.run().state_dict().items()):
        assert torch.equal(a, b), key
    loaded = load_baseline(tmp_path / "parts")
    assert all(torch.equal(a, b) for a, b in zip(loaded.state_dict().values(), whole.state_dict().values()))


def test_longer_training_goes_on_from_a_finished_one(slices: RaterSlices, tmp_path: Path) -> None:
    BaselineTrainer("unet-0", slices, TINY, tmp_path).run()
    longer = BaselineTrainer("unet-0", slices, BaselineSettings(steps=5, batch=4, warmup=1), tmp_path)
    assert longer.step == 3
    longer.run()
    assert longer.step == 5


def test_a_baseline_does_not_go_on_with_other_slices_or_settings(slices: RaterSlices, tmp_path: Path) -> None:
    BaselineTrainer("unet-0", slices, TINY, tmp_path).run()
    card = (tmp_path / "card.json").read_text()
    others = [
        (slices.take(np.arange(len(slices) - 1)), TINY, "other data"),
        (slices, replace(TINY, learning_rate=1e-4), "other learning_rate"),
        (slices, replace(TINY, steps=2), "has done 3 steps already"),
    ]
    for data, settings, words in others:
        with pytest.raises(InputError, match=words):
            BaselineTrainer("unet-0", data, settings, tmp_path)
    with pytest.raises(InputError, match="other name"):
        BaselineTrainer("unet-1", slices, TINY, tmp_path)
    assert (tmp_path / "card.json").read_text() == card
    (tmp_path / "checkpoint.pt").write_bytes(b"PK cut off")
    with pytest.raises(InputError, match="is damaged; remove it"):
        BaselineTrainer("unet-0", slices, TINY, tmp_path)


@pytest.mark.slow
def test_members_of_the_ensemble_differ(trained: Path) -> None:
    a, b = load_baseline(trained / "unet-0"), load_baseline(trained / "unet-1")
    assert not torch.equal(next(a.parameters()), next(b.parameters()))


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TRAINED))
def test_every_method_turns_clicks_into_masks(name: str, trained: Path, disks: EvaluationFile) -> None:
    case = open_case(draw_ids([disks], "combination")[1], [disks])
    method = open_trained(name, trained)
    user = User(method.users[0])
    screens = list(method.screens(case, user, 3))
    assert 1 <= len(screens) <= 3
    assert all(s.masks.shape[1:] == s.probability.shape == case.image.shape for s in screens)
    assert all(np.array_equal(s.masks[0], s.probability > 0.5) for s in screens)
    again = list(method.screens(case, user, 3))
    assert all(np.array_equal(a.masks, b.masks) for a, b in zip(screens, again))
    sets = {"unet": 1, "transunet": 1, "swinunet": 1, "ensemble": 3, "multi-head": SLOTS, "mrnet": SLOTS}
    sets.update({answering: prompts for answering, (prompts, _) in CLICKED.items()})
    assert screens[0].predictions is not None
    assert len(screens[0].predictions) == sets.get(name, 48)
    assert {len(s.masks) for s in screens} == {1} or name not in SINGLE_MASK
    assert run_case(method, case, user, 3).rounds["dice_recommended"].shape == (3,)


@pytest.mark.slow
def test_level_sets_hold_each_pixel_as_often_as_its_share(trained: Path, disks: EvaluationFile) -> None:
    case = open_case(draw_ids([disks], "combination")[0], [disks])
    (screen,) = open_trained("label-sampling", trained).screens(case, User(), 6)
    assert screen.predictions is not None
    inside = screen.probability > 0
    assert screen.predictions.mean(0)[inside] == pytest.approx(screen.probability[inside], abs=0.5 / 48 + 1e-6)


class Echo(nn.Module):
    """Answers every click with a disk of 3 pixels around it, minus those around negative ones."""

    def encode(self, image: torch.Tensor) -> Echo:
        return self

    def expand(self, index: torch.Tensor) -> Echo:
        return self

    def forward(
        self,
        features: object,
        points: torch.Tensor,
        labels: torch.Tensor,
        previous: torch.Tensor | None,
        boxes: torch.Tensor | None,
    ) -> torch.Tensor:
        assert boxes is None
        ys, xs = torch.meshgrid(torch.arange(CROP), torch.arange(CROP), indexing="ij")
        logits = torch.full((len(points), CROP, CROP), -9.0)
        for b in range(len(points)):
            for (x, y), label in zip(points[b].tolist(), labels[b].tolist()):
                logits[b][torch.hypot(xs - x, ys - y) < 3] = 9.0 if label > 0.5 else -9.0
        return logits


def test_clicks_reach_the_click_network_at_the_right_pixels(disks: EvaluationFile) -> None:
    from SPASegmentLib.research.evaluation.methods.trained import ClickMethod

    case = open_case(draw_ids([disks], "combination")[2], [disks])
    screens = list(ClickMethod(Echo()).screens(case, User("clicks"), 5))  # type: ignore[arg-type]
    yy, xx = np.mgrid[:96, :96]
    assert np.array_equal(screens[0].masks[0], np.hypot(yy - case.id.y, xx - case.id.x) < 3)
    areas = [(s.masks[0] & case.target).sum() for s in screens]
    assert areas == sorted(areas)
    assert areas[-1] > 2 * areas[0]


def test_unknown_and_missing_baselines(slices: RaterSlices, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no baseline"):
        BaselineTrainer("magic", slices, TINY, tmp_path)
    with pytest.raises(InputError, match="no trained baseline 'magic'"):
        open_trained("magic", tmp_path)
    with pytest.raises(WeightsError, match="spa baselines train"):
        open_trained("unet", tmp_path)
