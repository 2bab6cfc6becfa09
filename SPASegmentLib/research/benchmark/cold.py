"""The first click of a process, imports and the reading of weights included, with either runtime."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from typing import Any, Dict, List, Tuple

from SPASegmentLib.errors import SPAError
from SPASegmentLib.research.benchmark.clock import spread

RUNTIMES = ("onnx", "torch")
#: Threads of numerical libraries: one, or as many as they take where nobody says so, as in Slicer.
THREADS = ("1", "all")
#: What tells them.
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
#: A frame with a bright, hazily edged object, as a front end cuts it from a CT.
_CLICK = """
import json, sys, time
cpu, wall = time.process_time(), time.perf_counter()
import numpy as np
import SPASegmentLib as spa
rows, columns = np.mgrid[:512, :512]
pixels = 900 / (1 + np.exp((np.hypot(rows - 256, columns - 256) - 18) / 4.0)) - 850
pixels += 40 * np.random.default_rng(0).standard_normal(pixels.shape)
loaded = spa.load_default(device="cpu", runtime={runtime!r})
session = spa.Session(loaded.network, spa.FrameImage(pixels, (0.7, 0.7)))
session.start(spa.Click(256, 256))
first = time.process_time() - cpu, time.perf_counter() - wall
rounds = []
for number in range(5):
    cpu, wall = time.process_time(), time.perf_counter()
    session.choose(1)
    rounds.append((time.process_time() - cpu, time.perf_counter() - wall))
rounds.sort()
clicks = []
for number in range(5):
    session = spa.Session(loaded.network, spa.FrameImage(pixels, (0.7, 0.7)))
    cpu, wall = time.process_time(), time.perf_counter()
    session.start(spa.Click(255 + number % 2, 255 + number // 2))
    clicks.append((time.process_time() - cpu, time.perf_counter() - wall))
clicks.sort()
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
assert ("torch" in sys.modules) == ({runtime!r} == "torch")
print(json.dumps([*first, *rounds[2], *clicks[2], peak]))
"""


def measure_cold(repeats: int = 5) -> List[Dict[str, Any]]:
    """Seconds from nothing to five masks, of a further round and of later clicks, and peak memory, for each runtime.

    Args:
        repeats: new processes for each, in turns, after one that brings the files into the system's cache.

    Raises:
        SPAError: a process fails.
    """
    kinds = list(itertools.product(THREADS, RUNTIMES))
    taken: Dict[Tuple[str, str], List[List[float]]] = {kind: [] for kind in kinds}
    for _ in range(repeats + 1):
        for threads, runtime in kinds:
            taken[threads, runtime].append(_click(runtime, threads))
    return [
        {
            "runtime": runtime,
            "threads": threads,
            **{part: _spreads(found[1:], 2 * k) for k, part in enumerate(("click", "round", "again"))},
            "peak_mib": round(max(t[-1] for t in found[1:]), 1),
        }
        for (threads, runtime), found in taken.items()
    ]


def _spreads(found: List[List[float]], first: int) -> Dict[str, Any]:
    """Of seconds of processor, and after them on the wall."""
    return {kind: spread([each[first + k] for each in found]) for k, kind in enumerate(("cpu_s", "wall_s"))}


def _click(runtime: str, threads: str) -> Any:
    code = _CLICK.format(runtime=runtime)
    told = {name: threads for name in _VARIABLES} if threads != "all" else {}
    environment = {**{name: value for name, value in os.environ.items() if name not in _VARIABLES}, **told}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SPAError(f"A click with {runtime} failed: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
