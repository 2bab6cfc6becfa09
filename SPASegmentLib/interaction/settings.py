"""Settings of a session, validated on construction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Optional

from SPASegmentLib.errors import InputError
from SPASegmentLib.translation import texts

_ = texts(__name__)

PREFERENCE_UPDATES = ("bayesian", "amortised")


@dataclass(frozen=True)
class SessionSettings:
    """What can be set about a session.

    Attributes:
        predictions: N, masks sampled per round (paper: 48).
        candidates: K, masks offered beside the recommended one (paper: 4).
        rounds: of a session at most (paper: 6).
        preference_update: "bayesian" (exact posterior over choices) or "amortised" (the generator network).
        particles: latents that carry the Bayesian posterior.
        choice_sharpness: beta in P(choice c) = softmax(beta x Dice(c, the user's mask)).
        choice_lapse: share of choices that the user is assumed to make at random.
        chunk: predictions decoded at once at most; fewer where their maps would not stay in the processor's cache.
        seed: of all random numbers; the same seed and answers give the same proposals.
        feedback_prompts: whether the chosen candidate's point and mask also go through the prompt encoder (paper 3.4).
        refine: whether shape latents vary the network's predictions (see `refined_predictor`).
        region_mm: side of the region of interest in mm; None finds it from the image.
        looks: whether a click is looked at from several sizes, and the masks of the first round may differ in extent;
            without, the size that the network is surest at is all there is.
    """

    predictions: int = 48
    candidates: int = 4
    rounds: int = 6
    preference_update: str = "bayesian"
    particles: int = 512
    choice_sharpness: float = 100.0
    choice_lapse: float = 0.05
    chunk: int = 16
    seed: int = 0
    feedback_prompts: bool = True
    refine: bool = True
    region_mm: Optional[float] = None
    looks: bool = True

    def __post_init__(self) -> None:
        limits = {
            "predictions": (2, 1024),
            "candidates": (1, 9),
            "rounds": (1, 100),
            "particles": (16, 65536),
            "choice_sharpness": (0.0, 1e4),
            "choice_lapse": (0.0, 1.0),
            "chunk": (1, 1024),
            "seed": (0, 2**63 - 1),
        }
        for field in fields(self):
            if field.name in limits:
                low, high = limits[field.name]
                value = getattr(self, field.name)
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                    raise InputError(
                        _("Setting {name} must lie between {low} and {high}, not {value!r}.").format(
                            name=field.name, low=low, high=high, value=value
                        )
                    )
        if self.candidates > self.predictions:
            raise InputError(_("There cannot be more candidates than predictions."))
        if self.preference_update not in PREFERENCE_UPDATES:
            raise InputError(
                _("preference_update is one of {updates}, not {update!r}.").format(
                    updates=", ".join(PREFERENCE_UPDATES), update=self.preference_update
                )
            )
        if self.region_mm is not None and not self.region_mm > 0:
            raise InputError(_("region_mm must be positive, not {region_mm!r}.").format(region_mm=self.region_mm))
