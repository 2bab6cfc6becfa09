"""All methods by name, opened from files: in the main process and in every worker alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model import use
from SPASegmentLib.model.ablation import PARTS, ablated
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.research.evaluation.boxes import STARTS
from SPASegmentLib.research.evaluation.methods.method import Method
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.methods.trained import TRAINED, open_trained
from SPASegmentLib.research.evaluation.methods.untrained import ConsensusMethod, ResampleMethod, SeedMaskMethod

#: Methods without trained baselines; "spa" is what the front ends run.
OWN = ("spa", "resample", "seed-mask", "consensus")
METHODS = (*OWN, *TRAINED)
#: Options about the SPA network, and about the session that it works in.
_NETWORK = ("weights", "runtime", "generator", "refine", "looks")
_SESSION = ("update", "feedback_prompts", "predictions", "particles")
#: Method -> the options of ``spa evaluate lidc`` that change nothing with it, beside --start; a record that repeated
#: them would say that they did. Resampling makes nothing of what the user chooses.
UNUSED: Dict[str, Tuple[str, ...]] = {
    "spa": (),
    "resample": ("noise", "update", "feedback_prompts"),
    "seed-mask": _NETWORK,
    **dict.fromkeys(("consensus", *TRAINED), (*_NETWORK, *_SESSION, "noise")),
}


def check_used(method: str, given: Iterable[str]) -> None:
    """No option is given that a method makes nothing of.

    Args:
        method: of `METHODS`.
        given: options that differ from their default.

    Raises:
        InputError: one is.
    """
    for option in given:
        if option in UNUSED[method]:
            words = option.replace("_", "-")
            no = "no-" if option in ("refine", "looks", "feedback_prompts") else ""
            raise InputError(f"The method {method!r} makes nothing of --{no}{words}; leave it out.")


@dataclass(frozen=True)
class MethodSpec:
    """Which method to open; called, it opens it.

    Attributes:
        name: of `METHODS`.
        settings: of sessions.
        weights: of the SPA network; None for the bundled ones.
        baselines: folder of the trained baselines.
        start: what SPA's sessions begin with, of `boxes.STARTS`; the other methods have a first prompt of their own.
        generator: which part of the preference generator is used (`model.ablation.PARTS`).
        protocol: decides what the best fixed consensus is measured against.
        runtime: see `model.use`; parts of the generator can be left out with PyTorch only.

    Raises:
        InputError: there is no such value, or the method makes nothing of it (`UNUSED`).
    """

    name: str
    settings: SessionSettings
    weights: Optional[Path] = None
    baselines: Path = Path("runs/baselines")
    start: str = "click"
    generator: str = "all"
    protocol: str = "combination"
    runtime: str = "torch"

    def __post_init__(self) -> None:
        if self.name not in METHODS:
            raise InputError(f"Unknown method {self.name!r}; there are {', '.join(METHODS)}.")
        if self.start not in STARTS:
            raise InputError(f"A session starts with one of {', '.join(STARTS)}, not {self.start!r}.")
        if self.start != "click" and (self.name != "spa" or self.protocol == "policy"):
            raise InputError("Only SPA starts with a box here, and not for the protocol policy.")
        if self.generator not in PARTS:
            raise InputError(f"A part of the generator is one of {', '.join(PARTS)}, not {self.generator!r}.")
        if self.generator != "all" and self.runtime != "torch":
            raise InputError("Parts of the generator can be left out with --runtime torch only.")
        check_used(self.name, self._changed())

    def _changed(self) -> List[str]:
        """The options that differ from their default, of those that a method may make nothing of."""
        settings, default = self.settings, SessionSettings()
        changed = {
            "weights": self.weights is not None,
            "runtime": self.runtime != "torch",
            "generator": self.generator != "all",
            "update": settings.preference_update != default.preference_update,
        }
        for name in ("refine", "looks", "feedback_prompts", "predictions", "particles"):
            changed[name] = getattr(settings, name) != getattr(default, name)
        return [name for name, differs in changed.items() if differs]

    @property
    def uses_network(self) -> bool:
        """Whether the SPA network has a part in it."""
        return self.name in ("spa", "resample")

    def network(self) -> use.Loaded:
        """The SPA network and its card.

        Raises:
            WeightsError: it cannot be read.
        """
        return use.load(self.weights, "cpu", self.runtime)

    def __call__(self) -> Method:
        """Open it.

        Raises:
            WeightsError: weights are missing or damaged.
        """
        if self.name in TRAINED:
            return open_trained(self.name, self.baselines)
        if self.name == "seed-mask":
            return SeedMaskMethod(self.settings)
        if self.name == "consensus":
            return ConsensusMethod(self.protocol)
        network = self.network().network
        if self.generator != "all":
            assert isinstance(network, SPANetwork)
            network = ablated(network, self.generator)
        if self.name == "spa":
            return SPAMethod(network, self.settings, self.start)
        return ResampleMethod(network, self.settings)
