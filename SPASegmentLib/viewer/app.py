"""The viewer: one page, one user, one scene. Everything here runs on the event loop."""

from __future__ import annotations

import asyncio
import functools
import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from trame.app import get_server
from trame.ui.html import DivLayout
from trame_slicer.core import SlicerApp

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.mrml.writer import WRITE_MODES
from SPASegmentLib.viewer.conversation import Conversation
from SPASegmentLib.viewer.guard import guard
from SPASegmentLib.viewer.pointer import Pointer
from SPASegmentLib.viewer.transfer import Transfer
from SPASegmentLib.viewer.uploads import MAX_UPLOAD, check_upload, unpack_series
from SPASegmentLib.viewer.views import VIEWS, SliceViews
from SPASegmentLib.viewer.workspace import Workspace, grey_range, set_grey_range, user_message

_PAGE = Path(__file__).parent / "page"
_SERVED = "spa_page"

_log = logging.getLogger(__name__)


class ViewerApp:
    """The page and what it drives.

    Args:
        network: None where there are no weights.
        settings: of the sessions.
        profile: preference to begin with.
        token: that every request needs; None on this computer only.
        max_upload: bytes of an uploaded volume.

    Attributes:
        server: trame server; `start` runs it.
        workspace: what is open.
    """

    def __init__(
        self,
        network: Optional[SPANetwork] = None,
        settings: Optional[SessionSettings] = None,
        profile: Optional[Profile] = None,
        token: Optional[str] = None,
        max_upload: int = MAX_UPLOAD,
    ) -> None:
        self.server = get_server("spa")
        self._slicer_app = SlicerApp()
        self._folder = tempfile.TemporaryDirectory(prefix="spa-viewer-")
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spa")
        self.workspace = Workspace(self._slicer_app.scene, network, settings)
        self.workspace.profile = profile
        self._views = SliceViews(self.server, self._slicer_app)
        self._conversation = Conversation(self.workspace, self._views, self._pool, self._show)
        self._pointer = Pointer(self._slicer_app.scene, self._slicer_app.view_manager, self._conversation.gesture)
        self._transfer = Transfer(
            Path(self._folder.name),
            self._open_upload,
            self._load_profile,
            lambda path: self.workspace.save(str(path)),
            self._save_profile,
            max_upload,
        )
        self._token = token
        self._build_page()
        self._register()
        self._views.on_change(self._views_moved)

    def open_file(self, path: str, name: Optional[str] = None) -> None:
        """Open a volume.

        Raises:
            InputError: it cannot be read.
        """
        self._conversation.cancel()
        self.workspace.open_file(path, name)
        self._opened()

    def open_phantom(self) -> None:
        """Open the built-in volume, at its lesion."""
        self._conversation.cancel()
        lesion = self.workspace.open_phantom()
        self._opened()
        for tag in VIEWS:
            self._views.go_to(tag, lesion)

    def run(self, host: str, port: int, open_browser: bool) -> None:
        """Serve the page until it is interrupted.

        Raises:
            InputError: the address is taken or not this computer's.
        """
        self.server.controller.on_server_ready.add(lambda **_: self._announce(host))
        try:
            self.server.start(host=host, port=port, open_browser=open_browser, show_connection_info=False, timeout=0)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"Cannot listen on {host}:{port} ({reason}); choose another --port or --host.") from error

    def _announce(self, host: str) -> None:
        query = "" if self._token is None else f"?token={self._token}"
        name = f"[{host}]" if ":" in host else host
        print(f"SPA is at http://{name}:{self.server.port}/{query} for one user at a time; Ctrl+C ends it.", flush=True)

    def close(self) -> None:
        """Remove what is temporary; the server has ended."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._folder.cleanup()

    # The page

    def _build_page(self) -> None:
        self.server.enable_module(
            {"serve": {_SERVED: str(_PAGE)}, "scripts": [f"{_SERVED}/page.js"], "styles": [f"{_SERVED}/page.css"]}
        )
        self.server.state.trame__title = "SPA"
        self.server.state.trame__favicon = None
        self.server.state.update(
            {
                "masks": [], "phase": "empty", "busy": False, "message": "", "problem": "", "round": 1, "rounds": 1,
                "expected": 0, "highlighted": 0, "negative": False, "uncertainty": False, "main_view": "Red",
                "view_names": VIEWS, "grey_limits": [0.0, 1.0], "slices": None, "geometry": None,
                "network": self.workspace.has_network,
            }
        )  # fmt: skip
        self.server.state.update(self._facts())
        with DivLayout(self.server, classes="spa-root") as layout:
            layout.root.add_child((_PAGE / "page.html").read_text(encoding="utf-8"))

    def _register(self) -> None:
        conversation, workspace, views = self._conversation, self.workspace, self._views
        actions: Dict[str, Callable[..., Any]] = {
            "phantom": self.open_phantom,
            "choose": conversation.choose,
            "accept": conversation.accept,
            "back": conversation.back,
            "cancel": conversation.cancel,
            "next_slice": conversation.next_slice,
            "from_segment": conversation.from_segment,
            "select": workspace.select,
            "add": workspace.add,
            "rename": workspace.rename,
            "recolor": workspace.recolor,
            "remove": self._remove,
            "undo": self._undo,
            "redo": self._redo,
            "mode": self._set_mode,
            "reset_profile": self._reset_profile,
            "grey": self._set_grey,
            "zoom": views.zoom,
            "move": views.move,
            "step": views.step,
            "fit": views.fit,
        }
        for name, action in actions.items():
            self.server.trigger(name)(self._guarded(action))
        state = self.server.state
        state.change("highlighted")(lambda highlighted, **_: conversation.highlight(int(highlighted)))
        state.change("uncertainty")(lambda uncertainty, **_: conversation.set_uncertainty(bool(uncertainty)))
        state.change("negative")(lambda negative, **_: setattr(conversation, "negative", bool(negative)))
        self.server.controller.on_server_bind.add(self._bind)
        self.server.controller.on_client_connected.add(self._connected)

    def _bind(self, web_server: Any) -> None:
        web_server.app.middlewares.append(guard(self._token))
        self._transfer.add_routes(web_server.app)

    def _connected(self) -> None:
        # A page that was closed in the middle of an upload has left it busy.
        self._show({"busy": self._conversation.busy})
        self._views.render()

    def _guarded(self, action: Callable[..., Any]) -> Callable[..., None]:
        """Run an action of the page; whatever goes wrong becomes a message there."""

        @functools.wraps(action)
        def run(*arguments: Any) -> None:
            try:
                action(*arguments)
            except Exception as error:
                problem = user_message(error)
                if problem != str(error):
                    _log.exception("An action of the page failed")
                self._show({"problem": problem})
            else:
                self._show({})

        return run

    def _show(self, values: Dict[str, Any]) -> None:
        with self.server.state as state:
            state.update({**values, **self._facts()})

    def _facts(self) -> Dict[str, Any]:
        """What the page always shows, as it is now."""
        workspace = self.workspace
        controller = workspace.controller if workspace.is_open else None
        profile = workspace.profile
        known = "Nothing learned yet." if profile is None else f"{profile.accepted} accepted: {profile.describe()}."
        return {
            "volume": workspace.name,
            "segments": [vars(row) for row in workspace.segments],
            "segment": "" if controller is None else controller.segment_id,
            "mode": "add" if controller is None else controller.mode,
            "can_undo": workspace.can_undo,
            "can_redo": workspace.can_redo,
            "can_continue": controller is not None and controller.accepted is not None and controller.session is None,
            "profile": known,
            "grey": [0.0, 1.0] if workspace.volume is None else list(grey_range(workspace.volume)),
        }

    def _views_moved(self) -> None:
        if not self.workspace.is_open:
            return
        with self.server.state as state:
            state.slices = {tag: vars(self._views.position(tag)) for tag in VIEWS}
            state.geometry = {tag: self._views.geometry(tag) for tag in VIEWS}

    # Actions

    def _opened(self) -> None:
        self._views.show(self.workspace.volume)
        low, high = self.workspace.volume.GetImageData().GetScalarRange()  # type: ignore[union-attr]
        self._show({"phase": "idle", "masks": [], "message": "", "problem": "", "grey_limits": [low, high]})
        self._views_moved()

    async def _open_upload(self, path: Path) -> None:
        loop = asyncio.get_running_loop()
        if path.suffix == ".zip":
            folder = path.parent / "series"
            folder.mkdir()
            await loop.run_in_executor(None, unpack_series, path, folder)
            self.open_file(str(folder), path.name)
        else:
            await loop.run_in_executor(None, check_upload, path)
            self.open_file(str(path))

    def _undo(self) -> None:
        """While masks are on screen undo is about them, as on the desktop."""
        if self._conversation.choosing:
            self._conversation.back_or_cancel()
        else:
            self.workspace.undo()

    def _redo(self) -> None:
        if self._conversation.choosing:
            raise StateError("Accept or cancel the masks on screen first, then redo.")
        self.workspace.redo()

    def _remove(self, segment_id: str) -> None:
        if self._conversation.choosing:
            raise StateError("Accept or cancel the masks on screen first, then delete segments.")
        self.workspace.remove(segment_id)

    def _set_mode(self, mode: str) -> None:
        if mode not in WRITE_MODES:
            raise InputError(f"The write mode is one of {', '.join(WRITE_MODES)}.")
        self.workspace.controller.mode = mode

    def _set_grey(self, low: float, high: float) -> None:
        set_grey_range(self.workspace.volume, float(low), float(high))

    def _load_profile(self, path: Path) -> None:
        self.workspace.profile = Profile.load(path)
        self._show({"problem": ""})

    def _save_profile(self, path: Path) -> None:
        if self.workspace.profile is None:
            raise StateError("There is no profile yet; accept a mask first.")
        self.workspace.profile.save(path)

    def _reset_profile(self) -> None:
        self.workspace.profile = None
