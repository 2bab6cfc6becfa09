"""What speed costs in accuracy: Dice by round beside the time, for one setting changed at a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.precision import use_half
from SPASegmentLib.model.weights import LoadedNetwork, load, load_default, load_for_use
from SPASegmentLib.research.evaluation.cases import draw_ids, open_case, thinned
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.rounds import run_case, summary
from SPASegmentLib.research.evaluation.slices import open_files
from SPASegmentLib.research.evaluation.users import User

#: What is varied, each against the defaults. "bfloat16" is a setting of the network, left out
#: where it is the default on this machine already; the rest are of the session.
SETTINGS: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    ("default", {}),
    ("N = 24", {"predictions": 24}),
    ("N = 12", {"predictions": 12}),
    ("N = 96", {"predictions": 96}),
    ("128 particles", {"particles": 128}),
    ("256 particles", {"particles": 256}),
    ("1024 particles", {"particles": 1024}),
    ("without shape refinement", {"refine": False}),
    ("amortised, the paper's procedure", {"preference_update": "amortised", "refine": False}),
    ("amortised, N = 12", {"preference_update": "amortised", "refine": False, "predictions": 12}),
    ("6 candidates", {"candidates": 6}),
    ("bfloat16", {"bfloat16": True}),
    ("float32", {"bfloat16": False}),
)


def measure_accuracy(
    files: Sequence[Path],
    weights: Sequence[Path] = (),
    limit: int = 60,
    seed: int = 0,
    settings: Sequence[Tuple[str, Dict[str, Any]]] = SETTINGS,
    progress: Optional[Callable[[int, int], None]] = None,
) -> List[Dict[str, Any]]:
    """A user who only chooses, on the same cases with every setting.

    Args:
        files: npz files with the masks of several raters.
        weights: weights files (for instance of both fusions); none for the bundled one.
        limit: cases at most, evenly spread over the files.
        seed: of cases and sessions.
        settings: names and what differs from the defaults.
        progress: called with (sessions done, sessions in all).

    Returns:
        One record for each weights file and setting: Dice by round with intervals, and processor seconds.

    Raises:
        InputError: the files cannot be used.
    """
    torch.set_num_threads(1)
    opened = open_files(files)
    ids = thinned(draw_ids(opened, "combination", seed), "combination", limit)
    cases = [open_case(case, opened) for case in ids]
    networks = [(load_for_use(path), path) for path in weights or (None,)]
    plan = [
        (loaded, path, name, changed)
        for loaded, path in networks
        for name, changed in settings
        if changed.get("bfloat16") != _in_half(loaded.network)
    ]
    records, done, total = [], 0, len(plan) * len(cases)
    for loaded, path, name, changed in plan:
        network, values = _prepared(loaded, path, changed, seed)
        method, results = SPAMethod(network, values), []
        cpu = 0.0
        for case in cases:
            began = time.process_time()
            # Threads that wait for each other would count as work.
            with threadpool_limits(limits=1):
                results.append(run_case(method, case, User(), values.rounds))
            cpu += time.process_time() - began
            done += 1
            if progress is not None:
                progress(done, total)
        patients = [case.patient for case in cases]
        found = summary(results, [str(p) for p in patients] if None not in patients else None)
        records.append(
            {
                "setting": name,
                "default": not changed,
                "changed": changed,
                "weights": loaded.card.name,
                "fusion": network.config.fusion,
                "n_cases": found["n_cases"],
                "dice_recommended": found["dice_recommended"],
                "dice_recommended_ci95": found["dice_recommended_ci95"],
                "dice_best_on_screen": found["dice_best_on_screen"],
                "session_cpu_s": round(cpu / len(cases), 4),
                "files": [Path(f).name for f in files],
                "seed": seed,
            }
        )
    return records


def _prepared(
    loaded: LoadedNetwork, path: Optional[Path], changed: Dict[str, Any], seed: int
) -> Tuple[SPANetwork, SessionSettings]:
    changed, network = dict(changed), loaded.network
    if "bfloat16" in changed:
        network = (load_default() if path is None else load(path)).network
        if changed.pop("bfloat16"):
            # Everything in half, also where `use_half` sees nothing to gain, to show what it would cost.
            use_half(network, everything=True)
    return network, SessionSettings(seed=seed, **changed)


def _in_half(network: SPANetwork) -> bool:
    return any(parameter.dtype == torch.bfloat16 for parameter in network.parameters())
