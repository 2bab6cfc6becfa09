"""``spa results`` and ``spa report``: all measurements, and the page that is written from them."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import check_paths, listed, weights_files


def run_results(
    files: Sequence[Path],
    folder: Path,
    only: Sequence[str],
    weights: Optional[Path],
    baselines: Path,
    losses: Path,
    jobs: Optional[int],
) -> None:
    """Measure everything in the plan that has not been measured with these weights yet.

    Args:
        files: npz files.
        folder: for the records.
        only: names of records, or the beginning of names; none for all.
        weights: of the SPA network; None for the bundled ones.
        baselines: folder of the trained baselines; what is not trained is left out.
        losses: folder of the weights of `make losses`, `make ablations` and `make embedding`; the same.
        jobs: processes; None for one per processor core.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with imports():
        from SPASegmentLib.errors import InputError
        from SPASegmentLib.research.evaluation.results.plan import plan
        from SPASegmentLib.research.evaluation.results.records import run_plan

    tasks = plan(weights, baselines, losses, jobs)
    chosen = {name: task for name, task in tasks.items() if not only or any(name.startswith(o) for o in only)}
    if not chosen:
        raise InputError(f"No record begins with {only[0]!r}; there are {', '.join(tasks)}.")
    inputs = [*(("--npz", Path(file)) for file in files), *weights_files(weights)]
    check_paths(inputs, [(f"{name}.json", folder / f"{name}.json") for name in chosen], make_folders=True)
    console = Console()

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True, highlight=False)

    with progress_bar(console, "Evaluating") as progress:
        missing = run_plan(chosen, files, folder, say, progress)
    if missing:
        say(f"{len(missing)} records were left out for want of trained networks: see the lines above.")


def run_report(folder: Path, output: Path, files: Sequence[Path], examples: Path, card: Optional[Path]) -> None:
    """Write the page of results, and example rounds as pictures where the data is given.

    Args:
        folder: with the records; those of the page that is there stay where there are no new ones of their name.
        output: the page.
        files: npz files for the example rounds; none to leave them out.
        examples: folder for them; they are crops of the data and belong to no repository.
        card: of the weights that were measured, whose metrics are to be replaced; None to leave it.

    Raises:
        SPAError: a record cannot be read or something cannot be written.
    """
    with imports():
        from SPASegmentLib.errors import InputError
        from SPASegmentLib.model.card import read_card
        from SPASegmentLib.research.evaluation.pictures import draw_examples
        from SPASegmentLib.research.evaluation.results.card import write_metrics
        from SPASegmentLib.research.evaluation.results.plan import plan
        from SPASegmentLib.research.evaluation.results.records import read_records, records_of_page
        from SPASegmentLib.research.evaluation.results.report import write_report
        from SPASegmentLib.research.evaluation.slices import open_files

    inputs = [*(("a record", path) for path in listed(folder, "*.json")), *(("--npz", Path(file)) for file in files)]
    check_paths(inputs, [("--output", output), ("--card", card)], make_folders=True)
    console, records = Console(), records_of_page(read_records(folder), output)
    # What the page does not need is looked at before it is written, too.
    if files and "combination" not in records:
        raise InputError(f"Example rounds are chosen by the record 'combination', which is not in {folder}.")
    opened = open_files(files) if files else []
    if card is not None:
        read_card(card)
    write_report(records, output)
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)
    if card is not None:
        write_metrics(records, card)
        console.print(f"Wrote the metrics into {card}.", markup=False, soft_wrap=True)
    if files:
        page = draw_examples(records["combination"], plan()["combination"], opened, examples)
        console.print(f"Wrote {page}.", markup=False, soft_wrap=True)
