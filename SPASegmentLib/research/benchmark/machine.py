"""On what, with what: the machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Dict

#: Whose versions decide about time.
_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "segment-anything", "slicer-core")


def describe_machine(command: str) -> Dict[str, Any]:
    """Processor, memory, GPU, versions, load and the command, for a report."""
    import torch

    from SPASegmentLib import __version__
    from SPASegmentLib.model.precision import multiplies_half_faster

    return {
        "command": command,
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "bfloat16_on_cpu": multiplies_half_faster(torch.device("cpu")),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
        "load_at_start": [round(v, 2) for v in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "spa": __version__,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_gib() -> float:
    if sys.platform == "win32":  # does not say
        return 0.0
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        return 0.0


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
