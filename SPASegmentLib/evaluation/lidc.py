"""Evaluation on multi-rater slices in the shared npz format."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

import torch

from SPASegmentLib.data.shards import load_slices
from SPASegmentLib.errors import InputError
from SPASegmentLib.evaluation.cases import make_cases
from SPASegmentLib.evaluation.rounds import run_case, summary
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.weights import LoadedNetwork
from SPASegmentLib.output import reporting_write_errors, whole_file


def evaluate(
    loaded: LoadedNetwork,
    files: Sequence[Path],
    protocol: str,
    settings: SessionSettings,
    noise: float = 0.0,
    limit: Optional[int] = None,
    progress: Optional[Callable[[int, int], None]] = None,
) -> Dict[str, Any]:
    """Run a user who only chooses through every case.

    Args:
        loaded: the network and its card.
        files: npz files with `images`, `masks` and, where known, `patients`.
        protocol: see `cases.make_cases`.
        settings: of the sessions; its seed also draws the cases.
        noise: share of choices made at random.
        limit: cases at most, evenly spread; None for all.
        progress: called with (cases done, cases in all).

    Returns:
        A record with the figures by round, their intervals, and everything needed to repeat the run.

    Raises:
        InputError: the files or the protocol cannot be used.
    """
    if not 0 <= noise < 1:
        raise InputError(f"Choice noise is a share between 0 and 1, not {noise}.")
    cases = make_cases(load_slices(files), protocol, settings.seed, limit=limit)
    started, results = time.perf_counter(), []
    for i, case in enumerate(cases):
        results.append(run_case(loaded.network, case, settings, noise))
        if progress is not None:
            progress(i + 1, len(cases))
    patients = [case.patient for case in cases]
    known = [p for p in patients if p is not None]
    return {
        "protocol": protocol,
        "user": "choice",
        "noise": noise,
        "rounds": settings.rounds,
        "files": [Path(f).name for f in files],
        "weights": loaded.card.name,
        "sha256": loaded.card.sha256,
        "settings": {name: getattr(settings, name) for name in settings.__dataclass_fields__},
        "intervals_over": "patients" if len(known) == len(cases) else "cases",
        **summary(results, known if len(known) == len(cases) else None),
        "seconds": round(time.perf_counter() - started, 1),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }


def write_record(record: Dict[str, Any], path: Path) -> None:
    """Write the record as JSON.

    Raises:
        OutputError: it cannot be written.
    """
    with reporting_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
