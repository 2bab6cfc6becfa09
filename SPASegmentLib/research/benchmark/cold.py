"""The first click of a process, imports and the reading of weights included, with either runtime."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Dict, List

from SPASegmentLib.errors import SPAError
from SPASegmentLib.research.benchmark.clock import spread

RUNTIMES = ("onnx", "torch")
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
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
assert ("torch" in sys.modules) == ({runtime!r} == "torch")
print(json.dumps([*first, *rounds[2], peak]))
"""


def measure_cold(repeats: int = 5) -> List[Dict[str, Any]]:
    """Seconds from nothing to five masks, seconds of a further round, and peak memory, for each runtime.

    Args:
        repeats: new processes for each, in turns, after one that brings the files into the system's cache.

    Raises:
        SPAError: a process fails.
    """
    taken: Dict[str, List[List[float]]] = {runtime: [] for runtime in RUNTIMES}
    for _ in range(repeats + 1):
        for runtime in RUNTIMES:
            taken[runtime].append(_click(runtime))
    return [
        {
            "runtime": runtime,
            "click": {"cpu_s": spread([t[0] for t in found[1:]]), "wall_s": spread([t[1] for t in found[1:]])},
            "round": {"cpu_s": spread([t[2] for t in found[1:]]), "wall_s": spread([t[3] for t in found[1:]])},
            "peak_mib": round(max(t[4] for t in found[1:]), 1),
        }
        for runtime, found in taken.items()
    ]


def _click(runtime: str) -> Any:
    code = _CLICK.format(runtime=runtime)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SPAError(f"A click with {runtime} failed: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
