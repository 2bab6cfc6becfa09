"""A file that is not wanted any more is not read to its end."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import UnreadableError, read_values, unless

COUNT = 20_000_000


def after(calls: int) -> Callable[[], bool]:
    """Gives up when it is asked so often."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("packing", ["raw", "gzip", "text"])
def test_no_more_of_it_is_read(tmp_path: Path, packing: str) -> None:
    content = {
        "raw": lambda: np.random.default_rng(0).bytes(COUNT),
        "gzip": lambda: gzip.compress(np.random.default_rng(0).bytes(COUNT), 1),
        "text": lambda: b"17 " * (COUNT // 3),
    }[packing]()
    path = tmp_path / "voxels"
    path.write_bytes(content)
    count = COUNT // 3 if packing == "text" else COUNT
    with path.open("rb") as file:
        with unless(after(2)), pytest.raises(UnreadableError, match="given up"):
            read_values(file, packing, np.dtype("u1"), count)
        assert 0 < file.tell() < len(content) / 4
    with path.open("rb") as file, unless(lambda: False):
        assert len(read_values(file, packing, np.dtype("u1"), count)) == count


def test_it_is_said_of_the_file_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    path.write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 8 8 4\nencoding: raw\n\n" + bytes(range(256)))
    with unless(lambda: True), pytest.raises(InputError, match=r"a\.nrrd' is not a readable volume: it was given up"):
        read_image(str(path))
    assert read_image(str(path)).values.shape == (4, 8, 8)
