"""The commands of research: trainings, evaluations, benchmarks; a group of their own in ``spa --help``."""

from __future__ import annotations

import typer

from SPASegmentLib.research.cli import benchmark, evaluation, results, training


def add_commands(parent: typer.Typer) -> None:
    """Give another program these commands."""
    for part in (training, evaluation, results, benchmark):
        parent.registered_commands += part.app.registered_commands
        parent.registered_groups += part.app.registered_groups
