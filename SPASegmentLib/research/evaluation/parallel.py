"""Many cases on several processor cores, one process each; the results do not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Callable, List, Optional, Sequence, TypeVar

import torch

from SPASegmentLib.errors import InputError

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")
#: Called with (done, in all), if anything is.
Progress = Optional[Callable[[int, int], None]]

#: What a worker works with, made once per process.
_tool: Any = None


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    work: Callable[[Any, Job], Outcome],
    jobs: Sequence[Job],
    make_tool: Callable[[], Any],
    processes: int,
    progress: Progress = None,
) -> List[Outcome]:
    """Do all jobs, in processes of one thread each.

    Args:
        work: takes the tool and a job; a module's function, so that another process finds it.
        jobs: in the order that the results come back in.
        make_tool: makes what every process needs once, such as a network; can be pickled.
        processes: 1 works in this process.
        progress: called with (jobs done, jobs in all), at the start and after each.

    Raises:
        InputError: one of the processes was ended from outside.
    """
    done: List[Outcome] = []
    if processes == 1 or len(jobs) == 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            tool = make_tool()
            _report(progress, 0, len(jobs))
            for job in jobs:
                done.append(work(tool, job))
                _report(progress, len(done), len(jobs))
        finally:
            torch.set_num_threads(threads)
        return done
    # A fresh interpreter for each: torch's threads do not survive a fork.
    context, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
    count = min(processes, len(jobs))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_open, initargs=(make_tool,)) as pool:
        _report(progress, 0, len(jobs))
        try:
            for outcome in pool.map(_Work(work), jobs, chunksize=max(1, min(8, len(jobs) // (4 * count)))):
                done.append(outcome)
                _report(progress, len(done), len(jobs))
        except BrokenProcessPool:
            raise InputError(
                "A process of the evaluation was ended before its work was done, perhaps for want of memory; run it "
                "again with fewer --jobs."
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():  # what they are at is of no use to anyone
                if worker not in others:
                    worker.terminate()
            raise
    return done


class _Work:
    """A job in a worker, with the worker's tool."""

    def __init__(self, work: Callable[[Any, Any], Any]) -> None:
        self.work = work

    def __call__(self, job: Any) -> Any:
        return self.work(_tool, job)


def _open(make_tool: Callable[[], Any]) -> None:
    global _tool
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends the workers
    torch.set_num_threads(1)
    _tool = make_tool()


def _report(progress: Optional[Callable[[int, int], None]], done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
