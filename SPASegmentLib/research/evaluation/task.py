"""What to measure: the options of ``spa evaluate lidc``, and the command that repeats it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from shlex import quote
from typing import List, Optional, Sequence

from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.research.evaluation.cases import RATERS
from SPASegmentLib.research.evaluation.methods.catalogue import MethodSpec, check_used
from SPASegmentLib.research.evaluation.options import options
from SPASegmentLib.research.evaluation.users import User

#: Options that say where things are or how fast, and change no number.
_NOT_REPEATED = ("baselines", "jobs")


@dataclass(frozen=True)
class Task:
    """The options of ``spa evaluate lidc``, by the same names.

    Attributes:
        protocol: what the user wants (`cases.PROTOCOLS`).
        user: how the user answers (`users.USERS`).
        method: what works with the user (`catalogue.METHODS`).
        start: what SPA's sessions begin with (`boxes.STARTS`).
        rounds: per case.
        noise: share of choices that fall on another candidate at random.
        update: "bayesian" or "amortised".
        generator: what the preference generator may move (`model.ablation.PARTS`).
        refine: whether shape latents vary the network's predictions.
        looks: whether a click is looked at from several sizes.
        feedback_prompts: whether the chosen mask and its point go to the network.
        predictions: N, the candidates come from these.
        particles: latents that carry the preference and, where they cost next to nothing, the recommended mask.
        raters: that a slice must have exactly; 0 for all slices with at least one.
        split: only slices that are kept for testing by it (`data.split`); None for all.
        limit: cases at most, evenly spread; None for all.
        cases: a list of cases instead of the committed or drawn one.
        weights: of the SPA network; None for the bundled ones.
        seed: of the draw of cases where no list fits, and of settings.
        baselines: folder of the trained baselines.
        jobs: processes; None for one per processor core.
        runtime: see `model.use`.
    """

    protocol: str = "combination"
    user: str = "choice"
    method: str = "spa"
    start: str = "click"
    rounds: int = 6
    noise: float = 0.0
    update: str = "bayesian"
    generator: str = "all"
    refine: bool = True
    looks: bool = True
    feedback_prompts: bool = True
    predictions: int = 48
    particles: int = 512
    raters: int = RATERS
    split: Optional[str] = None
    limit: Optional[int] = None
    cases: Optional[Path] = None
    weights: Optional[Path] = None
    seed: int = 0
    baselines: Path = Path("runs/baselines")
    jobs: Optional[int] = None
    runtime: str = "torch"

    def settings(self) -> SessionSettings:
        """Of the sessions.

        Raises:
            InputError: an option has no such value.
        """
        return SessionSettings(
            predictions=self.predictions,
            particles=self.particles,
            rounds=self.rounds,
            preference_update=self.update,
            seed=self.seed,
            feedback_prompts=self.feedback_prompts,
            refine=self.refine,
            looks=self.looks,
        )

    def spec(self) -> MethodSpec:
        """The method, not yet opened.

        Raises:
            InputError: an option has no such value, or the method makes nothing of it.
        """
        spec = MethodSpec(
            self.method, self.settings(), self.weights, self.baselines, self.start, self.generator, self.protocol,
            self.runtime,
        )  # fmt: skip
        check_used(self.method, ["noise"] if self.noise else [])
        return spec

    def simulated_user(self) -> User:
        """Who answers.

        Raises:
            InputError: an option has no such value.
        """
        return User(self.user, self.noise)

    def command(self, files: Sequence[Path]) -> str:
        """The command that repeats this measurement, with file names alone."""
        words: List[str] = ["spa evaluate lidc", *(f"--npz {quote(Path(file).name)}" for file in files)]
        names = [field.name for field in fields(self) if field.name not in _NOT_REPEATED]
        return " ".join([*words, *options(self, *names)])
