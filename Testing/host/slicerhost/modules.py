"""Stand-ins for Slicer's own Python modules that scripted modules import."""

from __future__ import annotations

import unittest
from types import ModuleType
from typing import Any, Dict, Tuple

from PySide6 import QtWidgets

from slicerhost import qt


class ScriptedLoadableModule:
    """The base class of modules."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent


class ScriptedLoadableModuleWidget:
    """The base class of module panels."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent or qt.QWidget()  # type: ignore[attr-defined]
        if self.parent.layout() is None:
            QtWidgets.QVBoxLayout(self.parent)
        self.layout = self.parent.layout()

    def setup(self) -> None:
        """Slicer adds its "Reload and test" section here."""


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The base class of self tests."""

    def delayDisplay(self, message: str) -> None:  # noqa: N802
        """Slicer shows the text for a moment."""


def _module(name: str, **content: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(content)
    return made


class SampleDataLogic:
    """Where modules register sample data; as strict as Slicer, which refuses sources whose lists differ in length."""

    sources: Dict[str, Dict[str, Any]] = {}
    titles: Dict[str, str] = {}

    @classmethod
    def registerCustomSampleDataCategory(cls, category: str, title: str) -> None:  # noqa: N802
        """What is shown for a category that scripts name; since Slicer 5.12 (Modules/Scripted/SampleData)."""
        cls.titles[category] = title

    @classmethod
    def registerCustomSampleDataSource(cls, **source: Any) -> None:  # noqa: N802
        """Keep what would appear in the module Sample Data.

        Raises:
            TypeError: there is neither an address nor a list of addresses.
            ValueError: there are not as many file names, node names or checksums as addresses.
        """
        uris = source.get("uris")
        lists = [source.get(name, uris) for name in ("fileNames", "nodeNames", "checksums")]
        if isinstance(uris, str):
            uris, lists = [uris], [[each] for each in lists]
        if any(len(uris) != len(each) for each in lists):
            raise ValueError("All fields of sample data source must have the same length")
        cls.sources[source["sampleName"]] = source


def click_and_drag(
    widget: Any, button: str = "Left", start: Tuple[int, int] = (10, 10), end: Tuple[int, int] = (10, 40)
) -> None:
    """`slicer.util.clickAndDrag`."""
    widget.send(f"{button}ButtonPressEvent", start)
    widget.send("MouseMoveEvent", end)
    widget.send(f"{button}ButtonReleaseEvent", end)


def stand_ins() -> Dict[str, ModuleType]:
    """The modules by name."""
    return {
        "slicer.i18n": _module(
            "slicer.i18n", tr=lambda text: text, translate=lambda context, text: text
        ),
        "slicer.ScriptedLoadableModule": _module(
            "slicer.ScriptedLoadableModule",
            ScriptedLoadableModule=ScriptedLoadableModule,
            ScriptedLoadableModuleWidget=ScriptedLoadableModuleWidget,
            ScriptedLoadableModuleTest=ScriptedLoadableModuleTest,
        ),
        "SampleData": _module("SampleData", SampleDataLogic=SampleDataLogic),
    }
