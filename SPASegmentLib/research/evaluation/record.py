"""Records: what was measured, how it came about, and the values of every case; JSON that pages are written from."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Protocol, Tuple

import torch

from SPASegmentLib.model.card import bundled
from SPASegmentLib.model.weights import load
from SPASegmentLib.output import json_with, write_json, write_text
from SPASegmentLib.research.evaluation.baselines.training import read_baseline_card
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.catalogue import MethodSpec
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.rounds import CaseRounds, summary
from SPASegmentLib.research.evaluation.statistics import rounded

#: What is told of the training of the weights.
_COST = ("initial", "steps", "batch", "machine", "processes", "core_seconds", "last_run")


def figures(results: List[CaseRounds], cases: List[Case]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """The summary, and the values of every case; patients (or images, see `Case.group`) become numbers."""
    groups = [case.group for case in cases]
    numbers = {name: i for i, name in enumerate(sorted(set(groups)))}
    per_case: Dict[str, Any] = {
        "id": [f"{case.id.file}:{case.id.row}:{case.id.raters}" for case in cases],
        "patient": [numbers[name] for name in groups],
    }
    for name in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        per_case[name] = [rounded(result.rounds[name]) for result in results]
    known = {case.patient is not None for case in cases}
    kind = "patients and images" if len(known) == 2 else "patients" if True in known else "images"
    return {**summary(results, groups), "intervals_over": f"{len(numbers)} {kind}"}, per_case


class Options(Protocol):
    """What all tasks have."""

    @property
    def limit(self) -> Optional[int]:
        """Cases at most."""

    @property
    def seed(self) -> int:
        """Of what is drawn at random."""


def made_by(task: Options, spec: MethodSpec, command: str, started: float, processes: int) -> Dict[str, Any]:
    """How a record came about: options, weights, command, machine and time.

    Args:
        task: what was measured.
        spec: with which method.
        command: that repeats it.
        started: by `time.perf_counter`.
        processes: that worked at the same time.
    """
    return {
        "limit": task.limit,
        "seed": task.seed,
        **_about(spec),
        "command": command,
        "machine": f"{platform.machine()}, {processes} processes of one thread",
        "seconds": round(time.perf_counter() - started, 1),
        "torch": torch.__version__,
    }


def _about(spec: MethodSpec) -> Dict[str, Any]:
    """Weights and settings of a method."""
    settings = {name: getattr(spec.settings, name) for name in spec.settings.__dataclass_fields__}
    if spec.name in TRAINED:
        return {"trained": [read_baseline_card(spec.baselines / name) for name in TRAINED[spec.name]]}
    if not spec.uses_network:
        return {"settings": settings} if spec.name == "seed-mask" else {}
    loaded = load(spec.weights or bundled())
    card = loaded.card
    return {
        "weights": card.name,
        "sha256": card.sha256,
        "parameters": sum(p.numel() for p in loaded.network.parameters()),
        "training": {key: card.training.get(key) for key in _COST},
        "history": card.extra.get("history"),
        "settings": settings,
        "generator": spec.generator,
        **({"runtime": spec.runtime} if spec.runtime != "torch" else {}),
    }


def write_record(record: Dict[str, Any], path: Path) -> None:
    """Write the record as JSON, the values of a case on one line each.

    Raises:
        OutputError: it cannot be written.
    """
    if "cases" not in record:
        write_json(record, path)
        return
    head = {name: value for name, value in record.items() if name != "cases"}
    write_text(json_with(head, "cases", json.dumps(record["cases"], separators=(",", ":"))), path)
