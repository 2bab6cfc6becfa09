"""The viewer as a study shows it: one image after the other, SPA or one mask and clicks, everything written down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, NoReturn, Optional, Tuple

import numpy as np

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.errors import InputError, SPAError, StateError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.study_log import StudyLog
from SPASegmentLib.lattice import Lattice
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.job import Job
from SPASegmentLib.mrml.plane import Point
from SPASegmentLib.mrml.volumes import load_mask
from SPASegmentLib.viewer.app import ViewerApp
from SPASegmentLib.viewer.page_view import PageView
from SPASegmentLib.viewer.profiles import ViewerProfiles
from SPASegmentLib.viewer.study import Study
from SPASegmentLib.viewer.study_run import READY, WORKING, StudyRun
from SPASegmentLib.viewer.views import VIEWS

_PAGE = Path(__file__).parent / "page"
#: What one mask alone does not have.
_OF_CHOICES = ("choose", "larger", "smaller")
#: What would let a person out of the study, or make the two methods differ in more than their masks.
_NOT_HERE = (
    "phantom", "next_slice", "from_segment", "add", "remove", "rename", "recolor", "select", "mode", "profile_use",
    "profile_create", "profile_rename", "profile_reset", "profile_forget", "through", "doubtful", "ends", "apply",
    "accept_and_next",
)  # fmt: skip


class StudyView(PageView):
    """Shows masks, one alone where the method has no others, and notes whose they are."""

    run: StudyRun

    def propose(self, job: Job, painted: Any) -> None:
        """See `PageView`."""
        self.run.diary.saw(job.session)
        self.offered = 1 if self.run.alone else None
        super().propose(job, painted)


class StudyProfiles(ViewerProfiles):
    """Learn from what is accepted with SPA; with clicks nothing is learned."""

    run: StudyRun

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """See `ViewerProfiles`."""
        return None if self.run.alone else super().update(name, change)


class StudyApp(ViewerApp):
    """The page of a study.

    Args:
        study: what its file says.
        network: that both methods use.
        token: that every request needs; None on this computer only.
    """

    def __init__(self, study: Study, network: Optional[Network], token: Optional[str] = None) -> None:
        self._run = StudyRun(study, StudyLog(study.log, study.identity))
        super().__init__(network, token=token)

    @property
    def note(self) -> str:
        """A sentence about the log; empty where all is well."""
        return self._run.note

    # What differs from the viewer

    def _view(self) -> PageView:
        view = StudyView(self.workspace, self._views, self._page)
        view.run = self._run
        return view

    def _profiles(self, first: Optional[Profile]) -> ViewerProfiles:
        profiles = StudyProfiles(first)
        profiles.run = self._run
        return profiles

    def _template(self) -> str:
        page, study = super()._template(), (_PAGE / "study.html").read_text(encoding="utf-8")
        panel, hint = '<aside class="panel" aria-label="[[Controls]]">', '<div v-if="masks.length === 0" class="hint">'
        own = '<p v-if="!busy" class="own">{{ study.hint }}</p>'
        return page.replace(panel, panel + study).replace(hint, hint + own)

    def _languages(self) -> List[str]:
        """A study is in English for everybody: its tasks are, and what is compared is to differ in masks alone."""
        return ["en"]

    def _build_page(self) -> None:
        self.server.enable_module({"serve": {"spa_study": str(_PAGE)}, "styles": ["spa_study/study.css"]})
        self.server.state.update({"study": self._run.facts()})
        super()._build_page()

    def _register(self) -> None:
        super()._register()
        for name in _NOT_HERE:
            self._page.action(name, _refuse)
        for name in _OF_CHOICES:
            self._page.action(name, self._page.when_free(self._unless_alone(getattr(self._conversation, name))))
        own: Dict[str, Callable[..., Any]] = {
            "study_begin": self._begin,
            "study_show": self._show,
            "study_finish": self._finish,
            "study_leave": self._leave,
        }
        for name, act in own.items():
            self._page.action(name, self._page.when_free(act))

    def _unless_alone(self, act: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: _refuse() if self._run.alone else act(*arguments)

    def _facts(self) -> Dict[str, Any]:
        facts = super()._facts()
        accepted = self.workspace.controller.accepted if self.workspace.is_open else None
        self._run.stands(None if accepted is None else accepted[1], finished=not self._conversation.armed)
        return {**facts, "study": self._run.facts(), "unsaved": False}

    def _undo(self) -> None:
        about_segment = not self._conversation.armed
        super()._undo()
        if about_segment:
            self._run.diary.took_back()

    # What the page asks for

    def _begin(self, participant: str) -> None:
        self._run.begin(str(participant))

    def _leave(self) -> None:
        """Nothing is written down about an image that is on screen."""
        self._clear()
        self._run.leave()

    def _clear(self) -> None:
        """No image is on screen any more."""
        self._conversation.end()
        self.workspace.close()
        self._views.show(None)
        self._page.show(message="", problem="")

    def _begin_upload(self, name: str) -> Callable[[Path], Awaitable[None]]:
        """Images come from the study alone."""
        return _refuse()

    def _import_profile(self, path: Path) -> None:
        """So does what is known of a person."""
        _refuse()

    async def _show(self) -> None:
        """Open the image that is next; time runs from when it is on screen."""
        if self._run.phase != READY:
            raise StateError("This image is on screen already.")
        turn, profiles = self._run.turn, self.workspace.profiles
        profile = self._run.profile()
        with self._page.working("Opening the image"):
            loop = asyncio.get_running_loop()
            profiles.update(profiles.taught(), lambda known: profile.renamed(known.name))
            at = turn.image.at
            if turn.image.file is None:
                phantom = await loop.run_in_executor(None, ambiguous_phantom)
                at = self.workspace.open_phantom(phantom)
            else:
                image = await loop.run_in_executor(None, read_image, str(turn.image.file))
                self.workspace.open_image(image, turn.image.name)
            self.workspace.name = turn.image.name
            self._opened()
            for tag in VIEWS:
                if at is not None:
                    self._views.go_to(tag, at)
        self._run.shown()
        self._page.show(message=turn.image.task)

    def _finish(self, satisfaction: int) -> None:
        if self._run.phase == WORKING and self._conversation.armed:
            self._conversation.cancel()
        self._run.finish(int(satisfaction), self._dice)
        self._clear()

    def _dice(self) -> Optional[float]:
        """Of what the segment holds on the slice of the mask accepted last, with the reference there."""
        reference, controller = self._run.turn.image.reference, self.workspace.controller
        frame = controller.frame
        if reference is None or frame is None:
            return None
        wanted = frame.labels(*load_mask(self.workspace.scene, str(reference)))
        return dice(frame.segment_mask(controller.segmentation, controller.segment_id), wanted)


def check_references(study: Study) -> None:
    """Read every image and reference once, so that no person meets one that cannot be used or an empty slice.

    Raises:
        InputError: one of them cannot be read, or the point to begin with lies outside; the message names it.
    """
    for image in (*study.trial, *study.images):
        try:
            if image.file is not None:
                _check_point(read_image(str(image.file)).lattice, image.at)
            if image.reference is not None:
                load_mask(None, str(image.reference))
        except SPAError as error:
            raise type(error)(f"{image.name} of the study cannot be used: {error}") from error


def _check_point(lattice: Lattice, at: Optional[Point]) -> None:
    """Refuse a point in mm (R, A, S) that is in none of the voxels."""
    if at is None or lattice.to_ras is None:
        return
    index = np.linalg.solve(lattice.to_ras, [*at, 1.0])[:3]
    if not ((index >= -0.5) & (index <= np.array(lattice.size) - 0.5)).all():
        raise InputError(
            f"its point at [{', '.join(f'{value:g}' for value in at)}] lies outside of the image; at takes three "
            "numbers in mm, right, anterior and superior."
        )


def _refuse(*_: Any) -> NoReturn:
    raise StateError("This is not part of the study.")
