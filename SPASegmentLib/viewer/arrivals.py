"""Volumes that come from the page: read beside the event loop, and opened in place of what was open."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Awaitable, Callable

from SPASegmentLib.errors import StateError
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import Image, unless
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.uploads import check_upload, read_archive
from SPASegmentLib.viewer.workspace import Workspace

_ = texts(__name__)


class Arrivals:
    """Reads files in a folder that is there for as long as the viewer.

    Args:
        workspace: where they are opened.
        opened: called after one was.
    """

    def __init__(self, workspace: Workspace, opened: Callable[[], None]) -> None:
        self._workspace, self._opened = workspace, opened
        self._folder = tempfile.TemporaryDirectory(prefix="spa-viewer-")
        #: It is waited for at the end, since what it reads lies in the folder.
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spa-files")
        #: Of the file that is read now, or was last.
        self._stop = Event()

    @property
    def folder(self) -> Path:
        """Where files may lie for a while."""
        return Path(self._folder.name)

    def begin(self, name: str) -> Callable[[Path], Awaitable[None]]:
        """A file is on its way; returns what opens it."""
        return partial(self._open, name, self._workspace.version)

    async def _open(self, name: str, version: str, path: Path) -> None:
        """Open a file that has arrived in place of what was open, and asked about, in this version."""
        stop = self._stop = Event()
        try:
            # Of a file that is given up no more is read, and the next one after it.
            image = await asyncio.get_running_loop().run_in_executor(self._readers, _read, path, stop)
        except asyncio.CancelledError:
            stop.set()
            raise
        self.check_nothing_new(version)
        self._workspace.open_image(image, name)
        self._opened()

    def check_nothing_new(self, version: str) -> None:
        """Nobody was asked about what has come into the segmentation since.

        Raises:
            StateError: something has, and is not saved.
        """
        if self._workspace.unsaved and self._workspace.version != version:
            raise StateError(
                _("The segmentation has changed while the file was read, which was not opened; save, then open it.")
            )

    def close(self) -> None:
        """Remove the folder. A file that is being read is waited for, but not read to its end."""
        self._stop.set()
        self._readers.shutdown(wait=True, cancel_futures=True)
        # The request that the file came with goes on being taken down, and removes its own part.
        shutil.rmtree(self._folder.name, ignore_errors=True)
        with suppress(OSError):
            self._folder.cleanup()


def _read(path: Path, stop: Event) -> Image:
    """Read an uploaded file.

    Args:
        path: in a folder of its own.
        stop: once it is set, the file is not read to its end, nor an archive unpacked.

    Raises:
        InputError: see `check_upload`, `read_archive` and `read_image`.
    """
    with unless(stop.is_set):
        if path.suffix == ".zip":
            folder = path.parent / "series"
            folder.mkdir()
            return read_archive(path, folder, stop)
        check_upload(path)
        return read_image(str(path))
