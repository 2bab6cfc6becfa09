"""What is segmented: the volume, the segmentation and the segment that are selected in Segment Editor."""

from __future__ import annotations

import logging
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import slicer
import vtk

from SPASegmentLib.errors import DependencyError, SPAError, WeightsError

from . import Dependencies, Model
from .DesktopEditor import DesktopEditor
from .ProfileActions import ProfileActions
from .Settings import Settings
from .Translate import tr as _


class Selected(NamedTuple):
    """What is selected: a `SPASegmentLib.mrml.entries.Segmented`."""

    volume: Any
    segmentation: Any
    segment_id: str


class Target:
    """Keeps the controller of what is selected, until something else is.

    Attributes:
        controller: the `SPASegmentLib.mrml.controller.Controller`, None before the first session, as long as nothing
            that was accepted stands in the segment.
    """

    def __init__(self, scripted_effect: Any, profiles: ProfileActions, on_change: Callable[[], None]) -> None:
        """Nothing is selected yet.

        Args:
            scripted_effect: Slicer's side of the effect.
            profiles: where a session that begins gets its profile.
            on_change: called when something happens to what was selected: a transform, another image, a segment less.
        """
        self._effect, self._profiles, self._on_change = scripted_effect, profiles, on_change
        self._mode = Settings.read(scripted_effect).mode
        self._choice: Any = None
        self._selected: Tuple[Any, ...] = ()
        self._nodes: Tuple[Any, ...] = ()
        self._observed: List[Tuple[Any, int]] = []
        #: Those of the segmentation that are observed.
        self._segments: Optional[Any] = None
        self.controller: Any = None

    @property
    def changed(self) -> bool:
        """Whether something else has been selected since `select`, or is shown in its place."""
        return bool(self._selected) and (self.replaced or self._selected != self._selection())

    @property
    def replaced(self) -> bool:
        """Whether a sequence browser has handed the segmentation the segments of another time point."""
        return self._segments is not None and self._nodes[1].GetSegmentation() is not self._segments

    def select(self) -> None:
        """Work on what is selected now."""
        if self.changed:
            self.close()
        self._selected = self._selection()
        if not self._observed:
            self._observe()

    @property
    def selected(self) -> Optional[Selected]:
        """What a session would be about; None while something is missing."""
        node = self._effect.parameterSetNode()
        if node is None or None in (node.GetSourceVolumeNode(), node.GetSegmentationNode()):
            return None
        found = Selected(node.GetSourceVolumeNode(), node.GetSegmentationNode(), node.GetSelectedSegmentID() or "")
        return found if found.segmentation.GetSegmentation().GetSegment(found.segment_id) is not None else None

    def trouble(self) -> str:
        """Why nothing can be written any more into what was selected, in words; empty if it can."""
        from SPASegmentLib.mrml.grid import parent_to_world, segment_image, volume_grid

        volume, segmentation = self._nodes
        choosing = self.controller is not None and self.controller.session is not None
        try:
            volume_grid(volume)
            parent_to_world(segmentation)
            segment_image(segmentation, self._selected[-1])
            if choosing:
                # The frame knows whether its volume is still the one that it was cut from.
                self.controller.frame.check()
        except SPAError as error:
            return str(error)
        return ""

    def problem(self, from_mask: bool) -> str:
        """Why no session can begin, in words; empty if it can. Slicer may ask about a hidden segment."""
        node = self._effect.parameterSetNode()
        if node.GetSourceVolumeNode() is None:
            return _("Select a source volume at the top of Segment Editor first.")
        if not node.GetSelectedSegmentID():
            return _("Add a segment with the button Add first.")
        confirmed = slicer.qSlicerSegmentEditorAbstractEffect.ConfirmedWithoutDialog
        if self._effect.confirmCurrentSegmentVisible() != confirmed:
            return _("The segment was hidden; click again.")
        self.select()
        return self.trouble() or self._missing(from_mask) or self._trouble_meanwhile()

    def _trouble_meanwhile(self) -> str:
        """Why no session can begin after all: Slicer goes on hearing clicks while something is installed."""
        if not self._selected or self.changed:
            return _("Meanwhile something else was selected, or SPA was left; click again.")
        return self.trouble()

    def _missing(self, from_mask: bool) -> str:
        problem = Dependencies.ensure(with_network=not self._without_network(from_mask))
        return problem + " " + _("Without it: Start from the segment.") if problem and not from_mask else problem

    @staticmethod
    def _without_network(from_mask: bool) -> bool:
        """A session from a mask needs no network where nothing is installed that runs it."""
        return from_mask and not Dependencies.has_runtime()

    def loading(self, from_mask: bool) -> Optional[Callable[[], Any]]:
        """Loads the network, where there is one and it is not there yet."""
        self._choice = choice = None if self._without_network(from_mask) else Model.choice()
        if choice is None or Model.loaded(choice) is not None:
            return None
        return lambda: self._load(choice, from_mask)

    @staticmethod
    def _load(choice: Any, from_mask: bool) -> None:
        try:
            Model.load(choice)
        except DependencyError:
            # What the segment holds can be varied without a network.
            if not from_mask:
                raise
        except WeightsError as error:
            if not choice.weights:
                raise
            if from_mask:
                _load_instead(choice, error)
                return
            raise WeightsError(
                _("{problem} The module SPA goes back to the bundled weights: Use bundled (section Model).").format(
                    problem=error
                )
            ) from error

    def prepare(self, from_mask: bool) -> Any:
        """The controller of what has been selected, for a session that begins."""
        self._make()
        ready = None if self._choice is None else Model.loaded(self._choice)
        if ready is None and from_mask and self._choice is not None:
            ready = Model.instead(self._choice)
        self.controller.network = None if ready is None else ready.network
        self._profiles.refresh()
        self.controller.profile = self._profiles.begin()
        self.controller.mode = self._mode
        return self.controller

    def go_on(self, accepted: Tuple[Any, Any]) -> None:
        """Make the controller of what is selected, which goes on with a slice and its accepted mask."""
        self.select()
        self._make()
        self.controller.accepted = accepted

    def _make(self) -> None:
        from SPASegmentLib.mrml.controller import Controller

        if self.controller is None:
            node = self._effect.parameterSetNode()
            self.controller = Controller(
                node.GetSourceVolumeNode(), node.GetSegmentationNode(), node.GetSelectedSegmentID(),
                DesktopEditor(self._effect),
            )
            # Better outlines are drawn on top.
            self.controller.preview.outlined = False

    def settings_applied(self, settings: Settings) -> None:
        """Whether masks are added or replace was switched, perhaps."""
        self._mode = settings.mode
        if self.controller is not None:
            self.controller.mode = self._mode

    def may_write(self) -> str:
        """Why nothing may be written into the segment now: the user has said no when asked about a hidden one."""
        if self._effect.confirmCurrentSegmentVisible() == slicer.qSlicerSegmentEditorAbstractEffect.NotConfirmed:
            return _("The segment is hidden; nothing was written. Show it, then accept.")
        return ""

    def next_segment(self) -> str:
        """Add a segment named after the selected one, as Segment Editor's button Add does, and select it."""
        from SPASegmentLib.mrml.segmentation import next_name

        node = self._effect.parameterSetNode()
        core = node.GetSegmentationNode().GetSegmentation()
        names = [core.GetSegment(each).GetName() for each in core.GetSegmentIDs()]
        name = next_name(core.GetSegment(node.GetSelectedSegmentID()).GetName(), names)
        self._effect.saveStateForUndo()
        node.SetSelectedSegmentID(core.AddEmptySegment("", name))
        return name

    def close(self) -> None:
        """Drop the controller and whatever it shows; may be called twice, also after the scene was closed."""
        if self.controller is not None:
            self.controller.close()
        self._observe_no_more()
        self.controller, self._selected, self._nodes = None, (), ()

    def _observe(self) -> None:
        node = self._effect.parameterSetNode()
        volume, segmentation = self._nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        moved = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        self._segments = segmentation.GetSegmentation()
        self._observed = [(segmentation, segmentation.AddObserver(vtk.vtkCommand.ModifiedEvent, self._modified))]
        self._observed += [
            (thing, thing.AddObserver(event, lambda *_: self._on_change()))
            for thing, event in (
                (volume, moved),
                (volume, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent),
                # Its place and spacing.
                (volume, vtk.vtkCommand.ModifiedEvent),
                (segmentation, moved),
                (self._segments, slicer.vtkSegmentation.SegmentRemoved),
            )
        ]

    def _observe_no_more(self) -> None:
        for thing, tag in self._observed:
            thing.RemoveObserver(tag)
        self._observed, self._segments = [], None

    def _modified(self, _segmentation: Any, _event: str) -> None:
        if self.replaced:
            self._on_change()

    def _selection(self) -> Tuple[Any, ...]:
        node = self._effect.parameterSetNode()
        if node is None:
            return ()
        nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        return (*(n.GetID() if n is not None else None for n in nodes), node.GetSelectedSegmentID())


def _load_instead(choice: Any, problem: WeightsError) -> None:
    """What the segment holds can be varied by other weights, and without any."""
    try:
        Model.load_instead(choice, problem)
    except DependencyError:
        logging.exception("SPA")
