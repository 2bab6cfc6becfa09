"""Sessions have the mixture of training, draws included; a session without a network needs no PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.draws import as_pytorch
from SPASegmentLib.model.mixture import GaussianMixture, standard_mixture


@pytest.fixture()
def mixture() -> ArrayMixture:
    rng = np.random.default_rng(0)
    weights = rng.random(5)
    return ArrayMixture(weights / weights.sum(), rng.normal(size=(5, 3)), 0.1 + rng.random((5, 3)))


def as_torch(mixture: ArrayMixture) -> GaussianMixture:
    return GaussianMixture(*(torch.from_numpy(v) for v in (mixture.weights, mixture.means, mixture.variances)))


def test_density_and_fit_agree_with_the_mixture_of_pytorch(mixture: ArrayMixture) -> None:
    z = np.random.default_rng(1).normal(size=(200, 3))
    weights = np.random.default_rng(2).random(200)
    theirs = as_torch(mixture).component_log_prob(torch.from_numpy(z))
    np.testing.assert_allclose(mixture.component_log_prob(z), theirs.numpy())
    own = mixture.updated(z, weights)
    other = as_torch(mixture).fit(torch.from_numpy(z), torch.from_numpy(weights), iterations=8)
    for name in ("weights", "means", "variances"):
        np.testing.assert_allclose(getattr(own, name), getattr(other, name).numpy(), rtol=1e-9)


def test_draws_follow_the_mixture(mixture: ArrayMixture) -> None:
    z = mixture.draw(40000, 0)
    assert np.array_equal(z, mixture.draw(40000, 0)) and not np.array_equal(z, mixture.draw(40000, 1))
    mean = mixture.weights @ mixture.means
    variance = mixture.weights @ (mixture.variances + mixture.means**2) - mean**2
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(z.var(axis=0), variance, rtol=0.03)


@pytest.mark.parametrize(
    ("n", "dim", "seed"), [(512, 8, 0), (512, 14, 7919), (16, 8, 0), (48, 3, 12345678901234), (5, 7, 3)]
)
def test_draws_are_those_of_pytorch(n: int, dim: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    offset, noise = as_pytorch(n, dim, seed)
    assert offset == float(torch.rand(1, generator=generator))
    np.testing.assert_allclose(noise, torch.randn(n, dim, generator=generator).numpy(), atol=1e-6)


def test_latents_and_fit_are_those_of_training() -> None:
    prior = standard_mixture(16, 8)
    own = ArrayMixture(prior.weights.numpy(), prior.means.numpy(), prior.variances.numpy(), draws=as_pytorch)
    z = own.draw(512, 11)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z, prior.sample(512, torch.Generator().manual_seed(11)).numpy(), atol=1e-5)
    weights = np.random.default_rng(2).random(512)
    fitted = own.updated(z, weights / weights.sum())
    assert fitted.draws is as_pytorch and fitted.weights.dtype == np.float32
    theirs = prior.fit(torch.from_numpy(z), torch.from_numpy(weights).float(), iterations=8)
    np.testing.assert_allclose(fitted.means, theirs.means.numpy(), atol=1e-4)
    later = theirs.sample(64, torch.Generator().manual_seed(3))
    np.testing.assert_allclose(fitted.draw(64, 3), later.numpy(), atol=1e-3)


def test_a_component_without_observations_keeps_its_place(mixture: ArrayMixture) -> None:
    far = ArrayMixture(mixture.weights, mixture.means + 1000.0 * (np.arange(5) == 2)[:, None], mixture.variances)
    fitted = far.updated(np.random.default_rng(1).normal(size=(50, 3)), np.ones(50))
    assert fitted.weights[2] == 0 and np.array_equal(fitted.means[2], far.means[2])
    assert np.isfinite(fitted.component_log_prob(np.zeros((1, 3)))).all()


@pytest.mark.parametrize("weights", [np.zeros(4), np.array([1.0, -1.0, 1.0, 1.0])])
def test_bad_weights_are_refused(mixture: ArrayMixture, weights: np.ndarray) -> None:
    with pytest.raises(InputError, match="non-negative"):
        mixture.updated(np.zeros((4, 3)), weights)


WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
import numpy as np
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Click, FrameImage
y, x = np.mgrid[:80, :90]
truth = np.hypot(x - 45, y - 40) < 16
image = FrameImage(truth * 50.0 + np.random.default_rng(0).normal(size=truth.shape), (0.8, 0.8))
seed = np.hypot(x - 43, y - 41) < 12
session = Session(None, image)
try:
    session.start(Click(45, 40))
except InputError as error:
    assert "existing mask" in str(error)
proposal = session.start(mask=seed)

def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())

before = dice(seed, truth)
assert len(proposal.masks) == 5
for _ in range(4):
    proposal = session.choose(1 + int(np.argmax([dice(m, truth) for m in proposal.masks[1:]])))
first = session.proposal
session.back(), session.choose(1), session.back()
session.add_click(Click(45, 55))
assert session.proposal.masks[0][55, 45]
print(before, dice(session.accept().mask, truth), session.profile().offset_mm)
"""


def test_a_session_from_a_mask_needs_no_pytorch() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
    before, after, offset = (float(v) for v in done.stdout.split())
    assert before < 0.75 and after > 0.93, "choices lead from the seed to the mask in mind"
    assert offset > 0, "a wider outline than that of the seed was accepted"
