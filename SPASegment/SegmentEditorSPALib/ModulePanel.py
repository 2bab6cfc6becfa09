"""The panel of the module "SPA": the way to the effect, the model, profiles and an image to try."""

from __future__ import annotations

import os
from typing import Any, Callable, Tuple

import ctk
import qt
import slicer

from SPASegmentLib.errors import SPAError

from . import Dependencies, Model, ProfileActions
from .JobRunner import JobRunner
from .Profiles import DEFAULT
from .SampleData import load_phantom
from .Translate import tr as _

WEBSITE = "https://github.com/SlicerSPA/SlicerSPA"


def open_effect() -> None:
    """Go to Segment Editor with SPA picked; a first segment is added if there is none."""
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.SegmentEditorWidget.editor
    segmentation = editor.segmentationNode()
    if segmentation is not None and segmentation.GetSegmentation().GetNumberOfSegments() == 0:
        segment = segmentation.GetSegmentation().AddEmptySegment()
        editor.mrmlSegmentEditorNode().SetSelectedSegmentID(segment)
    editor.setActiveEffectByName("SPA")


class ModulePanel:
    """Builds the sections into a layout.

    Attributes:
        say: a label for what happened last.
    """

    def __init__(self, layout: Any) -> None:
        self._runner = JobRunner()
        intro = _label(_(
            "SPA is an effect of <b>Segment Editor</b>: click on a structure in a slice view, and choose among five"
            " masks until one is what you want."
        ))
        layout.addWidget(intro)
        self.open = _button(_("Open Segment Editor with SPA"), open_effect)
        self.sample = _button(_("Load an image to try it on (phantom)"), load_phantom)
        layout.addWidget(self.open)
        layout.addWidget(self.sample)
        layout.addWidget(_label(_(
            "Slicer's own samples MRBrainTumor1 and CTChest (module Sample Data) are good to try, too."
        )))
        layout.addWidget(self._model_section())
        layout.addWidget(self._profile_section())
        self.say = _label("")
        layout.addWidget(self.say)
        layout.addWidget(_label(_(
            '<a href="{url}">Documentation</a>. SPA is for research, not for clinical use.'
        ).format(url=WEBSITE)))
        layout.addStretch(1)
        self.refresh()

    def close(self) -> None:
        """Forget a job under way."""
        self._runner.cancel()

    def refresh(self) -> None:
        """Bring the texts up to date."""
        weights, device = Model.choice()
        self.model.setText(Model.describe((weights, device)))
        self.device.blockSignals(True)
        self.device.setCurrentIndex(Model.DEVICES.index(device))
        self.device.blockSignals(False)
        self.bundled.setEnabled(bool(weights))
        self.profiles.blockSignals(True)
        self.profiles.clear()
        names = ProfileActions.store().names()
        for name in names:
            self.profiles.addItem(name)
        self.profiles.setCurrentIndex(names.index(ProfileActions.active()))
        self.profiles.blockSignals(False)
        for button in (self.rename, self.forget):
            button.setEnabled(ProfileActions.active() != DEFAULT)

    def _model_section(self) -> Any:
        section, form = _section(_("Model"))
        self.model = _label("")
        self.device = qt.QComboBox()
        for text in (_("graphics card if there is one"), _("processor (CPU)"), _("graphics card (CUDA)")):
            self.device.addItem(text)
        self.device.connect("activated(int)", lambda n: self._use(Model.choice()[0], Model.DEVICES[n]))
        self.other = _button(_("Use other weights..."), self._pick_weights)
        self.bundled = _button(_("Use the bundled weights"), lambda: self._use("", Model.choice()[1]))
        form.addRow(_("Weights:"), self.model)
        form.addRow(_("Compute on:"), self.device)
        form.addRow(_row(self.other, self.bundled))
        return section

    def _profile_section(self) -> Any:
        section, form = _section(_("Profiles"))
        form.addRow(_label(_(
            "A profile holds what SPA has learned about the outlines that you prefer: some numbers, nothing of"
            " an image or a patient."
        )))
        self.profiles = qt.QComboBox()
        self.profiles.connect("activated(int)", lambda n: self._with_profile(self._activate, self.profiles.itemText(n)))
        form.addRow(_("In use:"), self.profiles)
        self.new = _button(_("New..."), lambda: self._with_profile(self._new))
        self.rename = _button(_("Rename..."), lambda: self._with_profile(self._rename))
        self.reset = _button(_("Reset"), lambda: self._with_profile(self._reset))
        self.forget = _button(_("Forget"), lambda: self._with_profile(self._forget))
        self.exporting = _button(_("Export..."), lambda: self._with_profile(self._export))
        self.importing = _button(_("Import..."), lambda: self._with_profile(self._import))
        form.addRow(_row(self.new, self.rename, self.reset))
        form.addRow(_row(self.importing, self.exporting, self.forget))
        return section

    def _pick_weights(self) -> None:
        kinds = _("Weights") + " (*.safetensors)"
        path = qt.QFileDialog.getOpenFileName(None, _("Choose a weights file with its card beside it"), "", kinds)
        if path:
            self._use(path, Model.choice()[1])

    def _use(self, weights: str, device: str) -> None:
        """Check a choice by loading it; only one that loads is kept."""
        problem = Dependencies.ensure()
        if problem:
            self.say.setText(problem)
            self.refresh()
            return

        def done(_loaded: Any) -> None:
            settings = qt.QSettings()
            settings.setValue(Model.WEIGHTS_KEY, weights)
            settings.setValue(Model.DEVICE_KEY, device)
            self.say.setText("")
            self.refresh()

        def failed(error: BaseException) -> None:
            self.say.setText(str(error))
            self.refresh()

        self.say.setText(_("Loading..."))
        self._runner.submit(lambda: Model.load((weights, device)), done, failed)

    def _with_profile(self, action: Callable[..., str], *arguments: str) -> None:
        problem = Dependencies.ensure()
        try:
            self.say.setText(problem or action(*arguments))
        except SPAError as error:
            self.say.setText(str(error))
        self.refresh()

    def _activate(self, name: str) -> str:
        ProfileActions.activate(name)
        profile = ProfileActions.store().load(name)
        return _("{learned} (masks accepted: {count})").format(count=profile.accepted, learned=profile.describe())

    def _new(self) -> str:
        name = qt.QInputDialog.getText(None, _("New profile"), _("Name:"))
        if not name:
            return ""
        ProfileActions.store().create(name)
        return self._activate(name)

    def _rename(self) -> str:
        name = qt.QInputDialog.getText(None, _("Rename the profile"), _("Name:"))
        if not name:
            return ""
        ProfileActions.store().rename(ProfileActions.active(), name)
        return self._activate(name)

    def _reset(self) -> str:
        question = _("Forget what the profile has learned?")
        if not slicer.util.confirmOkCancelDisplay(question):
            return ""
        ProfileActions.store().reset(ProfileActions.active())
        return self._activate(ProfileActions.active())

    def _forget(self) -> str:
        if not slicer.util.confirmOkCancelDisplay(_("Delete the profile?")):
            return ""
        ProfileActions.store().forget(ProfileActions.active())
        return self._activate(DEFAULT)

    def _export(self) -> str:
        path = qt.QFileDialog.getSaveFileName(None, _("Export the profile"), "", "JSON (*.json)")
        if not path:
            return ""
        ProfileActions.store().export_to(ProfileActions.active(), path)
        return _("Exported to {name}.").format(name=os.path.basename(path))

    def _import(self) -> str:
        path = qt.QFileDialog.getOpenFileName(None, _("Import a profile"), "", "JSON (*.json)")
        return self._activate(ProfileActions.store().import_from(path)) if path else ""


def _label(text: str) -> Any:
    label = qt.QLabel(text)
    label.setWordWrap(True)
    label.setOpenExternalLinks(True)
    return label


def _button(text: str, action: Callable[[], Any]) -> Any:
    button = qt.QPushButton(text)
    button.connect("clicked()", lambda: action())
    return button


def _section(title: str) -> Tuple[Any, Any]:
    section = ctk.ctkCollapsibleButton()
    section.text = title
    return section, qt.QFormLayout(section)


def _row(*widgets: Any) -> Any:
    row = qt.QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
