"""Small data in the shared format, and records that were never measured."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator

import numpy as np
import pytest

from SPASegmentLib.research.data.shards import RaterSlices, pack
from SPASegmentLib.research.evaluation import statistics
from SPASegmentLib.research.evaluation.cases import POLICY_USERS, SEQUENCE, Case, CaseId
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.named.figures import Worked
from SPASegmentLib.research.evaluation.named.figures import summary as summary_of_people
from SPASegmentLib.research.evaluation.named.people import People
from SPASegmentLib.research.evaluation.named.sequences import Way, Ways
from SPASegmentLib.research.evaluation.named.two_programs import compare_programs
from SPASegmentLib.research.evaluation.policy import LATER, OPPOSITES, SequenceResult, policy_summary
from SPASegmentLib.research.evaluation.results.plan import plan
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.rounds import CaseRounds, summary
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.task import Task

RECORD_CASES = 12


@pytest.fixture(scope="module", autouse=True)
def intervals_over_few() -> Iterator[None]:
    """Data of these tests are small; that there are no intervals over so few patients has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "LEAST_GROUPS", 1)
        yield


def draw_slices(count: int, radii: tuple[int, ...] = (6, 7, 8, 9), seed: int = 0) -> RaterSlices:
    """Bright disks that four readers draw with different radii; two slices of each patient."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:96, :96]
    images, masks = [], []
    for i in range(count):
        cx, cy = 44 + i % 5, 50 - i % 7
        distance = 7.5 - np.hypot(yy - cy, xx - cx)
        images.append(np.clip(60 + 120 / (1 + np.exp(-distance)) + 6 * rng.standard_normal((96, 96)), 0, 255))
        masks.append(pack(np.stack([np.hypot(yy - cy, xx - cx) < r for r in radii])))
    patients = np.array([f"p{i // 2}" for i in range(count)])
    return RaterSlices(np.stack(images).astype(np.uint8), np.stack(masks), patients)


@pytest.fixture(scope="session")
def slices() -> RaterSlices:
    return draw_slices(4)


@pytest.fixture(scope="session")
def disks(slices: RaterSlices) -> EvaluationFile:
    return EvaluationFile("disks", slices, slices.patients)


@pytest.fixture(scope="session")
def npz(slices: RaterSlices, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("npz") / "disks.npz"
    np.savez(path, images=slices.images, masks=slices.masks, patients=slices.patients)
    return path


@pytest.fixture(scope="session")
def many() -> EvaluationFile:
    slices = draw_slices(26)
    return EvaluationFile("many", slices, slices.patients)


def made_up(name: str, task: Task) -> Record:
    """A record of cases that were never run, in the form of a real one."""
    rng = np.random.default_rng(len(name) + 7 * sum(map(ord, name)))

    def rounds() -> CaseRounds:
        dice = np.sort(rng.uniform(0.6, 0.95, 6))
        values = {
            "dice_recommended": dice, "iou_recommended": dice / (2 - dice), "dice_best_on_screen": dice + 0.01,
            "dice_best_seen": dice + 0.02, "expected_dice": dice + 0.05, "dice_included_raters": dice - 0.1,
            "dice_excluded_raters": dice - 0.2,
        }  # fmt: skip
        once = {k: rng.random() for k in ("ged_16", "ged_48", "dice_max", "dice_max_of_predictions", "dice_match",
                                          "dice_match_candidates", "uncertainty_correlation")}  # fmt: skip
        return CaseRounds(values, once, rng.uniform(0.8, 0.9, (6, 6)), rng.random((3, 15)) + 1)

    results = [rounds() for _ in range(RECORD_CASES)]
    patients = [f"p{i % 5}" for i in range(RECORD_CASES)]
    record: Record = {
        "protocol": task.protocol, "method": task.method, "user": task.user, "rounds": 6,
        **summary(results, patients), "intervals_over": "5 patients", "files": ["val.npz"], "weights": "compact",
        "sha256": "0" * 64, "parameters": 2e6, 
        "training": {"steps": 100, "batch": 32, "machine": "a core", "core_seconds": 1200},
        "command": task.command([Path("val.npz")]), "machine": "here", "seconds": 1.0, "torch": "2",
        "cases": {
            "id": [f"val:{i}:1" for i in range(RECORD_CASES)], "patient": [i % 5 for i in range(RECORD_CASES)],
            **{k: [r.rounds[k].tolist() for r in results]
               for k in ("dice_recommended", "dice_best_on_screen", "dice_best_seen")},
        },
    }  # fmt: skip
    if task.method in TRAINED:
        record["trained"] = [
            {"name": n, "description": "a network", "parameters": 1e6, "steps": 9, "batch": 4, "core_seconds": 60}
            for n in TRAINED[task.method]
        ]
    if task.protocol == "policy":
        later = SEQUENCE - LATER
        sequences = [
            SequenceResult(
                0, user, tuple(f"p{i}" for i in range(SEQUENCE)), [rounds() for _ in range(SEQUENCE)],
                [rounds() for _ in range(SEQUENCE)], [rounds() for _ in range(later)] if user in OPPOSITES else [],
            )
            for user in POLICY_USERS
        ]  # fmt: skip
        record["policy"] = policy_summary(sequences)
    return record


def made_up_people() -> Record:
    """A record of named people who never worked."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:16, :16]
    masks = np.stack([np.hypot(rows - 8, columns - 8) < radius for radius in (4, 5, 6)])
    names, images = ("ann", "ben", "cleo"), tuple(f"a:{i}" for i in range(8))
    cases = tuple(
        tuple(
            Case(CaseId("a", i, 1 << k, 8, 8, i), masks[0], masks, np.arange(3) == k, masks[k], f"p{i}", None)
            for i in range(8)
        )
        for k in range(3)
    )
    people = People(names, images, cases)

    def ways(first: int) -> Ways:
        dice = [np.sort(rng.uniform(0.5, 0.95, (3, 6)), axis=1) for _ in images]
        return [None if i < first else Way(*three, float(three[1][-1]), 0.1) for i, three in enumerate(dice)]

    worked = [Worked(ways(0), ways(0), ways(6), ways(4), names[k - 1]) for k in range(3)]
    second = {(k, i): masks[(k + 1) % 3] for k in range(3) for i in range(8)}
    return {
        "protocol": "named", "method": "spa", "user": "choice", "start": "click", "rounds": 6, "n_cases": 24,
        "images": "7 to 8", **summary_of_people(people, worked),
        "two_programs": compare_programs(people, second, worked),
        "seen_in_training": {"a.npz": "no"}, "intervals_over": "8 images or patients", "files": ["a.npz"],
        "weights": "compact", "sha256": "0" * 64, "parameters": 2e6,
        "command": "spa evaluate named --npz a.npz", "machine": "here", "seconds": 1.0, "torch": "2",
    }  # fmt: skip


@pytest.fixture(scope="session")
def records() -> Dict[str, Record]:
    """All records of the page; whoever changes one works on a copy."""
    made = {name: made_up(name, task) for name, task in plan().items()}
    made["named-a"] = made_up_people()
    masks = {"protocol": "masks", "files": ["brains"], "diameters_px": {"5": 9.0, "50": 20.4, "95": 88.0}}
    made["masks-brains"] = {**made_up("masks", Task()), **masks}
    for name in (f"protocol-{split}-{user}" for split in ("patients", "slices") for user in ("candidate", "oracle")):
        made[name] = made_up(name, Task())
    for name in ("widening-lidc-widened", "widening-volumes-alone", "widening-volumes-widened"):
        made[name] = made_up(name, Task())
    return made
