"""The viewer: one page, one user, one scene. Everything here runs on the event loop."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

import vtk
from trame.app import get_server
from trame_slicer.core import SlicerApp

from SPASegmentLib import translation
from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.volumes import notes_of
from SPASegmentLib.viewer.address import announce
from SPASegmentLib.viewer.arrivals import Arrivals
from SPASegmentLib.viewer.conversation import PageConversation
from SPASegmentLib.viewer.facts import page_facts
from SPASegmentLib.viewer.first_page import add_first_page
from SPASegmentLib.viewer.guard import guard
from SPASegmentLib.viewer.language import heard
from SPASegmentLib.viewer.page_texts import build, page_template
from SPASegmentLib.viewer.page_view import PageView
from SPASegmentLib.viewer.pointer import Gesture, Pointer
from SPASegmentLib.viewer.profiles import ViewerProfiles
from SPASegmentLib.viewer.state import BLANK, PageState, no_closed_pages
from SPASegmentLib.viewer.surface import SurfaceView
from SPASegmentLib.viewer.transfer import Transfer
from SPASegmentLib.viewer.uploads import MAX_UPLOAD
from SPASegmentLib.viewer.views import VIEWS, SliceViews
from SPASegmentLib.viewer.workspace import Workspace, set_grey_range

_ = translation.texts(__name__)

#: What goes on while a file is read: nothing of it is lost with what was open before.
_ALWAYS = (
    "phantom", "dismiss", "cancel", "saved", "grey", "zoom", "move", "pinch", "let_go", "fit", "surface",
    "speak",
)  # fmt: skip


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
        network: Optional[Network] = None,
        settings: Optional[SessionSettings] = None,
        profile: Optional[Profile] = None,
        token: Optional[str] = None,
        max_upload: int = MAX_UPLOAD,
    ) -> None:
        self.server = get_server("spa")
        self._slicer_app = SlicerApp()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spa")
        self._views = SliceViews(self.server, self._slicer_app)
        scene = self._slicer_app.scene
        self.workspace = Workspace(scene, network, settings, self._profiles(profile), self._views.show)
        self._arrivals = Arrivals(self.workspace, self._opened)
        self._surface = SurfaceView(self._slicer_app, list(VIEWS))
        self._page = PageState(self.server, self._facts)
        self._shown = self._view()
        self._conversation = PageConversation(self.workspace, self._views, self._pool, self._page, self._shown)
        self._pointer = Pointer(self._slicer_app.scene, self._slicer_app.view_manager, self._gesture)
        self._transfer = Transfer(
            self._page,
            self._arrivals.folder,
            self._begin_upload,
            self._import_profile,
            self._save,
            lambda path: self.workspace.profiles.active.save(path),
            max_upload,
        )
        self._token = token
        self._build_page()
        self._register()
        self._views.on_change(self._views_moved)

    def open_file(self, path: str, name: Optional[str] = None, component: Optional[int] = None) -> None:
        """Open a volume; see `Workspace.open_file`."""
        self.workspace.open_file(path, name, component)
        self._opened()

    async def open_phantom(self) -> None:
        """Open the built-in volume, at its lesion."""
        with self._page.working(_("Making the phantom")):
            version = self.workspace.version
            phantom = await asyncio.get_running_loop().run_in_executor(None, ambiguous_phantom)
            self._arrivals.check_nothing_new(version)
            lesion = self.workspace.open_phantom(phantom)
            self._opened()
            for tag in VIEWS:
                self._views.go_to(tag, lesion)

    def run(self, host: str, port: int, open_browser: bool) -> None:
        """Serve the page until it is interrupted.

        Raises:
            InputError: the address is taken or not this computer's.
        """
        # Touches send events that VTK does not know, and it would log each of them. Errors have another way out.
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
        if hasattr(signal, "SIGHUP"):
            # A terminal that is closed ends the viewer as properly as a key in it.
            signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        self.server.controller.on_server_ready.add(lambda **_: self._announce(host, open_browser))
        try:
            # trame would open another address than this one, without the token.
            self.server.start(host=host, port=port, open_browser=False, show_connection_info=False, timeout=0)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                _("Cannot listen on {host}:{port} ({reason}); choose another --port or --host.").format(
                    host=host, port=port, reason=reason
                )
            ) from error

    def _announce(self, host: str, open_browser: bool) -> None:
        asyncio.get_running_loop().set_exception_handler(no_closed_pages)
        announce(host, self.server.port, self._token, open_browser)

    def close(self) -> None:
        """Remove what is temporary; the server has ended."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._arrivals.close()

    # The page

    def _build_page(self) -> None:
        self.server.state.update({**BLANK, "network": self.workspace.has_network})
        self.server.state.update(self._facts())
        self.server.state.languages = self._languages()
        build(self.server, self._template())
        self._speak("en")

    def _view(self) -> PageView:
        """What of a session is shown."""
        return PageView(self.workspace, self._views, self._page)

    def _profiles(self, first: Optional[Profile]) -> ViewerProfiles:
        """What learns from accepted masks."""
        return ViewerProfiles(first)

    def _template(self) -> str:
        """The page's elements, with their texts in double square brackets."""
        return page_template()

    def _languages(self) -> List[str]:
        """Those that pages may be in."""
        return list(translation.languages())

    def _speak(self, language: str) -> None:
        """Use a language from now on: that of the page which was opened last, or that its user has turned to since."""
        if language in self._languages():
            translation.install(translation.translator(language))
            self._page.show(language=language)
            self._shown.say_again()

    def _register(self) -> None:
        conversation, workspace, views = self._conversation, self.workspace, self._views
        profiles = workspace.profiles
        actions: Dict[str, Callable[..., Any]] = {
            "phantom": self.open_phantom,
            "dismiss": lambda: self._page.show(problem=""),
            "click": self._click,
            "press": conversation.press,
            "choose": conversation.choose,
            "accept": conversation.accept,
            "accept_at_once": conversation.accept_at_once,
            "larger": conversation.larger,
            "smaller": conversation.smaller,
            "back": conversation.back,
            "cancel": self._page.stop_or(conversation.cancel),
            "start_over": conversation.start_over,
            "next_slice": conversation.next_slice,
            "through": conversation.volume.go,
            "doubtful": conversation.volume.next_doubtful,
            "ends": conversation.volume.ends_here,
            "apply": conversation.volume.apply,
            "accept_and_next": conversation.accept_and_next,
            "from_segment": conversation.from_segment_in,
            "select": self._between(
                lambda: _("Accept or cancel the masks on screen first, then select another segment."), workspace.select
            ),
            "add": self._between(
                lambda: _("Accept or cancel the masks on screen first, then add segments."), workspace.add
            ),
            "rename": workspace.rename,
            "recolor": workspace.recolor,
            "remove": self._between(
                lambda: _("Accept or cancel the masks on screen first, then delete segments."), workspace.remove
            ),
            "saved": workspace.saved,
            "undo": self._undo,
            "redo": self._redo,
            "mode": workspace.set_mode,
            "profile_use": self._profile_action(profiles.use),
            "profile_create": self._profile_action(profiles.create),
            "profile_rename": self._profile_action(profiles.rename),
            "profile_reset": self._profile_action(profiles.reset),
            "profile_forget": self._profile_action(profiles.forget),
            "grey": lambda low, high: set_grey_range(workspace.volume, float(low), float(high)),
            "zoom": views.zoom,
            "move": views.move,
            "pinch": lambda tag, factor, *places: views.pinch(tag, float(factor), places[:2], places[2:]),
            "let_go": self._pointer.let_go,
            "speak": self._speak,
            "fit": self._fit,
            "surface": self._show_surface,
        }
        for name, action in actions.items():
            self._page.action(name, action if name in _ALWAYS else self._page.when_free(action))
        self.server.trigger("settle")(self._page.settle)
        state = self.server.state
        state.change("highlighted")(lambda highlighted, **_: self._shown.highlight(int(highlighted)))
        state.change("uncertainty")(lambda uncertainty, **_: self._shown.set_uncertainty(bool(uncertainty)))
        state.change("pixels_per_point")(lambda pixels_per_point, **_: self._pointer.rescale(float(pixels_per_point)))
        state.change("negative")(lambda negative, **_: setattr(conversation, "removes", bool(negative)))
        self.server.controller.on_server_bind.add(self._bind)
        self.server.controller.on_client_connected.add(self._connected)

    def _bind(self, web_server: Any) -> None:
        web_server.app.middlewares.extend([guard(self._token), heard(self._speak)])
        add_first_page(web_server.app)
        self._transfer.add_routes(web_server.app)

    def _connected(self) -> None:
        self._page.show()
        self._views.render()

    def _facts(self) -> Dict[str, Any]:
        """What the page always shows, as it is now."""
        return page_facts(self.workspace, self._conversation, self._views, self._surface, self._page)

    def _views_moved(self) -> None:
        if not self.workspace.is_open:
            return
        with self.server.state as state:
            state.slices = {tag: vars(self._views.position(tag)) for tag in VIEWS}
            state.geometry = {tag: self._views.geometry(tag) for tag in VIEWS}

    # Actions

    def _opened(self) -> None:
        self._conversation.end()
        low, high = self.workspace.volume.GetImageData().GetScalarRange()  # type: ignore[union-attr]
        notes = " ".join(notes_of(self.workspace.volume))
        self._page.show(message=notes, problem="", grey_limits=[low, high])
        if self._surface.shown:
            self._surface.show(self.workspace.segmentation)
        self._views_moved()

    def _save(self, path: Path) -> str:
        """What is on screen is not in the segment yet, and would be missing from the file without a word."""
        if self._conversation.volume.ready or self._conversation.volume.running:
            raise StateError(_("Apply or drop what was found in the volume first, then save."))
        if self._conversation.armed:
            raise StateError(_("Accept or cancel the masks on screen first, then save."))
        return self.workspace.save(str(path))

    def _begin_upload(self, name: str) -> Callable[[Path], Awaitable[None]]:
        """A file is on its way; returns what opens it."""
        return self._arrivals.begin(name)

    def _gesture(self, gesture: Gesture) -> None:
        """A click or a box in a slice view."""
        try:
            self._page.check_free()
        except StateError as error:
            self._page.explain(error)
        else:
            self._conversation.gesture(gesture)

    def _click(self, tag: str, right: float, down: float, negative: bool) -> None:
        """A click of the keyboard's cross, at shares of a view's width and height."""
        if tag not in VIEWS:
            raise InputError(_("There is no such view."))
        point = self._views.point(tag, float(right), float(down))
        self._conversation.gesture(Gesture(tag, point, point, bool(negative)))

    def _undo(self) -> None:
        """While masks are on screen undo is about them, as on the desktop."""
        if not self._conversation.undo():
            self.workspace.undo()
            self._page.show(message=_("Undone."))
            self._conversation.segmentation_changed()

    def _redo(self) -> None:
        if not self._conversation.redo():
            self.workspace.redo()
            self._page.show(message=_("Done again."))
            self._conversation.segmentation_changed()

    def _between(self, refusal: Callable[[], str], act: Callable[..., Any]) -> Callable[..., None]:
        """An action on segments, which waits until no masks are on screen and none are computed; until then refused."""

        def run(*arguments: Any) -> None:
            if self._conversation.armed:
                text = refusal()
                raise StateError(text)
            act(*arguments)
            self._page.show(problem="")  # of a refusal before
            self._conversation.segment_selected()

        return run

    def _fit(self) -> None:
        self._views.fit()
        self._surface.fit()

    def _show_surface(self, wanted: bool) -> None:
        if not wanted:
            self._surface.hide()
        elif not self.workspace.is_open:
            raise StateError(_("Open a volume first."))
        else:
            self._surface.show(self.workspace.segmentation)

    def _profile_action(self, act: Callable[..., None]) -> Callable[..., None]:
        """A change of the profiles; what masks on screen teach belongs to the profile that they began with."""

        def run(*arguments: Any) -> None:
            act(*arguments)
            self.workspace.use_profile()

        return self._between(lambda: _("Accept or cancel the masks on screen first, then change profiles."), run)

    def _import_profile(self, path: Path) -> None:
        self._profile_action(self.workspace.profiles.import_from)(path)
