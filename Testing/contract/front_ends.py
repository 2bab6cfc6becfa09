"""The user's hands on the effect, in a stand-in for Slicer, and on the viewer, without its page."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

from hands import Hands, phantom

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]


class Desktop(Hands):
    """The effect."""

    def __init__(self, folder: Path) -> None:
        for place in (ROOT / "Testing" / "host", ROOT / "SPASegment"):
            if str(place) not in sys.path:
                sys.path.insert(0, str(place))
        from slicerhost import qt
        from slicerhost.application import Host
        from slicerhost.desk import Desk

        qt.ERRORS.clear()
        qt.ANSWERS.clear()
        made = phantom()
        self.desk = Desk(Host(folder), made.voxels.copy(), made.ijk_to_ras, made.lesion_ras)
        self.lesion = made.lesion_ras
        self._go: Optional[threading.Event] = None

    @property
    def conversation(self) -> Any:  # type: ignore[override]
        return self.desk.workflow.conversation

    def hold(self) -> None:
        from SegmentEditorSPALib.JobRunner import executor

        self._go = threading.Event()
        executor().submit(self._go.wait)

    def settle(self) -> None:
        if self._go is not None:
            self._go.set()
        self.desk.wait()

    @property
    def said(self) -> str:
        return str(self.desk.panel.status.text)

    @property
    def controller(self) -> Any:
        if self.desk.controller is None:
            # Another tool may have painted before the first click.
            return _Selected(self.desk.volume, self.desk.segmentation, self.desk.segment)
        return self.desk.controller

    @property
    def learned(self) -> Any:
        return self.desk.workflow.profiles.current()

    def select(self, segment_id: str) -> None:
        self.desk.editor.setCurrentSegmentID(segment_id)
        self.desk.wait()

    def undo(self) -> None:
        self._key("Z")

    def redo(self) -> None:
        self._key("Y")

    def _key(self, name: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.keyClick(self.desk.host.window, getattr(Qt, f"Key_{name}"), Qt.ControlModifier)
        self.desk.qt.processEvents()
        self.desk.qt.processEvents()

    def click(self, right: float = 0.0, up: float = 0.0, remove: bool = False) -> None:
        self.desk.host.views["Red"].click((*self.point(right, up)[:2], self.slice_shown()), ctrl=remove)

    @property
    def _node(self) -> Any:
        return self.desk.host.views["Red"].mrmlSliceNode()

    def scroll(self, mm: float) -> None:
        self._node.SetSliceOffset(self._node.GetSliceOffset() + mm)
        self.desk.qt.processEvents()

    def slice_shown(self) -> float:
        return float(self._node.GetSliceOffset())

    def close(self) -> None:
        from slicerhost import qt

        self.settle()
        self.desk.host.close()
        for name in [name for name in sys.modules if name.split(".")[0] in ("SegmentEditorSPALib", "SPASegment")]:
            if name != "SegmentEditorSPALib.Model":
                del sys.modules[name]
        assert not qt.ERRORS, "\n".join(qt.ERRORS)


class _Selected:
    def __init__(self, volume: Any, segmentation: Any, segment_id: str) -> None:
        self.volume, self.segmentation, self.segment_id = volume, segmentation, segment_id


class Browser(Hands):
    """The viewer without its page: the actions that the page calls, on a loop that runs when it is waited for."""

    app: Any = None
    loop: Any = None

    def __init__(self, network: Any) -> None:
        from SPASegmentLib.viewer.app import ViewerApp
        from SPASegmentLib.viewer.profiles import ViewerProfiles

        if Browser.app is None:
            # A process has one server.
            Browser.loop = asyncio.new_event_loop()
            Browser.app = ViewerApp(network)
            Browser.app.server.state.ready()
        vars(self.app.workspace.profiles).update(vars(ViewerProfiles()))
        self._go: Optional[threading.Event] = None
        made = phantom()
        self.lesion = made.lesion_ras
        self.act(lambda: self._open(dataclasses.replace(made, voxels=made.voxels.copy())))

    def _open(self, made: Any) -> None:
        self.app.workspace.open_phantom(made)
        self.app._opened()
        self.app._views.go_to("Red", self.lesion)

    def act(self, what: Callable[[], Any]) -> None:
        async def run() -> None:
            what()

        self.loop.run_until_complete(run())

    @property
    def conversation(self) -> Any:  # type: ignore[override]
        return self.app._conversation

    def hold(self) -> None:
        self._go = threading.Event()
        self.app._pool.submit(self._go.wait)

    def settle(self) -> None:
        if self._go is not None:
            self._go.set()
        end = time.monotonic() + 60

        async def wait() -> None:
            while self.conversation.busy:
                assert time.monotonic() < end, "no result came"
                await asyncio.sleep(0.005)

        self.loop.run_until_complete(wait())

    @property
    def said(self) -> str:
        state = self.app.server.state
        return str(state.problem or state.message)

    @property
    def controller(self) -> Any:
        return self.app.workspace.controller

    @property
    def learned(self) -> Any:
        return self.app.workspace.profiles.active

    def _trigger(self, name: str, *arguments: Any) -> None:
        self.act(lambda: self.app.server.controller.trigger_fn(name)(*arguments))

    def select(self, segment_id: str) -> None:
        self._trigger("select", segment_id)

    def undo(self) -> None:
        self._trigger("undo")

    def redo(self) -> None:
        self._trigger("redo")

    def click(self, right: float = 0.0, up: float = 0.0, remove: bool = False) -> None:
        from SPASegmentLib.viewer.pointer import Gesture

        at = (*self.point(right, up)[:2], self.slice_shown())
        self.act(lambda: self.conversation.gesture(Gesture("Red", at, at, remove)))

    def scroll(self, mm: float) -> None:
        self.act(lambda: self.app._views.move("Red", self.slice_shown() + mm))

    def slice_shown(self) -> float:
        return float(self.app._views.position("Red").offset)
