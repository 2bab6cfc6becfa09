"""A file is on its way to the viewer: nothing that is done meanwhile is lost with what was open before."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, List
from urllib.parse import quote

import numpy as np
import pytest

pytestmark = pytest.mark.viewer

HEAD = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 10 10 10\nencoding: raw\n\n"
NAME = "Schädel 肝.nrrd"
FILE = HEAD + np.random.default_rng(0).integers(0, 255, 1000, np.uint8).tobytes()


@pytest.fixture
def viewer(hands: Any) -> Any:
    """The hands on the viewer."""
    if not hasattr(hands, "app"):
        pytest.skip("files come to the viewer")
    return hands


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(12000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing came of it")


def upload(viewer: Any, meanwhile: Callable[[], Awaitable[None]]) -> int:
    """Send a file, the second half of it after `meanwhile`; returns the status of the answer."""
    from aiohttp import web
    from aiohttp.test_utils import TestServer

    async def run() -> int:
        app = web.Application()
        viewer.app._transfer.add_routes(app)
        async with TestServer(app) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            head = f"POST /spa/volume?name={quote(NAME)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(FILE)}\r\n\r\n"
            writer.write(head.encode() + FILE[:500])
            await until(lambda: bool(viewer.app.server.state.loading))
            await meanwhile()
            writer.write(FILE[500:])
            answer = await reader.readuntil(b"\r\n")
            writer.close()
            return int(answer.split()[1])

    return int(viewer.loop.run_until_complete(run()))


def test_nothing_is_begun_that_would_be_lost(viewer: Any) -> None:
    from SPASegmentLib.viewer.pointer import Gesture

    app, state = viewer.app, viewer.app.server.state
    viewer.masks()
    viewer.accept(0)
    row = state.segments[0]["id"]
    before = (app.workspace.version, app.workspace.controller.mode)
    refused: List[str] = []

    async def meanwhile() -> None:
        actions = {
            "add": [], "rename": [row, "x"], "recolor": [row, "#123456"], "remove": [row], "undo": [], "redo": [],
            "click": ["Red", 0.5, 0.5, False], "next_slice": [1], "through": [], "from_segment": ["Red"],
            "accept_and_next": [0], "mode": ["replace"], "accept": [0], "accept_at_once": [0], "profile_create": [],
        }  # fmt: skip
        for name, arguments in actions.items():
            state.problem = ""
            app.server.controller.trigger_fn(name)(*arguments)
            refused.extend([name] if "still at work" not in state.problem else [])
        state.problem = ""
        at = (*viewer.point(0.0, 0.0)[:2], viewer.slice_shown())
        app._pointer._on_gesture(Gesture("Red", at, at, False))
        assert "still at work" in state.problem and not viewer.conversation.busy
        assert (app.workspace.version, app.workspace.controller.mode) == before
        app.server.controller.trigger_fn("dismiss")()
        assert state.problem == ""

    assert upload(viewer, meanwhile) == 200 and refused == []
    assert state.volume == NAME and not state.loading and not state.unsaved


def test_what_is_accepted_after_all_keeps_the_volume(viewer: Any) -> None:
    """A double click that waits for its masks when the file begins to come, and accepts before all of it is there."""
    state = viewer.app.server.state
    viewer.masks()
    viewer.hold()
    viewer._trigger("press", 1)
    viewer._trigger("accept_at_once", 1)

    async def meanwhile() -> None:
        assert not state.can_undo
        viewer._go.set()
        await until(lambda: not viewer.conversation.busy)
        assert state.can_undo and state.unsaved

    assert upload(viewer, meanwhile) == 422
    assert state.volume == "Phantom" and "was not opened; save" in state.problem and state.can_undo
    viewer._trigger("dismiss")

    async def nothing() -> None:
        """This time the person was asked."""

    assert upload(viewer, nothing) == 200 and state.volume == NAME
