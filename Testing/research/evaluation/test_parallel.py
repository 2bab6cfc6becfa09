"""Work in several processes."""

from __future__ import annotations

import os
import signal
import time

import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.parallel import run_all


def make() -> int:
    return 10


def times(tool: int, job: int) -> int:
    return tool * job


def ended_from_outside(tool: int, job: int) -> int:
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return job


@pytest.mark.slow  # the record of test_multi_rater.py is made in two processes, too
def test_results_come_in_the_order_of_their_jobs() -> None:
    assert run_all(times, [3, 1, 2], make, 2) == run_all(times, [3, 1, 2], make, 1) == [30, 10, 20]


def test_a_process_that_is_killed_ends_the_work_with_a_sentence() -> None:
    with pytest.raises(InputError, match="ended before its work was done.*fewer --jobs"):
        run_all(ended_from_outside, list(range(8)), make, 2)
