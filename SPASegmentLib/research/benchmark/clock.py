"""Time and memory of a call: processor time, wall time, peak memory."""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence, TypeVar

T = TypeVar("T")

_MIB = 1 << 20
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Taken:
    """Attributes: processor seconds of all threads of the process, and seconds on the wall."""

    cpu_s: float
    wall_s: float


def timed(work: Callable[[], T], wait: Callable[[], None] = lambda: None) -> tuple[T, Taken]:
    """Run once.

    Args:
        work: what to run.
        wait: until the device has finished; `torch.cuda.synchronize` on a GPU.
    """
    wait()
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    wait()
    return result, Taken(time.process_time() - cpu, time.perf_counter() - wall)


def spread(values: Sequence[float]) -> Dict[str, float]:
    """Median, smallest and largest, rounded to microseconds, and how many."""
    rounded = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {**{name: round(value, 6) for name, value in rounded.items()}, "n": len(values)}


def memory_mib() -> float:
    """Memory that the process holds now, in MiB; 0 where the system does not say."""
    return _status("VmRSS")


def peak_mib() -> float:
    """The most that the process has held since its start or the last `reset_peak`, in MiB; 0 where nobody knows."""
    found = _status("VmHWM")
    if found:
        return found
    if sys.platform == "win32":  # has no such figure
        return 0.0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB, 1)


def reset_peak() -> None:
    """Forget the peak, where the system allows it (Linux); elsewhere the peak stays that of the whole process."""
    with suppress(OSError):
        _CLEAR.write_text("5")


def _status(name: str) -> float:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0.0
    return next((round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith(name + ":")), 0.0)


class Parts:
    """Adds up the time of named parts over several runs.

    Attributes:
        taken: seconds by name, one entry for each run.
    """

    def __init__(self) -> None:
        self.taken: Dict[str, List[Taken]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time the block under a name."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.taken.setdefault(name, []).append(Taken(time.process_time() - cpu, time.perf_counter() - wall))

    def record(self, skip: int = 1) -> Dict[str, Any]:
        """Spread of processor and wall time by name, without the first `skip` runs, which warm up."""
        return {
            name: {
                "cpu_s": spread([t.cpu_s for t in taken[skip:] or taken]),
                "wall_s": spread([t.wall_s for t in taken[skip:] or taken]),
            }
            for name, taken in self.taken.items()
        }
