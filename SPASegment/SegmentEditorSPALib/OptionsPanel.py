"""The effect's widgets in Segment Editor; they know nothing of masks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Callable, Dict, List, Sequence

import ctk
import qt

from SPASegmentLib.keyboard import CTRL

from .Settings import Settings
from .Translate import tr as _
from .VolumePanel import VolumePanel
from .Widgets import line_height, row

#: Lines reserved for the status, so that nothing moves when it changes, and points between rows.
STATUS_LINES, SPACING = 4, 3


class OptionsPanel:
    """Status, buttons and options.

    Attributes:
        widget: the QFrame.
        strip_home: where the pictures lie when they are not in a slice view.
        volume: the part for going through the volume.
    """

    def __init__(self, actions: Dict[str, Callable]) -> None:
        """Build the widgets.

        Args:
            actions: what the buttons do, by name: accept, back, start_over, cancel, next, previous, from_segment,
                choose_recommended, larger, smaller, those of `VolumePanel`,
                removes (whether clicks on masks say what does not belong), setting (name and value of a changed
                option), profile (name, empty for the scene's copy),
                copy_profile (whether the scene is to hold a copy).
        """
        self._actions = actions
        self._held: Any = None
        self.widget = qt.QFrame()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        self._add_buttons(column)
        self.status = qt.QLabel("")
        self.status.setWordWrap(True)
        self.status.setAlignment(qt.Qt.AlignTop | qt.Qt.AlignLeft)
        self.status.setMinimumHeight(STATUS_LINES * line_height(self.status))
        # The text must not decide how wide Slicer's panel is.
        self.status.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        column.addWidget(self.status)
        self.strip_home = qt.QFrame()
        self.strip_home.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        self.strip_home.setFixedHeight(96)
        column.addWidget(self.strip_home)
        self.round, self.slices = self._line(), self._line()
        column.addWidget(self.round)
        column.addLayout(row(self.smaller, self.choose_recommended, self.larger))
        column.addLayout(row(self.previous, self.start_over))
        self.volume = VolumePanel(actions, self._button)
        column.addWidget(self.volume.widget)
        column.addWidget(self.slices)
        self.removes = qt.QCheckBox(_("Clicks say what does not belong (or {key}+click)").format(key=CTRL))
        self.removes.connect("toggled(bool)", lambda on: self._actions["removes"](on))
        self.uncertainty = self._check(_("Show where the outline is uncertain"), "ShowUncertainty")
        for box in (self.removes, self.uncertainty):
            column.addWidget(box)
        column.addWidget(self._profile_part())
        column.addWidget(self._settings_part())

    def _add_buttons(self, column: Any) -> None:
        """What is pressed most comes first: on small screens only the top of the panel is seen."""
        self.accept = self._button(_("Accept"), "accept", _("Write the marked mask into the segment (Enter)"))
        self.from_segment = self._button(
            _("Start from the segment"), "from_segment",
            _("Vary what the segment holds on the slice, e.g. a threshold or another tool's result"),
        )
        self.back = self._button(_("Back"), "back", _("Take the last answer back (Backspace, or undo)"))
        self.next = self._button(
            _("Next slice"), "next", _("Start there with the mask accepted last (Page Up)")
        )
        self.cancel = self._button(_("Cancel"), "cancel", _("Drop the masks; the segment stays as it is (Esc)"))
        self.start_over = self._button(_("Start over"), "start_over", _("Forget all answers on this slice"))
        self.previous = self._button(
            _("Previous slice"), "previous", _("Start there with the mask accepted last (Page Down)")
        )
        self.smaller = self._button(
            _("Smaller thing"), "smaller",
            _("Something smaller than the recommended mask is meant (\u2212, or Shift+wheel)"),
        )
        self.choose_recommended = self._button(
            _("More like it"), "choose_recommended", _("Go on from the recommended mask: finer differences from it (0)")
        )
        self.larger = self._button(
            _("Larger thing"), "larger", _("Something larger than the recommended mask is meant (+, or Shift+wheel)")
        )
        column.addLayout(row(self.accept, self.from_segment))
        column.addLayout(row(self.back, self.next, self.cancel))

    @staticmethod
    def _line() -> Any:
        """A line of text that does not decide how wide Slicer's panel is."""
        line = qt.QLabel("")
        line.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        line.setMinimumHeight(line_height(line))
        return line

    def _button(self, text: str, action: str, tip: str) -> Any:
        button = qt.QPushButton(text)
        button.setToolTip(tip)
        button.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        button.connect("clicked()", lambda: self._actions[action]())
        return button

    def _check(self, text: str, setting: str) -> Any:
        box = qt.QCheckBox(text)
        box.connect("toggled(bool)", lambda on: self._actions["setting"](setting, int(on)))
        return box

    def _profile_part(self) -> Any:
        frame = qt.QFrame()
        form = qt.QFormLayout(frame)
        form.setContentsMargins(0, 4, 0, 0)
        self.profiles = qt.QComboBox()
        self.profiles.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        self.profiles.setToolTip(_("Whose preference SPA learns and uses; nothing of an image is kept in it"))
        self._profile_names: List[str] = []
        self.profiles.connect("activated(int)", lambda n: self._actions["profile"](self._profile_names[n]))
        form.addRow(_("Profile:"), self.profiles)
        self.learned = qt.QLabel("")
        self.learned.setWordWrap(True)
        self.learned.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
        form.addRow("", self.learned)
        return frame

    def _settings_part(self) -> Any:
        section = ctk.ctkCollapsibleButton()
        section.text = _("SPA settings")
        form = qt.QFormLayout(section)
        self.in_view = self._check(_("Pictures in the slice view"), "PicturesInView")
        self.replace = self._check(_("Replace what the segment holds on the slice"), "Replace")
        self.model = qt.QLabel("")
        self.model.setWordWrap(True)
        self.model.setMinimumHeight(2 * line_height(self.model))
        self.model.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
        self.in_scene = self._check(_("Keep a copy of the profile in the scene"), "ProfileInScene")
        self.in_scene.setToolTip(_("It is saved with the scene, and can be taken from it on another computer"))
        self.in_scene.connect("toggled(bool)", lambda on: self._actions["copy_profile"](on))
        for widget in (self.in_view, self.replace, self.in_scene):
            form.addRow(widget)
        form.addRow(self.model)
        section.collapsed = True
        return section

    def say(self, text: str, warn: bool = False) -> None:
        """Set the status line; a warning begins with a sign, since colours differ between themes."""
        self.status.setText("\u26a0 " + text if warn else text)

    def show_profiles(self, names: Sequence[str], active: str, learned: str, in_scene: str = "") -> None:
        """List the profiles, the scene's copy last if it is another one, and say what the active one has learned."""
        self._profile_names = [*names, *([""] if in_scene else [])]
        self.profiles.blockSignals(True)
        self.profiles.clear()
        for name in self._profile_names:
            self.profiles.addItem(name or _("{name} (take from the scene)").format(name=in_scene))
        self.profiles.setCurrentIndex(self._profile_names.index(active))
        self.profiles.blockSignals(False)
        self.learned.setText(learned)

    def show_settings(self, settings: Settings) -> None:
        """Set the check boxes without telling anybody."""
        for name, value in asdict(settings).items():
            box = getattr(self, name)
            box.blockSignals(True)
            box.setChecked(value)
            box.blockSignals(False)
        self.strip_home.setVisible(not self.in_view.checked)

    def enable(self, choosing: bool, busy: bool, can_go_back: bool, can_move: bool, can_drop: bool) -> None:
        """Enable what makes sense now; a button that was pressed has the focus again once it can be pressed again."""
        focus = qt.QApplication.focusWidget()
        self.accept.setEnabled(choosing and not busy)
        self.cancel.setEnabled(choosing or busy or can_drop)
        self.back.setEnabled(can_go_back)
        for button in (self.start_over, self.smaller, self.choose_recommended, self.larger):
            button.setEnabled(choosing and not busy)
        self.removes.setEnabled(choosing)
        for button in (self.previous, self.next):
            button.setEnabled(can_move)
        self.from_segment.setEnabled(not choosing and not busy)
        self._keep_focus(focus)

    def _keep_focus(self, focus: Any) -> None:
        """Qt moves the focus on from a button that cannot be pressed any more; it is moved back afterwards."""
        answers = (self.accept, self.back, self.start_over, self.smaller, self.choose_recommended, self.larger)
        buttons = (*answers, self.previous, self.next, self.from_segment)
        if focus is not None and focus in buttons and not focus.enabled:
            self._held = (focus, qt.QApplication.focusWidget())
        elif self._held is not None and self._held[0].enabled:
            button, moved_to = self._held
            self._held = None
            if focus == moved_to:
                button.setFocus()
