"""For research: frames a second in evaluation and training, and where a training step's time goes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import torch

from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.encoders import ENCODERS
from SPASegmentLib.model.network import NetworkConfig
from SPASegmentLib.model.precision import training_precision
from SPASegmentLib.research.benchmark.product import network_of
from SPASegmentLib.research.benchmark.worker import begin, wait_for
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.cases import draw_ids, open_case, thinned
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.rounds import run_case
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.training.batches import BatchSource, row_weights
from SPASegmentLib.research.training.trainer import Trainer, TrainSettings
from SPASegmentLib.research.training.unroll import UnrollSettings, unroll
from SPASegmentLib.research.training.widen import synthetic_slices

#: Images of a training step, and sampling weights of slices by number of raters; as in `Resources/Training`.
BATCH, BY_RATERS = 32, (0.0, 0.15, 0.5, 0.8, 1.0)


def slices_of(count: int) -> RaterSlices:
    """Synthetic slices with four readers' masks, so that nothing needs to be at hand."""
    return synthetic_slices(count, seed=0)


def measure_evaluation(cases: int = 12, threads: int = 1, weights: Optional[str] = None) -> Dict[str, Any]:
    """Whole simulated sessions (six rounds, default settings) in this process."""
    torch.set_num_threads(threads)
    method = SPAMethod(network_of(weights), SessionSettings())
    files = [EvaluationFile("synthetic", slices_of(3 * cases))]
    ids = thinned(draw_ids(files, "combination"), "combination", cases)
    found = [open_case(case, files) for case in ids]
    run_case(method, found[0], User(), method.settings.rounds)
    cpu, wall = time.process_time(), time.perf_counter()
    for case in found:
        run_case(method, case, User(), method.settings.rounds)
    return _rate(len(found), time.process_time() - cpu, time.perf_counter() - wall)


def measure_training(
    steps: int = 4, threads: int = 1, batch: int = BATCH, config: Optional[Dict[str, Any]] = None, rounds: int = 3
) -> Dict[str, Any]:
    """Training steps in this process, split into drawing the batch, forward, backward and the optimiser.

    Args:
        steps: measured, after one that warms up.
        threads: of PyTorch.
        batch: images in a step.
        config: fields of `NetworkConfig`; None for the compact network.
        rounds: unrolled.
    """
    torch.set_num_threads(threads)
    network = NetworkConfig(**(config or {}))
    slices = slices_of(64)
    map_size = 4 * network.image_size // ENCODERS[network.encoder].stride
    source = BatchSource(
        [(slices, row_weights(slices, BY_RATERS), 1.0)], batch, network.image_size, map_size, targets=4, seed=0
    )
    settings = TrainSettings(steps=steps + 1, unroll=UnrollSettings(rounds=rounds))
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(network, settings, source, Path(folder))
        trainer.train_step()
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(steps):
            trainer.train_step()
        record = _rate(batch * steps, time.process_time() - cpu, time.perf_counter() - wall)
        return {**record, "steps": steps, "batch": batch, "split_cpu_s": _split(trainer, max(2, steps // 2))}


def _split(trainer: Trainer, steps: int) -> Dict[str, float]:
    """Processor seconds of the parts of a step; the same calls as `Trainer.train_step` makes."""
    totals = {"data": 0.0, "forward": 0.0, "backward": 0.0, "optimiser": 0.0}
    network, settings = trainer.network.train(), trainer.settings
    for _ in range(steps):
        marks = [time.process_time()]
        batch = trainer.source.draw()
        marks.append(time.process_time())
        with training_precision(torch.device("cpu"), settings.bfloat16):
            loss, _ = unroll(network, batch, settings.unroll, carried=False)
        marks.append(time.process_time())
        trainer.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        marks.append(time.process_time())
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        trainer.optimiser.step()
        trainer.averaged.update_parameters(network)
        marks.append(time.process_time())
        for name, start, end in zip(totals, marks, marks[1:]):
            totals[name] += end - start
    return {name: round(total / steps, 4) for name, total in totals.items()}


def measure_throughput(quick: bool = False, weights: Optional[str] = None) -> List[Dict[str, Any]]:
    """Evaluation and training, in one process and in two at the same time, one thread each."""
    records: List[Dict[str, Any]] = []
    small = {"channels": 32, "image_size": 64, "mlp_dim": 64} if quick else None
    plans = (
        ("evaluation", {"cases": 2 if quick else 12, "weights": weights}),
        ("training", {"steps": 1 if quick else 4, "batch": 4 if quick else BATCH, "config": small}),
    )
    for work, spec in plans:
        for processes in (1, 2):
            running = [begin(work, spec, threads=1) for _ in range(processes)]
            found = [wait_for(process) for process in running]
            record = {
                "work": work,
                "processes": processes,
                "threads_each": 1,
                "frames_per_s": round(sum(f["frames_per_s"] for f in found), 3),
                "frames_per_cpu_s": round(sum(f["frames"] for f in found) / sum(f["cpu_s"] for f in found), 3),
            }
            if work == "training":
                record["batch"] = found[0]["batch"]
                record["split_cpu_s"] = found[0]["split_cpu_s"]
            records.append(record)
    return records


def _rate(frames: int, cpu: float, wall: float) -> Dict[str, Any]:
    return {
        "frames": frames, "cpu_s": round(cpu, 4), "wall_s": round(wall, 4), "frames_per_s": round(frames / wall, 4)
    }  # fmt: skip
