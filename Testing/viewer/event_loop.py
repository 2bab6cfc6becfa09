"""What happens while the network is at work: run as a program, since it needs a process and a loop of its own.

The one worker is held up by an event, as a slow network would hold it up, so that nothing depends on speed.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable, Dict

from SPASegmentLib.model.use import load_default
from SPASegmentLib.viewer.app import ViewerApp
from SPASegmentLib.viewer.pointer import Gesture


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop run until something holds."""
    for _ in range(6000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing came of it")


async def scenario(app: ViewerApp) -> None:
    """A click whose masks do not come, and all that can be done meanwhile."""
    state: Any = app.server.state
    workspace, conversation = app.workspace, app._conversation
    loop_thread = threading.get_ident()
    await app.open_phantom()
    assert state.phase == "idle" and not state.busy and state.volume == "Phantom"
    lesion = (62.0, 18.0, -43.75)

    seen: Dict[str, Any] = {"threads": set()}
    start_at = workspace.controller.start_at

    def start(*arguments: Any) -> Any:
        job = start_at(*arguments)
        run = job.run

        def recorded() -> Any:
            seen["threads"].add(threading.get_ident())
            return run()

        job.run = recorded  # type: ignore[method-assign]
        return job

    workspace.controller.start_at = start  # type: ignore[method-assign]

    def click(point: Any = lesion, negative: bool = False, again: bool = False) -> None:
        conversation.gesture(Gesture("Red", point, point, negative, again))

    go = threading.Event()
    app._pool.submit(go.wait)
    click()
    assert state.busy and state.task == "Computing masks" and state.masks == []

    # Everything that does not concern the session goes on.
    offset = app._views.position("Red").offset
    app._views.step("Red", 1)
    assert app._views.position("Red").offset != offset
    app._views.step("Red", -1)
    conversation.box(lesion, (0.0, 0.0, lesion[2]), app._views.plane("Red"))
    assert "still computing" in state.problem and state.busy

    # Cancelled work leaves nothing behind when it is done at last, and a correction that waits for it goes with it.
    beside = (lesion[0] + 7.0, *lesion[1:])
    click(beside, negative=True)
    conversation.cancel()
    assert not state.busy and state.phase == "idle" and state.problem == ""
    go.set()
    app._pool.submit(lambda: None).result(timeout=120)
    await asyncio.sleep(0.05)
    assert state.masks == [] and workspace.controller.session is None and not workspace.can_undo

    # A click that is left alone is answered, by the worker.
    click()
    await until(lambda: bool(state.masks) and not state.busy)
    assert state.phase == "choosing" and seen["threads"] and loop_thread not in seen["threads"]
    assert not conversation.can_go_back

    # Corrections that come while the network is at work all count; what a double click repeats does not.
    go = threading.Event()
    app._pool.submit(go.wait)
    above = (lesion[0] - 1.0, lesion[1] - 6.0, lesion[2])
    for point, again in ((beside, False), (beside, True), (above, False)):
        click(point, True, again)
    assert state.busy and state.problem == ""
    go.set()
    await until(lambda: state.can_go_back and not state.busy)
    for left in (True, False):
        conversation.back()
        await until(lambda: not state.busy)
        assert state.can_go_back == left

    # What fails in the worker is a message, and the masks on screen stay; a click that waited for others is dropped.
    choose = workspace.controller.choose

    def broken(candidate: int) -> Any:
        job = choose(candidate)
        job.run = lambda: 1 / 0  # type: ignore[method-assign]
        return job

    workspace.controller.choose = broken  # type: ignore[method-assign]
    conversation.choose(1)
    click()
    assert state.problem == ""
    await until(lambda: state.problem != "")
    await asyncio.sleep(0.05)
    assert not conversation.can_go_back
    assert "ZeroDivision" not in state.problem and "terminal" in state.problem
    assert not state.busy and state.phase == "choosing" and len(state.masks) == 5

    workspace.controller.choose = choose  # type: ignore[method-assign]

    # So is what fails in an action of the page.
    app.server.controller.trigger_fn("accept")(99)
    assert "no mask 99" in state.problem and len(state.masks) == 5

    # Another volume takes the place of all of it.
    go = threading.Event()
    app._pool.submit(go.wait)
    conversation.choose(1)
    assert state.busy
    app.server.controller.trigger_fn("accept")(0)
    assert "still computing" in state.problem and not workspace.can_undo and len(state.masks) == 5
    await app.open_phantom()
    assert state.phase == "idle" and state.masks == [] and not state.busy
    go.set()
    app._pool.submit(lambda: None).result(timeout=120)
    await asyncio.sleep(0.05)
    assert state.phase == "idle" and state.masks == []


def main() -> None:
    """Run it."""
    app = ViewerApp(load_default().network)
    app.server.state.ready()
    try:
        asyncio.run(scenario(app))
    finally:
        app.close()
    print("all of it held")


if __name__ == "__main__":
    main()
