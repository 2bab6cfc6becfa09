"""``spa baselines``: training what SPA is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.research.commands.training import progress_bar


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
    with interruption_at_the_end():
        from SPASegmentLib.errors import InputError
        from SPASegmentLib.research.data.shards import load_slices
        from SPASegmentLib.research.evaluation.baselines.kinds import NETWORKS
        from SPASegmentLib.research.evaluation.baselines.training import BaselineSettings, BaselineTrainer

    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        raise InputError(f"There is no baseline {unknown[0]!r}; there are {', '.join(NETWORKS)}.")
    settings = BaselineSettings() if steps is None else BaselineSettings(steps=steps, warmup=min(50, steps // 4))
    slices, console = load_slices(files), Console()
    for name in names or list(NETWORKS):
        trainer = BaselineTrainer(name, slices, settings, output / name)
        with progress_bar(console, f"Training {name}") as progress:
            trainer.run(until, progress)
        console.print(f"{name}: step {trainer.step} of {settings.steps}, {trainer.core_seconds / 60:.1f} core minutes.")
