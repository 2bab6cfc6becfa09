"""Files to and from the page, over plain HTTP: uploads are counted while they arrive, results are whole."""

from __future__ import annotations

import asyncio
import math
import shutil
import tempfile
from pathlib import Path
from typing import Awaitable, Callable, Optional

from aiohttp import ClientError, web

from SPASegmentLib.errors import InputError, SPAError
from SPASegmentLib.output import temporary_folder
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.uploads import MAX_PROFILE, MAX_UPLOAD, safe_name, shown_name

_ = texts(__name__)

#: Endings of the results that can be downloaded.
RESULTS = (".seg.nrrd", ".nii.gz", ".nrrd")

#: Says in an answer which version of the segmentation it holds; the page tells it once all of it has arrived.
VERSION = "X-SPA-Version"

#: Seconds without a byte after which an upload is given up; meanwhile the page can do nothing else with files.
PATIENCE = 60.0

#: Seconds between two words on how much of an upload has arrived.
_TELL_S = 0.5


class Transfer:
    """Routes of the page for files; one at a time.

    Args:
        page: where it is said that a file is on its way, and what is wrong with it.
        folder: for everything temporary; removed by its owner.
        begin_volume: called with a name when an upload begins; what it returns is called with the file, which is
            deleted then.
        open_profile: called with an uploaded file, which is deleted afterwards.
        save_result, save_profile: write to the path given; what they return is a version, see `VERSION`, or None.
        max_upload: bytes of an uploaded volume.
        patience: seconds to wait for more of an upload.
    """

    def __init__(
        self,
        page: PageState,
        folder: Path,
        begin_volume: Callable[[str], Callable[[Path], Awaitable[None]]],
        open_profile: Callable[[Path], None],
        save_result: Callable[[Path], Optional[str]],
        save_profile: Callable[[Path], Optional[str]],
        max_upload: int = MAX_UPLOAD,
        patience: float = PATIENCE,
    ) -> None:
        self._page, self._folder, self._max_upload, self._patience = page, folder, max_upload, patience
        self._begin_volume, self._open_profile = begin_volume, open_profile
        self._save_result, self._save_profile = save_result, save_profile

    def add_routes(self, app: web.Application) -> None:
        """Register everything."""
        app.router.add_post("/spa/volume", self._post_volume)
        app.router.add_post("/spa/profile", self._post_profile)
        app.router.add_get("/spa/result/{name}", self._get_result)
        app.router.add_get("/spa/profile/{name}", self._get_profile)

    async def _post_volume(self, request: web.Request) -> web.StreamResponse:
        name = shown_name(request.query.get("name", ""))

        def arrived(percent: int) -> None:
            self._page.at_work_on(_("Receiving {name}: {percent} %").format(name=name, percent=percent))

        async def take(folder: Path) -> None:
            path = folder / safe_name(request.query.get("name", ""))
            open_volume = self._begin_volume(name)
            await _receive(request, path, self._max_upload, self._patience, arrived)
            self._page.at_work_on(_("Reading {name}").format(name=name))
            await open_volume(path)

        return await self._answered(take, _("Receiving {name}: {percent} %").format(name=name, percent=0), name)

    async def _post_profile(self, request: web.Request) -> web.StreamResponse:
        name = shown_name(request.query.get("name", "")) or "profile.json"

        async def take(folder: Path) -> None:
            path = folder / "profile.json"
            await _receive(request, path, MAX_PROFILE, self._patience)
            try:
                self._open_profile(path)
            except InputError as error:
                of_the_user_s_file = str(error).replace(path.name, name)
                raise InputError(of_the_user_s_file) from error

        return await self._answered(take, _("Reading the profile"), _("The profile"))

    async def _get_result(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        ending = next((e for e in RESULTS if name.endswith(e)), None)
        if ending is None:
            raise web.HTTPNotFound
        return await self._sent(f"segmentation{ending}", self._save_result)

    async def _get_profile(self, request: web.Request) -> web.StreamResponse:
        return await self._sent("profile.json", self._save_profile)

    async def _answered(
        self, work: Callable[[Path], Awaitable[None]], task: str, name: str
    ) -> web.StreamResponse:
        folder = tempfile.mkdtemp(dir=self._folder)
        try:
            if not await self._page.until_stopped(task, lambda: work(Path(folder))):
                self._page.show(message=_("{name} was not opened.").format(name=name))
                return web.Response(status=422)
        except Exception as error:
            return self._refusal(error, folder)
        finally:
            # An archive that is stopped may still unpack one more file, which stays until the viewer ends.
            shutil.rmtree(folder, ignore_errors=True)
        return web.Response(text="")

    async def _sent(self, name: str, write: Callable[[Path], Optional[str]]) -> web.StreamResponse:
        with temporary_folder("result-", self._folder) as folder:
            try:
                path = folder / name
                version = write(path)
                body = path.read_bytes()
            except Exception as error:
                return self._refusal(error, str(folder))
        self._page.show()
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        if version is not None:
            headers[VERSION] = version
        return web.Response(body=body, content_type="application/octet-stream", headers=headers)

    def _refusal(self, error: Exception, folder: str) -> web.Response:
        """The answer to a request that failed; where files lie here is nobody's business."""
        if isinstance(error, SPAError):
            text = str(error).replace(f"{folder}/", "")
            error = InputError(text)
        return web.Response(status=422, text=self._page.explain(error))


async def _receive(
    request: web.Request, path: Path, limit: int, patience: float, arrived: Callable[[int], None] = lambda percent: None
) -> None:
    """Write the request's body to a file.

    Args:
        request: of the page.
        path: of the file.
        limit: bytes that it may have.
        patience: seconds to wait for more of it.
        arrived: is told now and then how many percent are there.

    Raises:
        InputError: it is larger than allowed, or all of it has not arrived: the page was closed, or nothing more came.
    """
    message = _("The file is larger than {size} MiB; make it smaller, or give it to `spa viewer` directly.").format(
        size=f"{limit / 2**20:.0f}"
    )
    if (request.content_length or 0) > limit:
        raise InputError(message)
    received, told, now = 0, -math.inf, asyncio.get_running_loop().time
    with path.open("wb") as file:
        try:
            while block := await asyncio.wait_for(request.content.readany(), patience):
                received += len(block)
                if received > limit:
                    raise InputError(message)
                file.write(block)
                if request.content_length and now() - told > _TELL_S:
                    told = now()
                    arrived(100 * received // request.content_length)
        except (ConnectionError, ClientError, asyncio.TimeoutError):
            raise InputError(_("The file did not arrive as a whole; send it again.")) from None
