"""The sections of docs/results.md and docs/beyond-lungs.md; their words stand in `pages/`, and name the tables below.

To add a section: a function that takes all records by name and returns the lines of a table, without rows where nothing
was measured (the section is left out then); its name in `TABLES`; and in `pages/` a heading, what there is to say, and
`{{name}}`, with further arguments after the name. Its records come from `plan.py`, or from any `spa evaluate ... --json
FILE` whose file lies in the folder that `spa report` is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List, Tuple

from SPASegmentLib.research.evaluation.results import beyond, marks, named, tables, trainings, volume_tables
from SPASegmentLib.research.evaluation.results.cells import Records
from SPASegmentLib.research.markdown import Lines

TABLES: Dict[str, Callable[..., Lines]] = {
    "marks": marks.marks, "leads": marks.leads, "from_a_box": marks.from_a_box,
    "by_round": tables.by_round, "other_measures": tables.other_measures,
    "table_1": tables.table_1, "table_2": tables.table_2, "table_3": tables.table_3, "table_5": tables.table_5,
    "table_6": tables.table_6, "table_7": tables.table_7, "figure_4": tables.figure_4, "figure_5": tables.figure_5,
    "higher_dice": tables.higher_dice, "predictions": tables.predictions, "users": tables.users,
    "profile": tables.profile, "user_changes": tables.user_changes, "transfer": tables.transfer, "sets": tables.sets,
    "expected_dice": tables.expected_dice, "commands": tables.commands, "generators": trainings.generators,
    "losses": trainings.losses, "fusions": trainings.fusions, "widening": trainings.widening,
    "budgets": trainings.budgets, "protocol": trainings.protocol,
    "other_images": beyond.other_images, "structures": beyond.structures,
    "structures_by_set": beyond.structures_by_set, "volumes.by_actions": volume_tables.by_actions,
    "volumes.leads": volume_tables.leads, "volumes.reaching": volume_tables.reaching,
    "volumes.each_volume": volume_tables.each_volume, "named.profiles": named.profiles,
    "named.differences": named.differences, "named.rounds": named.rounds, "named.alignment": named.alignment,
    "named.programs": named.programs, "named.left_out": named.left_out,
}  # fmt: skip


Table = Callable[[Records], Lines]


def read_page(name: str) -> Tuple[List[str], Dict[str, Tuple[List[str], Table]]]:
    """A page of `pages/`.

    Returns:
        Its first paragraphs, its own heading included; and by heading what each section says, with its table.
    """
    text = Path(__file__).with_name("pages").joinpath(f"{name}.md").read_text(encoding="utf-8")
    parts = (part.strip().split("\n\n") for part in text.split("\n## "))
    first, *sections = ([" ".join(paragraph.split("\n")) for paragraph in part] for part in parts)
    return first, {heading: (words, _table(marked)) for heading, *words, marked in sections}


def _table(marked: str) -> Table:
    """What is named between double braces, with its arguments."""
    name, *arguments = marked.strip("{}").split()
    return lambda records: TABLES[name](records, *arguments)
