"""What libraries write by themselves stays off the terminal, and what comes afterwards does not."""

from __future__ import annotations

import os
from typing import Any

from SPASegmentLib.mrml.quiet import quiet


def test_only_what_is_written_meanwhile_goes_nowhere(capfd: Any) -> None:
    os.write(2, b"before ")
    open_files = len(os.listdir("/proc/self/fd"))
    with quiet():
        os.write(2, b"meanwhile ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after" and len(os.listdir("/proc/self/fd")) == open_files
