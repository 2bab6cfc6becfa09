"""The module panel's part about the model: which weights, from where, and on which device."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import qt
import slicer

from SPASegmentLib.errors import SPAError

from . import Dependencies, Download, Model
from .JobRunner import JobRunner, in_background
from .Translate import tr as _
from .Widgets import ask, breakable, button, label, row, section

#: Of the dialogs that ask for an address or the 64 digits of a checksum, in points.
DIALOG_WIDTH = 640


def folder() -> Path:
    """Where downloaded weights are kept, beside the application's settings."""
    return Path(slicer.app.slicerUserSettingsFilePath).parent / "SPA" / "Models"


class ModelSection:
    """Model, device, local files and downloads.

    Attributes:
        widget: the section.
    """

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None]) -> None:
        """Build the widgets.

        Args:
            say: shows what happened last.
            changed: brings the other sections up to date.
        """
        self._say, self._changed = say, changed
        self._loading = JobRunner()
        self._downloading = JobRunner(in_background)
        self._download: Any = None
        self.widget, form = section(_("Model"))
        self.model = label("")
        self.device = qt.QComboBox()
        for text in (_("graphics card if there is one"), _("processor (CPU)"), _("graphics card (CUDA)")):
            self.device.addItem(text)
        self.device.connect("activated(int)", lambda n: self.use(Model.choice()._replace(device=Model.DEVICES[n])))
        self.local = button(_("Use a local file..."), self._pick_file)
        self.fetch = button(_("Download..."), self._ask_for_download)
        self.bundled = button(_("Use bundled"), lambda: self.use(Model.choice()._replace(weights="")))
        self.open = button(_("Open folder"), self._open_folder)
        self.delete = button(_("Delete..."), self._delete)
        self.progress = qt.QProgressBar()
        self.progress.setRange(0, 100)
        self.cancel = button(_("Cancel"), self._cancel_download)
        form.addRow(_("Weights:"), self.model)
        form.addRow(_("Compute on:"), self.device)
        form.addRow(row(self.local, self.fetch))
        form.addRow(row(self.bundled, self.open, self.delete))
        form.addRow(row(self.progress, self.cancel))

    @property
    def busy(self) -> bool:
        """Whether something is loaded or fetched."""
        return self._loading.busy or self._downloading.busy

    def close(self) -> None:
        """Give up whatever is under way."""
        self._loading.cancel()
        if self._download is not None:
            self._download.cancel()
        self._downloading.cancel()

    def refresh(self) -> None:
        """Bring texts and buttons up to date."""
        chosen = Model.choice()
        self.model.setText(breakable(Model.describe(chosen)))
        self.device.blockSignals(True)
        self.device.setCurrentIndex(Model.DEVICES.index(chosen.device))
        self.device.blockSignals(False)
        self.bundled.setEnabled(bool(chosen.weights))
        self.delete.setEnabled(bool(Download.downloaded(folder())))
        fetching = self._downloading.busy
        self.fetch.setEnabled(not fetching)
        self.progress.setVisible(fetching)
        self.cancel.setVisible(fetching)

    def _pick_file(self) -> None:
        title, kinds = _("Choose a weights file with its card beside it"), _("Weights (*.safetensors)")
        path = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds)
        if path:
            self.use(Model.choice()._replace(weights=path))

    def use(self, chosen: Model.Choice, before: str = "") -> None:
        """Check a choice by loading it; only one that loads is kept. `before` is said before what came of it."""
        problem = Dependencies.ensure(runtime=chosen.runtime)
        if problem:
            self._end(_joined(before, problem))
            return

        def done(loaded: Any) -> None:
            Model.keep(chosen)
            text = _("In use: {name} with {runtime}, SHA-256 {sha}").format(
                name=loaded.name, runtime=Model.runtime_name(loaded.runtime), sha=loaded.sha256
            )
            self._end(_joined(before, text, loaded.remark))

        self._say(_joined(before, _("Loading...")))
        # What is picked now is what is wanted; what was picked long ago must not keep other weights from being used.
        kept = chosen.runtime == Model.choice().runtime
        self._loading.submit(lambda: Model.load(chosen, kept), done, lambda error: self._end(str(error)))

    def _ask_for_download(self) -> None:
        url = ask(_("Download weights"), _("Address of the weights file (.safetensors):"), width=DIALOG_WIDTH)
        if not url:
            return
        sha = ask(_("Download weights"), _("SHA-256 checksum that the file must have:"), width=DIALOG_WIDTH)
        if not sha:
            return
        try:
            download = Download.Download(url, sha)
        except SPAError as error:
            self._end(str(error))
            return
        question = _(
            "Download {name} and its card from {host}?\n\nThe file is kept only if it has the checksum {sha}...,"
            " in the folder {folder}. Nothing of your data is sent."
        ).format(name=download.name, host=download.host, sha=download.sha256[:12], folder=folder())
        if not slicer.util.confirmOkCancelDisplay(question):
            return
        self._download = download
        self._say(_("Downloading {name} from {host}...").format(name=download.name, host=download.host))
        self._downloading.submit(lambda: download.run(folder()), self._downloaded, self._not_downloaded, self._tick)
        self._tick()
        self.refresh()

    def _tick(self) -> None:
        done, total = self._download.done, self._download.total
        self.progress.setValue(100 * done // total if total else 0)

    def _downloaded(self, path: Path) -> None:
        self._download = None
        self.refresh()
        self.use(Model.choice()._replace(weights=str(path)))

    def _cancel_download(self) -> None:
        if self._download is not None:
            self._download.cancel()

    def _not_downloaded(self, error: BaseException) -> None:
        self._download = None
        cancelled = isinstance(error, Download.CancelledError)
        self._end(_("The download was cancelled; nothing was kept.") if cancelled else str(error))

    def _open_folder(self) -> None:
        folder().mkdir(parents=True, exist_ok=True)
        qt.QDesktopServices().openUrl(qt.QUrl.fromLocalFile(str(folder())))

    def _delete(self) -> None:
        files = Download.downloaded(folder())
        names = ", ".join(file.name for file in files)
        size = sum(file.stat().st_size for file in files) / 1e6
        question = _("Delete the downloaded weights ({names}, {size:.1f} MB)?").format(names=names, size=size)
        if not slicer.util.confirmOkCancelDisplay(question):
            return
        try:
            Download.delete(folder())
        except SPAError as error:
            self._end(str(error))
            return
        used = Model.choice()
        deleted = _("Deleted: {names}.").format(names=names)
        if used.weights and Path(used.weights) in files:
            # What is gone cannot be used any more, whether the bundled weights can be loaded or not.
            Model.keep(used._replace(weights=""))
            self.use(used._replace(weights=""), deleted)
        else:
            self._end(deleted)

    def _end(self, text: str) -> None:
        self._say(text)
        self.refresh()
        self._changed()


def _joined(*sentences: str) -> str:
    """Whole sentences after each other."""
    return " ".join(filter(None, sentences))
