"""``spa baselines``: training what SPA is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import check_paths


def run_train_baselines(
    files: Sequence[Path], names: Sequence[str], steps: Optional[int], output: Path, until: Optional[int] = None
) -> None:
    """Train baselines one after the other; an interrupted run goes on where its last checkpoint was.

    Args:
        files: npz files of multi-rater slices.
        names: of `kinds.NETWORKS`; none for all.
        steps: of each; None for the default.
        output: a folder; each baseline gets one of its name in it.
        until: stop each at this step, to go on another time.

    Raises:
        SPAError: a name, a file or the folder cannot be used.
    """
    with imports():
        from SPASegmentLib.errors import InputError
        from SPASegmentLib.research.data.shards import load_slices
        from SPASegmentLib.research.evaluation.baselines.kinds import NETWORKS
        from SPASegmentLib.research.evaluation.baselines.training import BaselineSettings, BaselineTrainer
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
    settings = BaselineSettings() if steps is None else BaselineSettings(steps=steps, warmup=min(50, steps // 4))
    slices, console = load_slices(files), Console()
    for name in chosen:
        with only_training(output / name):
            trainer = BaselineTrainer(name, slices, settings, output / name)
            with progress_bar(console, f"Training {name}") as progress:
                trainer.run(until, progress)
        console.print(f"{name}: step {trainer.step} of {settings.steps}, {trainer.core_seconds / 60:.1f} core minutes.")
