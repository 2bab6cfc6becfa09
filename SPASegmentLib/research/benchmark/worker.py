"""Runs one measurement in a process of its own: its memory is nobody else's, and nothing is warm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Dict, Optional

from SPASegmentLib.errors import SPAError


def in_process(part: str, spec: Dict[str, Any], threads: Optional[int] = None) -> Any:
    """Run a part elsewhere and return what it found.

    Args:
        part: a name in `run`.
        spec: its arguments.
        threads: of numerical libraries from the start on; None leaves them as they are.

    Raises:
        SPAError: it failed; the message is its last line.
    """
    return wait_for(begin(part, spec, threads))


def begin(part: str, spec: Dict[str, Any], threads: Optional[int] = None) -> subprocess.Popen[str]:
    """Start a part; `wait_for` it later."""
    environment = dict(os.environ)
    if threads is not None:
        environment.update({name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")})
    command = [sys.executable, "-m", "SPASegmentLib.research.benchmark.worker", part, json.dumps(spec)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for(process: subprocess.Popen[str]) -> Any:
    """The result of a part that was begun.

    Raises:
        SPAError: it failed; the message is its last line.
    """
    try:
        out, err = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        if process.returncode < 0:
            raise SPAError("The measurement's process was ended, perhaps for want of memory; run it again.")
        lines = err.strip().splitlines() or [f"exit code {process.returncode}"]
        raise SPAError(f"The measurement failed: {lines[-1]}")
    return json.loads(out.splitlines()[-1])


def run(part: str, spec: Dict[str, Any]) -> Any:
    """Run a part here.

    Raises:
        SPAError: there is no such part, or it cannot run here.
    """
    if part == "rounds":
        from SPASegmentLib.research.benchmark.rounds import CaseSpec, measure_case

        lists = {name: tuple(value) for name, value in spec.items() if isinstance(value, list)}
        return measure_case(CaseSpec(**{**spec, **lists}))
    if part == "product":
        from SPASegmentLib.research.benchmark.product import measure_product

        return measure_product(**spec)
    if part == "cold":
        from SPASegmentLib.research.benchmark.cold import measure_cold

        return measure_cold(**spec)
    if part == "imports":
        from SPASegmentLib.research.benchmark.imports import measure_imports

        return measure_imports(**spec)
    if part == "soak":
        from SPASegmentLib.research.benchmark.soak import measure_soak

        return measure_soak(**spec)
    if part == "evaluation":
        from SPASegmentLib.research.benchmark.throughput import measure_evaluation

        return measure_evaluation(**spec)
    if part == "training":
        from SPASegmentLib.research.benchmark.throughput import measure_training

        return measure_training(**spec)
    raise SPAError(f"There is no measurement {part!r}.")


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], json.loads(sys.argv[2]))))
