"""The effect's side of the conversation: from gestures, buttons and Slicer's events to what the user means by them."""

from __future__ import annotations

import weakref
from typing import Any, List, Optional, Tuple

import vtk

from SPASegmentLib.mrml.conversation import Conversation
from SPASegmentLib.mrml.plane import Plane

from .DesktopView import DesktopView
from .JobRunner import JobRunner
from .Keys import Keys
from .Places import Places
from .ProfileActions import ProfileActions
from .Protocols import Panel, SliceWidget
from .Screen import Screen
from .SegmentsWatch import SegmentsWatch
from .Settings import Settings
from .Target import Target
from .Translate import tr as _

#: Those of all Segment Editors.
_all: List[weakref.ref[Workflow]] = []


def scene_closed() -> None:
    """Let go of the closed scene's nodes in all Segment Editors that were left before."""
    for each in list(_all):
        workflow = each()
        if workflow is None:
            _all.remove(each)
        else:
            workflow.scene_closed()


class Workflow:
    """Everything that an active effect holds; `end` leaves nothing behind.

    Attributes:
        screen: the masks on screen.
        profiles: the profile in use.
        conversation: what the user does with them.
        places: where in the slice views.
        volume_keys: keys of going through the volume.
    """

    def __init__(self, scripted_effect: Any, panel: Panel) -> None:
        self._effect, self._panel = scripted_effect, panel
        self._runner = JobRunner()
        self.screen = Screen(panel)
        view = DesktopView(panel, self.screen, self)
        self.profiles = ProfileActions(panel, scripted_effect, view.checked)
        self._target = Target(scripted_effect, self.profiles, self._target_touched)
        self.conversation = Conversation(self._runner, view, self._target, self.profiles)
        self.places = Places(self.screen, self.conversation)
        self.screen.connect(self.conversation, attend=self.attend)
        self._view = view
        volume = self.conversation.volume
        #: Beside those of a session; free in Segment Editor and in slice views.
        self.volume_keys = Keys(
            {"D": volume.go, "N": volume.next_doubtful, "E": volume.ends_here, "L": self.accept_and_next}
        )
        self._observed: List[Tuple[Any, int]] = []
        self._watch = SegmentsWatch(self._segments_changed)
        _all.append(weakref.ref(self))

    @property
    def controller(self) -> Any:
        """Of the selected segment, None before the first click."""
        return self._target.controller

    @property
    def choosing(self) -> bool:
        """Whether masks are on screen."""
        return self.conversation.choosing

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self.conversation.busy

    def begin(self) -> None:
        """The effect has become active."""
        node = self._effect.parameterSetNode()
        self._observed = [(node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._selection_changed))]
        self._watch.follow(self._segmentation())
        self.profiles.refresh()
        self._view.begin()
        self.conversation.begin()
        self._go_on()
        self._panel.say(_("Click on a structure in a slice view, or drag a box around it."))
        self._view.refresh()

    def end(self) -> None:
        """The effect is left: drop everything; may be called twice, also after the scene was closed."""
        for thing, tag in self._observed:
            thing.RemoveObserver(tag)
        self._observed = []
        self._watch.follow(None)
        self.conversation.end()
        self._target.close()
        self.places.forget()

    def scene_closed(self) -> None:
        """What was accepted into the closed scene is forgotten, with its nodes."""
        if not self._observed:
            self.end()

    def attend(self) -> None:
        """The user is at this one of several Segment Editors: keys that all have taken are about this one."""
        for keys in (self.screen.keys, self.screen.slice_keys, self.volume_keys):
            keys.prefer()

    # What the user does.

    def click(self, xy: Tuple[int, int], view: SliceWidget, negative: bool) -> None:
        """A click in a slice view."""
        self.attend()
        corrects = self.choosing or self.busy
        ras, plane = self.places.at(view, xy)
        if self.conversation.click(ras, plane, negative):
            self.screen.clicked(ras, not (corrects and (negative or self.conversation.removes)))

    def box(self, start: Tuple[int, int], end: Tuple[int, int], view: SliceWidget) -> None:
        """A box dragged in a slice view."""
        self.attend()
        if self.conversation.unanswered:
            self.screen.view = view
        corner, plane = self.places.at(view, start)
        self.conversation.box(corner, self.places.at(view, end)[0], plane)

    def from_segment(self) -> None:
        """Start from what the segment holds on the slice in the view under the pointer, or in the one used last."""
        place = self.places.middle()
        if place is None:
            self._panel.say(_("Show a slice view first: its slice is where SPA starts."), True)
        else:
            self.conversation.from_segment(*place)

    def pointer_in(self, view: SliceWidget) -> None:
        """The pointer is in a slice view: of those that show the slices of a volume, this one is meant."""
        self.places.pointer_in(view)
        stack = None if self.controller is None else self.controller.stack
        if view is self.screen.view or stack is None or not self.conversation.volume.ready:
            return
        if stack.is_parallel(Plane.of_slice_node(view.mrmlSliceNode())):
            self.screen.view = view
            self._view.scrolled()

    def view_changed(self, view: SliceWidget) -> None:
        """A slice view was panned, zoomed or scrolled."""
        self.screen.view_changed(view)
        self._view.scrolled()

    def mark(self, index: int) -> None:
        """Point at a mask: border, outline and text."""
        self.conversation.mark(index)

    def choose(self, index: int) -> None:
        """Go on from a mask."""
        self.conversation.choose(index)

    def wheel(self, larger: bool) -> bool:
        """The wheel was turned with Shift held; whether that is about the masks."""
        if self.choosing and not self.busy:
            (self.conversation.larger if larger else self.conversation.smaller)()
        return self.conversation.armed

    def cancel(self) -> None:
        """Drop the masks on screen and any work under way."""
        self.conversation.cancel()

    def accept(self) -> None:
        """Write the marked mask."""
        self.conversation.accept(self.screen.marked)

    def accept_and_next(self) -> None:
        """Write the marked mask, or all slices, and add a segment for the next structure."""
        self.conversation.accept_and_next(self.screen.marked)

    # What happens around the effect.

    def settings_applied(self, settings: Settings) -> None:
        """An option of the effect was changed."""
        self._target.settings_applied(settings)
        if self.choosing:
            self.screen.settings_applied()

    def target_changed(self, text: str) -> None:
        """What is segmented has changed: the masks on screen belong to something else."""
        self.conversation.target_changed(text)
        self._target.close()
        self._go_on()
        self._view.refresh()

    def _target_touched(self) -> None:
        """A transform, another image, a segment less: the masks on screen move along, or cannot be written any more."""
        if self._target.replaced:
            self.target_changed(_("Another time point of the segmentation is shown; the masks on screen were dropped."))
            return
        if not self.conversation.armed:
            self._go_on()
            return
        problem = self._target.trouble()
        if problem:
            self.target_changed(_("{problem} The masks on screen were dropped.").format(problem=problem))
            return
        if self.choosing:
            self.screen.target_moved()
        self.conversation.volume.follow()

    def _selection_changed(self, _node: Any, _event: str) -> None:
        self._watch.follow(self._segmentation())
        if self._target.changed:
            self.target_changed(_("Another segment or image was selected; the masks on screen were dropped."))
        self._go_on()

    def _segments_changed(self) -> None:
        self.conversation.segmentation_changed()
        self._go_on()

    def _go_on(self) -> None:
        """What stands in the selected segment can be gone on with, whichever controller has written it."""
        selected = self._target.selected
        if self.controller is None and selected is not None:
            accepted = self.conversation.latest(selected)
            if accepted is not None:
                self._target.go_on(accepted)
                self._view.refresh()

    def _segmentation(self) -> Optional[Any]:
        node = self._effect.parameterSetNode()
        return None if node is None else node.GetSegmentationNode()
