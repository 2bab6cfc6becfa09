"""The preference distribution against scikit-learn, float64 NumPy and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kurtosis, multivariate_normal
from sklearn.mixture import GaussianMixture as SklearnMixture

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.mixture import GaussianMixture, standard_mixture


def example(dtype: torch.dtype = torch.float64) -> GaussianMixture:
    return GaussianMixture(
        torch.tensor([0.5, 0.3, 0.2], dtype=dtype),
        torch.tensor([[-3.0, 0.0], [0.0, 2.0], [4.0, -1.0]], dtype=dtype),
        torch.tensor([[0.5, 1.0], [0.2, 0.3], [1.5, 0.1]], dtype=dtype),
    )


def log_density(mixture: GaussianMixture, z: torch.Tensor) -> torch.Tensor:
    return torch.logsumexp(mixture.component_log_prob(z), dim=-1)


def as_sklearn(mixture: GaussianMixture) -> SklearnMixture:
    model = SklearnMixture(mixture.components, covariance_type="diag")
    model.weights_ = mixture.weights.numpy()
    model.means_ = mixture.means.numpy()
    model.covariances_ = mixture.variances.numpy()
    model.precisions_cholesky_ = 1.0 / np.sqrt(mixture.variances.numpy())
    return model


def test_densities_and_responsibilities_agree_with_scikit_learn() -> None:
    mixture, z = example(), torch.from_numpy(np.random.default_rng(0).normal(0, 3, (200, 2)))
    reference = as_sklearn(mixture)
    np.testing.assert_allclose(log_density(mixture, z).numpy(), reference.score_samples(z.numpy()), rtol=1e-10)
    np.testing.assert_allclose(
        mixture.responsibilities(z).numpy(), reference.predict_proba(z.numpy()), rtol=1e-8, atol=1e-12
    )


def test_the_density_is_the_sum_of_gaussians_in_float64() -> None:
    mixture = example()
    z = np.array([[0.3, 1.0], [-2.0, 0.5]])
    density = sum(
        w * multivariate_normal(m, np.diag(v)).pdf(z)
        for w, m, v in zip(mixture.weights.numpy(), mixture.means.numpy(), mixture.variances.numpy())
    )
    np.testing.assert_allclose(log_density(mixture, torch.from_numpy(z)).numpy(), np.log(density), rtol=1e-12)


def test_responsibilities_far_from_every_component_still_sum_to_one() -> None:
    far = example(torch.float32).responsibilities(torch.tensor([[1e3, -1e3]]))
    assert torch.isfinite(far).all()
    assert far.sum().item() == pytest.approx(1.0)


def test_samples_of_a_separated_mixture_are_multimodal() -> None:
    """The released sampler adds components up: one Gaussian (kurtosis 0, spread of a weighted sum)."""
    mixture = GaussianMixture(torch.tensor([0.5, 0.5]), torch.tensor([[-10.0], [10.0]]), torch.tensor([[1.0], [1.0]]))
    z = mixture.sample(4000, torch.Generator().manual_seed(0)).numpy()[:, 0]
    assert (np.abs(z) < 5).mean() == 0.0, "a mixture has no samples between its modes; a sum of components has most"
    assert z.std() == pytest.approx(np.sqrt(101.0), rel=0.02)
    assert kurtosis(z) < -1.5
    two = SklearnMixture(2, random_state=0).fit(z[:, None])
    one = SklearnMixture(1, random_state=0).fit(z[:, None])
    assert two.bic(z[:, None]) < one.bic(z[:, None])


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture = example()
    z = mixture.sample(40000, torch.Generator().manual_seed(1)).numpy()
    w, m, v = (t.numpy() for t in (mixture.weights, mixture.means, mixture.variances))
    mean = w @ m
    np.testing.assert_allclose(z.mean(0), mean, atol=0.03)
    np.testing.assert_allclose(z.var(0), w @ (v + m**2) - mean**2, rtol=0.03)


def test_components_are_stratified() -> None:
    mixture = GaussianMixture(
        torch.tensor([0.5, 0.25, 0.25]), torch.tensor([[-100.0], [0.0], [100.0]]), torch.full((3, 1), 1e-4)
    )
    for seed in range(5):
        z = mixture.sample(48, torch.Generator().manual_seed(seed))[:, 0]
        counts = [int((z < -50).sum()), int((z.abs() < 50).sum()), int((z > 50).sum())]
        assert np.abs(np.array(counts) - [24, 12, 12]).max() <= 1


def test_sampling_is_deterministic_under_a_seed() -> None:
    a, b, c = (example().sample(16, torch.Generator().manual_seed(s)) for s in (3, 3, 4))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("name", ["weights", "means", "variances"])
def test_sample_gradients_are_those_of_the_expectation(name: str) -> None:
    """d E[f(z)] / d parameter by pathwise gradients against the closed form for f = z_0^2 + z_0 z_1."""
    base = example()
    logits = base.weights.log().clone().requires_grad_(name == "weights")
    means = base.means.clone().requires_grad_(name == "means")
    variances = base.variances.clone().requires_grad_(name == "variances")
    parameter = {"weights": logits, "means": means, "variances": variances}[name]

    mixture = GaussianMixture(torch.softmax(logits, 0), means, variances)
    z = mixture.sample(200_000, torch.Generator().manual_seed(0))
    (estimated,) = torch.autograd.grad((z[:, 0] ** 2 + z[:, 0] * z[:, 1]).mean(), parameter)

    w = torch.softmax(logits, 0)
    closed = (w * (means[:, 0] ** 2 + variances[:, 0] + means[:, 0] * means[:, 1])).sum()
    (exact,) = torch.autograd.grad(closed, parameter)
    np.testing.assert_allclose(estimated.numpy(), exact.numpy(), atol=0.08)


def test_gradients_do_not_move_the_samples() -> None:
    base = example()
    tracked = GaussianMixture(base.weights, base.means.clone().requires_grad_(), base.variances)
    plain = base.sample(32, torch.Generator().manual_seed(5))
    assert torch.allclose(tracked.sample(32, torch.Generator().manual_seed(5)).detach(), plain, atol=1e-12)


def test_fit_equals_scikit_learn_em_on_repeated_observations() -> None:
    """Integer weights mean repeated observations, which scikit-learn can fit."""
    rng = np.random.default_rng(2)
    z = np.concatenate([rng.normal(-2, 0.7, (60, 2)), rng.normal(2, 1.1, (40, 2))])
    counts = rng.integers(1, 5, len(z))
    start = GaussianMixture(
        torch.tensor([0.5, 0.5], dtype=torch.float64),
        torch.tensor([[-1.0, -1.0], [1.0, 1.0]], dtype=torch.float64),
        torch.ones(2, 2, dtype=torch.float64),
    )
    fitted = start.fit(torch.from_numpy(z), torch.from_numpy(counts.astype(float)), 200, variance_floor=1e-6)
    reference = SklearnMixture(
        2,
        covariance_type="diag",
        weights_init=[0.5, 0.5],
        means_init=start.means.numpy(),
        precisions_init=np.ones((2, 2)),
        max_iter=200,
        tol=0,
        reg_covar=1e-6,
    )
    with pytest.warns(Warning):
        reference.fit(np.repeat(z, counts, axis=0))
    np.testing.assert_allclose(fitted.weights.numpy(), reference.weights_, atol=1e-5)
    np.testing.assert_allclose(fitted.means.numpy(), reference.means_, atol=1e-4)
    np.testing.assert_allclose(fitted.variances.numpy(), reference.covariances_, atol=1e-4)


def test_fit_never_lowers_the_likelihood() -> None:
    z = example().sample(300, torch.Generator().manual_seed(7))
    mixture = standard_mixture(4, 2).fit(z, iterations=0)
    mixture = GaussianMixture(*(t.double() for t in (mixture.weights, mixture.means, mixture.variances)))
    likelihood = [float(log_density(mixture, z).mean())]
    for _ in range(10):
        mixture = mixture.fit(z, iterations=1, variance_floor=1e-9)
        likelihood.append(float(log_density(mixture, z).mean()))
    assert all(b >= a - 1e-9 for a, b in zip(likelihood, likelihood[1:]))
    assert likelihood[-1] > likelihood[0] + 0.1


def test_latents_that_are_all_the_same_leave_the_floor_of_the_variance() -> None:
    fitted = example().fit(torch.full((20, 2), 0.5, dtype=torch.float64), iterations=3, variance_floor=0.01)
    there = fitted.weights > 1e-6
    assert there.any() and torch.allclose(fitted.variances[there], torch.tensor(0.01, dtype=torch.float64), atol=1e-9)
    assert torch.allclose(fitted.means[there], torch.tensor(0.5, dtype=torch.float64))


def test_fit_refuses_useless_weights() -> None:
    z = torch.zeros(3, 2, dtype=torch.float64)
    with pytest.raises(InputError, match="not all zero"):
        example().fit(z, torch.zeros(3, dtype=torch.float64))


def test_batched_mixtures_are_independent() -> None:
    base = example()
    batch = GaussianMixture(
        *(torch.stack([t, t + 1 if t is base.means else t]) for t in (base.weights, base.means, base.variances))
    )
    z = torch.randn(2, 7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(log_density(batch, z)[0], log_density(base, z[0]))
    assert torch.allclose(log_density(batch, z)[1], log_density(base, z[1] - 1))
    assert batch.sample(5, torch.Generator().manual_seed(0)).shape == (2, 5, 2)
