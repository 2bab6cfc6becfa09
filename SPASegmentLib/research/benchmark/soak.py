"""Does anything grow with slices, rounds or sessions? Memory, scene nodes and time over many of them."""

from __future__ import annotations

import gc
import time
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch

from SPASegmentLib.research.benchmark.clock import memory_mib
from SPASegmentLib.research.benchmark.product import SHAPE, lay_out, network_of

#: Slices that are gone through again and again: what the segment itself holds stops growing after the first time.
SLICES = 25


def measure_soak(
    sessions: int = 120,
    threads: int = 1,
    seconds: float = 90.0,
    weights: Optional[str] = None,
    shape: Tuple[int, int, int] = SHAPE,
) -> Dict[str, Any]:
    """Click, two rounds, accept; next slice; again; every tenth session is cancelled.

    Args:
        sessions: at most.
        threads: of PyTorch.
        seconds: after this time no further session is begun.
        weights: a weights file, or None for the bundled one.
        shape: (k, j, i) of the volume.

    Returns:
        Memory, nodes and processor time of every session, and how much memory a session adds in the second half
        (a straight line fitted), after which whatever is kept once has been kept.
    """
    from SPASegmentLib.mrml.scene import open_scene

    torch.set_num_threads(threads)
    network = network_of(weights)
    memory: List[float] = []
    nodes: List[int] = []
    cpu: List[float] = []
    began, rounds = time.perf_counter(), 0
    with open_scene() as scene:
        desk = lay_out(scene, tuple(shape), network)  # type: ignore[arg-type]
        controller, point = desk.controller, desk.point
        for n in range(sessions):
            if time.perf_counter() - began > seconds and n >= 8:
                break
            start = time.process_time()
            proposal = controller.run(controller.start_at(point(n % min(SLICES, shape[0])), "axial"))
            rounds += 1
            for _ in range(2):
                if len(proposal.masks) > 1:
                    proposal = controller.run(controller.choose(1))
                    rounds += 1
            wanted = next((row for row, mask in enumerate(proposal.masks) if mask.any()), None)
            if wanted is None or n % 10 == 9:
                controller.cancel()
            else:
                controller.accept(wanted)
            cpu.append(round(time.process_time() - start, 4))
            gc.collect()
            memory.append(memory_mib())
            nodes.append(int(scene.GetNumberOfNodes()))
    half = len(memory) // 2
    per_session = float(np.polyfit(np.arange(half, len(memory)), memory[half:], 1)[0]) if len(memory) > 3 else 0.0
    return {
        "sessions": len(memory),
        "rounds": rounds,
        "memory_mib": memory,
        "scene_nodes": nodes,
        "cpu_s": cpu,
        "mib_per_session_second_half": round(per_session, 4),
        "nodes_added_second_half": nodes[-1] - nodes[half],
        "cpu_ratio_last_to_first_quarter": round(
            float(np.median(cpu[-max(1, len(cpu) // 4) :]) / np.median(cpu[1 : 2 + len(cpu) // 4])), 3
        ),
    }
