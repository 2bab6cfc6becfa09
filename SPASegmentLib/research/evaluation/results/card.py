"""Figures for a model card, from the records of its weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import read_card, write_card
from SPASegmentLib.research.evaluation.results.records import Record

#: Record -> what it says on the card.
TITLES = {
    "combination": "LIDC-IDRI, target: majority of a random rater combination",
    "rater": "LIDC-IDRI, target: single raters",
}
_FIGURES = (
    "command", "n_cases", "intervals_over", "dice_recommended", "dice_recommended_ci95", "dice_best_on_screen",
    "dice_best_on_screen_ci95", "failure_rate", "noc", "expected_dice",
)  # fmt: skip
NOTE = "A user who only chooses, without slips; slices with four masks that share a pixel. More in docs/results.md."


def write_metrics(records: Dict[str, Record], path: Path) -> None:
    """Replace the metrics of a card by those of the records; everything else stays.

    Raises:
        InputError: there is no such record, or it was made with other weights.
        WeightsError: the card cannot be read.
        OutputError: it cannot be written.
    """
    card = read_card(path)
    metrics: Dict[str, Any] = {}
    for name, title in TITLES.items():
        if name in records:
            record = records[name]
            if record.get("sha256") != card.sha256:
                raise InputError(f"The record {name!r} was made with other weights than {path.name}; measure again.")
            metrics[title] = {key: record[key] for key in _FIGURES}
    if not metrics:
        raise InputError(f"A card needs the record {next(iter(TITLES))!r}; run spa results first.")
    write_card(replace(card, metrics={**metrics, "note": NOTE}), path)
