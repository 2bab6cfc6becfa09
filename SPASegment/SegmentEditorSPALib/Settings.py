"""The options of the effect, which are kept in the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict

if TYPE_CHECKING:
    from SPASegmentLib.mrml.writer import WriteMode

#: Names in the scene, and what the options are at first.
DEFAULTS: Dict[str, int] = {"PicturesInView": 1, "Replace": 0, "ShowUncertainty": 0, "ProfileInScene": 0}


@dataclass(frozen=True)
class Settings:
    """All options.

    Attributes:
        in_view: the pictures lie in the slice view.
        replace: accepted masks replace what the segment holds on their slice.
        uncertainty: it is shown where the outline is uncertain.
        in_scene: the scene has a copy of the profile.
    """

    in_view: bool
    replace: bool
    uncertainty: bool
    in_scene: bool

    @classmethod
    def read(cls, scripted_effect: Any) -> Settings:
        """As they are in the scene."""
        on = {name: scripted_effect.parameter(name) == "1" for name in DEFAULTS}
        return cls(on["PicturesInView"], on["Replace"], on["ShowUncertainty"], on["ProfileInScene"])

    @property
    def mode(self) -> WriteMode:
        """What accepting does."""
        return "replace" if self.replace else "add"
