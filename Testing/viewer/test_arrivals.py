"""Files that are read beside the event loop, and given up in the middle."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path
from threading import Event
from typing import Any, List

import numpy as np
import pytest

pytest.importorskip("slicer")
pytest.importorskip("trame_slicer")

from SPASegmentLib.errors import InputError
from SPASegmentLib.viewer.arrivals import Arrivals, _read
from SPASegmentLib.viewer.workspace import Workspace

pytestmark = pytest.mark.viewer


def nrrd(path: Path, seed: int) -> Path:
    voxels = np.random.default_rng(seed).integers(0, 200, (4, 8, 8)).astype("u1")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 8 8 4\nencoding: raw\n\n" + voxels.tobytes())
    return path


@pytest.fixture
def workspace(scene: Any) -> Workspace:
    return Workspace(scene)


def test_a_file_that_is_stopped_is_not_opened_and_the_next_one_is(workspace: Workspace, tmp_path: Path) -> None:
    opened: List[str] = []
    arrivals = Arrivals(workspace, lambda: opened.append(workspace.name))
    go = Event()
    # The one reader is held up, as by a large file.
    arrivals._readers.submit(go.wait)

    async def run() -> None:
        first = asyncio.ensure_future(arrivals.begin("first.nrrd")(nrrd(tmp_path / "1" / "a.nrrd", 1)))
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.ensure_future(arrivals.begin("second.nrrd")(nrrd(tmp_path / "2" / "a.nrrd", 2)))
        await asyncio.sleep(0.05)
        assert opened == []
        go.set()
        await second

    asyncio.run(run())
    arrivals.close()
    assert opened == ["second.nrrd"] and workspace.opened == 1


def test_an_archive_that_is_stopped_is_not_unpacked_to_its_end(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(300):
            archive.writestr(f"{number}.dcm", bytes(2_000_000))
    arrivals = Arrivals(workspace, lambda: None)

    async def run() -> None:
        reading = asyncio.ensure_future(arrivals.begin("a.zip")(path))
        while not list(tmp_path.rglob("*.dcm")):
            await asyncio.sleep(0.001)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(run())
    arrivals.close()
    assert 0 < len(list(tmp_path.rglob("*.dcm"))) < 300 and not workspace.is_open


def test_a_single_file_that_is_stopped_is_not_read_to_its_end(workspace: Workspace, tmp_path: Path) -> None:
    arrivals = Arrivals(workspace, lambda: None)
    go = Event()
    arrivals._readers.submit(go.wait)

    async def run() -> None:
        path = nrrd(tmp_path / "1" / "a.nrrd", 1)
        reading = asyncio.ensure_future(arrivals.begin("a.nrrd")(path))
        await asyncio.sleep(0.05)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        with pytest.raises(InputError, match="given up"):
            _read(path, arrivals._stop)

    asyncio.run(run())
    go.set()
    arrivals.close()
    assert not workspace.is_open
