"""Which measurements docs/results.md is made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from SPASegmentLib.research.evaluation.methods.catalogue import UNUSED
from SPASegmentLib.research.evaluation.methods.trained import CLICKED, TRAINED
from SPASegmentLib.research.evaluation.task import Task

#: Cases of the measurements that take every fourth slice, and of those with single raters, which take every third (a
#: step of two or four would always meet the same raters of a slice): of val.npz, whose lists have 464 and 1856.
QUARTER, THIRD = 116, 619
#: Choice noise, in percent.
NOISES = (10, 30)
#: Predictions per round beside the default 48 (paper, appendix 8).
PREDICTIONS = (24, 36)
#: Rows of the ablation (paper, Table 3, and what was added here): name -> what it is called, and its options.
ABLATIONS: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "random-gaussian": (
        "random Gaussian: the prior, never moved", {"update": "amortised", "refine": False, "generator": "none"}
    ),
    "gaussians": ("+ mean and variance", {"update": "amortised", "refine": False, "generator": "gaussians"}),
    "weights": ("+ mixture weights", {"update": "amortised", "refine": False, "generator": "weights"}),
    "amortised": ("all three, amortised (the paper's method)", {"update": "amortised", "refine": False}),
    "bayesian": ("all three, exact Bayes over choices", {"refine": False}),
    "amortised-refined": ("amortised, with shape latents", {"update": "amortised"}),
    "without-prompts": ("default, but the chosen mask is not given to the network", {"feedback_prompts": False}),
    "48-particles": ("default, but 48 latents carry everything", {"particles": 48}),
}  # fmt: skip
#: Trainings with some terms of the loss (`Resources/Training/losses.yaml`, `make losses`) -> the terms left out.
LOSSES: Dict[str, Tuple[str, ...]] = {
    "full": (),
    "without-best-of-n": ("best_of_n",),
    "without-energy": ("energy",),
    "without-components": ("components",),
    "recommended-only": ("best_of_n", "energy", "components"),
}
#: Part of the preference generator that a network is trained with and used with (`make ablations`) -> the row of
#: `ABLATIONS` with that part in use.
GENERATORS = {"none": "random-gaussian", "gaussians": "gaussians", "weights": "weights", "all": "amortised"}
#: The paper's fusion (`make embedding`), beside the bundled weights' own.
EMBEDDING = "compact-embedding"
#: SPA from the box that methods in the manner of MedSAM are shown -> how its user answers.
BOXED = {"box": "choice", "box-clicks": "clicks"}
UNTRAINED = ("resample", "seed-mask", "consensus")
#: What the names of records begin with whose networks are trained for them alone; the others have the bundled weights.
OWN_WEIGHTS = ("loss-", "generator-", "fusion-", "widening-", "protocol-", "named-")


def plan(
    weights: Optional[Path] = None,
    baselines: Path = Path("runs/baselines"),
    losses: Path = Path("runs/losses"),
    jobs: Optional[int] = None,
) -> Dict[str, Task]:
    """Name of the record -> what to measure.

    Args:
        weights: of the SPA network; None for the bundled ones.
        baselines: folder of the trained baselines.
        losses: folder of the weights that were trained with some terms of the loss, with parts of the preference
            generator, and with the other fusion.
        jobs: processes; None for one per processor core.
    """
    spa = Task(weights=weights, baselines=baselines, jobs=jobs)
    tasks = {
        "combination": spa,
        "rater": replace(spa, protocol="rater", limit=THIRD),
        "policy": replace(spa, protocol="policy"),
    }
    others = replace(spa, weights=None)  # which have weights of their own, or none
    for name in UNTRAINED:
        base = others if "weights" in UNUSED[name] else spa
        for protocol, limit in (("combination", None), ("rater", THIRD)):
            tasks[f"{name}-{protocol}"] = replace(base, method=name, protocol=protocol, limit=limit)
    for percent in NOISES:
        tasks[f"noise-{percent}"] = replace(spa, noise=percent / 100, limit=QUARTER)
    for user in ("choice+point", "choice+oracle-point", "clicks"):
        tasks[f"user-{user}"] = replace(spa, user=user, limit=QUARTER)
    for name, (_, options) in ABLATIONS.items():
        tasks[f"ablation-{name}"] = replace(spa, limit=QUARTER, **options)
    for n in PREDICTIONS:
        tasks[f"predictions-{n}"] = replace(spa, predictions=n, limit=QUARTER)
    for name in TRAINED:
        user = "clicks" if name in CLICKED else "choice"
        for protocol, limit in (("combination", None), ("rater", THIRD)):
            tasks[f"{name}-{protocol}"] = replace(others, method=name, user=user, protocol=protocol, limit=limit)
    for name, user in BOXED.items():
        for protocol, limit in (("combination", None), ("rater", THIRD)):
            tasks[f"{name}-{protocol}"] = replace(spa, start="sloppy-box", user=user, protocol=protocol, limit=limit)
    for name in LOSSES:
        trained = replace(spa, weights=losses / name / f"{name}.safetensors", limit=QUARTER)
        tasks[f"loss-{name}"] = trained
        tasks[f"loss-{name}-alone"] = replace(trained, refine=False)
    for part, row in GENERATORS.items():
        name = f"generator-{part}"
        tasks[name] = replace(tasks[f"ablation-{row}"], weights=losses / name / f"{name}.safetensors")
    embedding = replace(spa, weights=losses / EMBEDDING / f"{EMBEDDING}.safetensors")
    tasks["fusion-embedding-combination"] = embedding
    tasks["fusion-embedding-rater"] = replace(embedding, protocol="rater", limit=THIRD)
    return tasks


def may_be_missing(name: str, task: Task) -> bool:
    """Whether a record is left out where its network has not been trained."""
    return task.method in TRAINED or name.startswith(OWN_WEIGHTS)
