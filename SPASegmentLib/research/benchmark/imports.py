"""How long importing takes, each time in a new process: what 3D Slicer does before anything is asked of SPA."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Dict, List

from SPASegmentLib.errors import SPAError
from SPASegmentLib.research.benchmark.clock import spread

#: The package, the command line before a command is chosen, and sessions as they run without a network.
MODULES = ("SPASegmentLib", "SPASegmentLib.cli", "SPASegmentLib.interaction.session")
_TIMED = """
import json, sys, time
cpu, wall = time.process_time(), time.perf_counter()
import {module}
taken = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps([*taken, "torch" in sys.modules]))
"""


def measure_imports(repeats: int = 7) -> List[Dict[str, Any]]:
    """Seconds to import each of `MODULES`, and whether PyTorch came with it.

    Args:
        repeats: new processes for each module, after one that brings the files into the system's cache.

    Raises:
        SPAError: a module cannot be imported.
    """
    records = []
    for module in MODULES:
        taken = [_import(module) for _ in range(repeats + 1)][1:]
        records.append(
            {
                "module": module,
                "cpu_s": spread([cpu for cpu, _, _ in taken]),
                "wall_s": spread([wall for _, wall, _ in taken]),
                "with_torch": any(torch for _, _, torch in taken),
            }
        )
    return records


def _import(module: str) -> Any:
    done = subprocess.run([sys.executable, "-c", _TIMED.format(module=module)], capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SPAError(f"{module} cannot be imported: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
