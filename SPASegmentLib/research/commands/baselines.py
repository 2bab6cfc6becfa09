"""``spa baselines``: training what SPA is compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import check_paths


def run_train_baselines(
    files: Sequence[Path],
    names: Sequence[str],
    steps: Optional[int],
    output: Path,
    hold_out_every: int = 0,
    patience: Optional[int] = None,
) -> None:
    """Train baselines one after the other; an interrupted run goes on where its last checkpoint was.

    Args:
        files: npz files of multi-rater slices.
        names: of `kinds.NETWORKS`; none for all.
        steps: of each; None for the default.
        output: a folder; each baseline gets one of its name in it.
        hold_out_every: every so many-th patient is kept out of training, for the validation curve; 0 for no curve.
        patience: end a training when so many points of its curve have brought nothing; None for all steps.

    Raises:
        SPAError: a name, a file or the folder cannot be used, or there is no curve to have patience with.
    """
    with imports():
        from SPASegmentLib.errors import InputError
        from SPASegmentLib.research.data.rated import split_by_patient
        from SPASegmentLib.research.evaluation.baselines.curve import ending
        from SPASegmentLib.research.evaluation.baselines.kinds import NETWORKS
        from SPASegmentLib.research.evaluation.baselines.training import BaselineSettings, BaselineTrainer
        from SPASegmentLib.research.evaluation.slices import joined_slices
        from SPASegmentLib.research.training.recipe import only_training

    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        raise InputError(f"There is no baseline {unknown[0]!r}; there are {', '.join(NETWORKS)}.")
    chosen = list(dict.fromkeys(names)) or list(NETWORKS)
    results = [
        (f"{name}/{file}", output / name / file)
        for name in chosen
        for file in ("checkpoint.pt", "weights.safetensors", "card.json")
    ]
    check_paths([("--npz", Path(file)) for file in files], results, make_folders=True)
    settings = BaselineSettings(patience=patience)
    if steps is not None:
        settings = replace(settings, steps=steps, warmup=min(50, steps // 4))
    slices, kept_out, console = joined_slices(files), None, Console()
    if hold_out_every and slices.patients is not None:
        kept_out = split_by_patient(slices, hold_out_every, held_out=True)
        slices = split_by_patient(slices, hold_out_every)
    elif patience is not None:
        raise InputError(
            "Patience needs a validation curve, hence patients to keep out: the files, or index.csv beside them, must "
            "say whose slices they are, and --hold-out-every must not be 0."
        )
    for name in chosen:
        with only_training(output / name):
            trainer = BaselineTrainer(name, slices, settings, output / name, kept_out)
            with progress_bar(console, f"Training {name}") as progress:
                trainer.run(progress=progress)
        curve = f" Dice on patients kept out, at last: {ending(trainer.curve)}." if trainer.curve else ""
        console.print(
            f"{name}: step {trainer.step} of {settings.steps}, {trainer.core_seconds / 60:.1f} core minutes.{curve}"
        )
