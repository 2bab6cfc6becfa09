"""The effect "SPA" of Segment Editor: Slicer's callbacks, handed on."""

from __future__ import annotations

import os
from typing import Any, Callable, Optional

import qt
from SegmentEditorEffects import AbstractScriptedSegmentEditorEffect

from SPASegmentLib.keyboard import CTRL

from .Gestures import Gestures
from .OptionsPanel import OptionsPanel
from .Settings import DEFAULTS, Settings
from .Translate import tr as _

NAME = "SPA"


class SegmentEditorEffect(AbstractScriptedSegmentEditorEffect):
    """Segmentation by choices; one instance for each Segment Editor, and one that they are cloned from."""

    def __init__(self, scriptedEffect: Any) -> None:  # noqa: N803
        scriptedEffect.name = NAME
        if hasattr(scriptedEffect, "title"):
            # Since Slicer 5.4.
            scriptedEffect.title = _("SPA")
        scriptedEffect.perSegment = True
        if hasattr(scriptedEffect, "requireSegments"):
            scriptedEffect.requireSegments = True
        AbstractScriptedSegmentEditorEffect.__init__(self, scriptedEffect)
        self.panel: Optional[OptionsPanel] = None
        self.workflow: Any = None
        self._gestures = Gestures(self._on_click, self._on_box, self._on_wheel)
        self._active = False

    def clone(self) -> Any:
        """The effect for one more Segment Editor."""
        import qSlicerSegmentationsEditorEffectsPythonQt

        cloned = qSlicerSegmentationsEditorEffectsPythonQt.qSlicerSegmentEditorScriptedEffect(None)
        cloned.setPythonSource(__file__.replace("\\", "/"))
        return cloned

    def icon(self) -> Any:
        """The icon of the effect's button."""
        return qt.QIcon(os.path.join(os.path.dirname(__file__), "SegmentEditorEffect.png"))

    def helpText(self) -> str:
        """What Segment Editor shows above the options."""
        return "<html>" + _(
            "<b>Segmentation by choices</b>: click on a structure, or drag a box; choose a mask. <br>"
            "In the pictures, blue stripes are added to the recommended mask and orange dots removed from it; the"
            " number says how much larger the mask is.<br>"
            "Keys while masks are shown or computed: <b>1</b> to <b>4</b> choose, <b>0</b> goes on from the recommended"
            " mask, <b>+</b> and <b>\u2212</b> (or Shift+wheel) say that something larger or smaller is meant,"
            " <b>Enter</b> accepts the marked mask, <b>Space</b> marks the recommended one, <b>Backspace</b> or undo"
            " goes back one round, <b>Esc</b> cancels. Click adds what belongs, <b>{key}+click</b> removes what does"
            " not. A double click on a picture accepts it.<br>"
            "On unfamiliar structures a box is much surer than a click, and as quick.<br>"
            "The masks are one slice each. With one accepted, <b>Through the volume</b> (<b>D</b>) finds the other"
            " slices; <b>N</b> goes to the next doubtful one, <b>E</b> says that the structure is not on the slice in"
            " view, <b>Enter</b> writes all slices, <b>L</b> also begins the next structure. Or go on slice by slice"
            " with the next one (<b>Page Up</b>) or the one before (<b>Page Down</b>)."
        ).format(key=CTRL) + "</html>"

    def setupOptionsFrame(self) -> None:
        """Build the options; nothing heavy, Slicer does it for every Segment Editor that is made."""
        talk = ("back", "start_over", "cancel", "larger", "smaller")
        actions = {name: self._acting(lambda name=name: getattr(self.workflow.conversation, name)()) for name in talk}
        actions["accept"] = self._acting(lambda: self.workflow.accept())
        actions["from_segment"] = self._acting(lambda: self.workflow.from_segment())
        actions["choose_recommended"] = self._acting(lambda: self.workflow.choose(0))
        actions["next"] = self._acting(lambda: self.workflow.conversation.next_slice(1))
        actions["previous"] = self._acting(lambda: self.workflow.conversation.next_slice(-1))
        actions["removes"] = self._acting(lambda on: setattr(self.workflow.conversation, "removes", on))
        volume = {"through": "go", "doubtful": "next_doubtful", "ends": "ends_here", "apply": "apply"}
        for button, name in volume.items():
            actions[button] = self._acting(lambda name=name: getattr(self.workflow.conversation.volume, name)())
        actions["accept_and_next"] = self._acting(lambda: self.workflow.accept_and_next())
        actions["profile"] = self._acting(lambda name: self.workflow.profiles.use(name))
        actions["copy_profile"] = self._acting(lambda wanted: self.workflow.profiles.copy_wanted(wanted))
        actions["setting"] = self.scriptedEffect.setParameter
        self.panel = OptionsPanel(actions)
        self.scriptedEffect.addOptionsWidget(self.panel.widget)

    def _acting(self, act: Callable[..., Any]) -> Callable[..., None]:
        """An action of the panel, which does something while the effect is active."""

        def done(*arguments: Any) -> None:
            if self._active:
                self.workflow.attend()
                act(*arguments)

        return done

    def activate(self) -> None:
        """The effect was picked."""
        if self.workflow is None:
            from .Workflow import Workflow

            self.workflow = Workflow(self.scriptedEffect, self.panel)
        self._active = True
        self.workflow.begin()
        for keys in (self.workflow.screen.slice_keys, self.workflow.volume_keys):
            keys.take()

    def deactivate(self) -> None:
        """The effect is left, whatever the reason; the scene may be gone."""
        self._active = False
        self._gestures.cancel()
        if self.workflow is not None:
            for keys in (self.workflow.screen.slice_keys, self.workflow.volume_keys):
                keys.give_back()
            self.workflow.end()

    def cleanup(self) -> None:
        """The Segment Editor is about to be deleted (since Slicer 5.8)."""
        self.deactivate()

    def createCursor(self, widget: Any) -> Any:
        """The pointer in slice views."""
        return qt.QCursor(qt.Qt.CrossCursor)

    def processInteractionEvents(self, callerInteractor: Any, eventId: int, viewWidget: Any) -> bool:  # noqa: N803
        """Mouse and keys in a view; True keeps Slicer from using the event too."""
        if not self._active or viewWidget.className() != "qMRMLSliceWidget":
            return False
        self.workflow.pointer_in(viewWidget)
        return bool(self._gestures.process(callerInteractor, eventId, viewWidget))

    def processViewNodeEvents(self, callerViewNode: Any, eventId: int, viewWidget: Any) -> None:  # noqa: N803
        """A view was panned, zoomed or scrolled."""
        if self._active and viewWidget.className() == "qMRMLSliceWidget":
            self.workflow.view_changed(viewWidget)

    def setMRMLDefaults(self) -> None:
        """Define the options of the scene."""
        for name, value in DEFAULTS.items():
            self.scriptedEffect.setParameterDefault(name, value)

    def updateGUIFromMRML(self) -> None:
        """Options were changed, here or elsewhere."""
        if self.panel is None or self.scriptedEffect.parameterSetNode() is None:
            return
        settings = Settings.read(self.scriptedEffect)
        self.panel.show_settings(settings)
        if self._active:
            self.workflow.settings_applied(settings)

    def sourceVolumeNodeChanged(self) -> None:
        """Slicer calls it for all effects, active or not."""
        if self._active:
            self.workflow.target_changed(_("The source volume was changed; the masks on screen were dropped."))

    def layoutChanged(self) -> None:
        """Slicer calls it for all effects, active or not."""
        if self._active:
            self.workflow.screen.layout_changed()

    def _on_click(self, xy: Any, view: Any, negative: bool) -> None:
        self.workflow.click(xy, view, negative)

    def _on_wheel(self, larger: bool) -> bool:
        return bool(self.workflow.wheel(larger))

    def _on_box(self, start: Any, end: Any, view: Any) -> None:
        self.workflow.box(start, end, view)
