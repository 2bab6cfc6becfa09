"""The module panel's part about what runs the model: ONNX Runtime or PyTorch, and how either is installed."""

from __future__ import annotations

from typing import Callable

import qt
import slicer

from . import Dependencies, Model
from .Translate import tr as _
from .Widgets import button, label, section


class RuntimeSection:
    """What is installed, which of it is used, and where it comes from.

    Attributes:
        widget: the section.
    """

    def __init__(self, say: Callable[[str], None], use: Callable[..., None]) -> None:
        """Build the widgets.

        Args:
            say: shows what happened last.
            use: checks a choice by loading it, and keeps one that loads; `before` is said before what came of it.
        """
        self._say, self._use = say, use
        self.widget, form = section(_("Runtime"))
        self.state = label("")
        self.runtime = qt.QComboBox()
        for text in (_("automatic"), "ONNX Runtime", "PyTorch"):
            self.runtime.addItem(text)
        self.runtime.connect("activated(int)", self._pick)
        self.install = button(_("Install ONNX Runtime..."), self._install)
        self.from_folder = button(_("Install from a folder..."), self._install_from_folder)
        self.torch = button(_("Faster on an NVIDIA card: install PyTorch..."), self._install_torch)
        form.addRow(_("Installed:"), self.state)
        form.addRow(_("Run the model with:"), self.runtime)
        # Below each other: side by side they are wider than Slicer's panel.
        for each in (self.install, self.from_folder, self.torch):
            form.addRow(each)

    def refresh(self) -> None:
        """Bring texts and buttons up to date."""
        onnx, torch = Dependencies.version("onnxruntime"), Dependencies.version("torch")
        lines = [_("ONNX Runtime {version}").format(version=onnx) if onnx else _("no ONNX Runtime")]
        if Dependencies.has_torch():
            lines.append(_("PyTorch {version}").format(version=torch))
        self.state.setText("\n".join(lines))
        self.runtime.blockSignals(True)
        self.runtime.setCurrentIndex(Model.RUNTIMES.index(Model.choice().runtime))
        self.runtime.blockSignals(False)
        self.install.setText(_("Install ONNX Runtime again...") if _is_there() else _("Install ONNX Runtime..."))
        self.torch.setVisible(not Dependencies.has_torch())

    def _pick(self, number: int) -> None:
        runtime = Model.RUNTIMES[number]
        if runtime == "torch" and not Dependencies.has_torch():
            self._end(_("PyTorch is not installed; the button below does that, through the extension PyTorch."))
            return
        self._use(Model.choice()._replace(runtime=runtime))

    def _install(self) -> None:
        self._installed(Dependencies.install_again() if _is_there() else Dependencies.ensure(runtime="onnx"))

    def _install_from_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Choose the folder with the wheels"))
        if folder:
            self._installed(Dependencies.install_from(folder))

    def _installed(self, problem: str) -> None:
        if problem:
            self._end(problem)
        else:
            self._use(Model.choice(), before=_("ONNX Runtime is installed."))

    def _install_torch(self) -> None:
        problem = Dependencies.install_torch()
        if problem:
            self._end(problem)
        else:
            self._use(Model.choice(), before=_("PyTorch is installed."))

    def _end(self, text: str) -> None:
        self._say(text)
        self.refresh()


def _is_there() -> bool:
    """Whether ONNX Runtime is installed, and new enough."""
    return "onnxruntime" not in Dependencies.missing(runtime="onnx") and bool(Dependencies.version("onnxruntime"))
