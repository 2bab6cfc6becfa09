"""Uploads that do not arrive: the page is free again, and nothing is left behind."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Awaitable, Callable, List

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("trame")

from aiohttp import web
from aiohttp.test_utils import TestServer
from trame.app import get_server

from SPASegmentLib.errors import StateError
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.transfer import Transfer

pytestmark = pytest.mark.viewer


def sent(transfer: Transfer, page: PageState, start: bytes, meanwhile: Callable[[], Awaitable[None]]) -> bytes:
    """The first line of the answer to an upload of 1000 bytes that begins so; with it the page is free again.

    The connection stays open, as that of a tablet that has gone to sleep.
    """

    async def run() -> bytes:
        app = web.Application()
        transfer.add_routes(app)
        async with TestServer(app) as running:
            reader, writer = await asyncio.open_connection(running.host, running.port)
            head = f"POST /spa/volume?name=a.nrrd HTTP/1.1\r\nHost: {running.host}\r\nContent-Length: 1000\r\n\r\n"
            writer.write(head.encode() + start)
            await meanwhile()
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
            assert not page.task and not page.stoppable and not page.stop()
            writer.close()
            return answer

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def test_an_upload_that_stands_still_is_given_up(tmp_path: Path) -> None:
    server = get_server("spa-transfer-test")
    page = PageState(server, dict)
    opened: List[Path] = []

    async def open_volume(path: Path) -> None:
        opened.append(path)

    keep = opened.append
    transfer = Transfer(page, tmp_path, lambda name: open_volume, keep, keep, keep, patience=0.2)

    async def wait() -> None:
        pass

    answer = sent(transfer, page, b"NRRD", wait)
    assert b"422" in answer and "as a whole" in server.state.problem
    assert opened == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arrived", [4, 1000])
def test_a_file_can_be_stopped_while_it_arrives_and_while_it_is_read(tmp_path: Path, arrived: int) -> None:
    server = get_server(f"spa-stop-test-{arrived}")
    page = PageState(server, dict)
    begun: List[Path] = []

    async def never(path: Path) -> None:
        begun.append(path)
        await asyncio.Event().wait()

    transfer = Transfer(page, tmp_path, lambda name: never, begun.append, begun.append, begun.append)

    async def stop() -> None:
        wanted = "Receiving a.nrrd: 0 %" if arrived < 1000 else "Reading a.nrrd"
        while page.task != wanted:
            await asyncio.sleep(0.01)
        with pytest.raises(StateError, match="at work on something else"):
            page.check_free()
        assert page.stop()

    answer = sent(transfer, page, bytes(arrived), stop)
    assert b"422" in answer and server.state.message == "a.nrrd was not opened."
    assert len(begun) == (arrived == 1000) and list(tmp_path.iterdir()) == []
