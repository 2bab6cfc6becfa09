"""Time, memory, and what speed costs in accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, List, Optional

import typer

from SPASegmentLib.commands.plain import Weights, path_argument, path_option
from SPASegmentLib.research.cli.options import PANEL, Npz, ready, typed

app = typer.Typer()

benchmark = typer.Typer(help="Measure time, memory and what speed costs in accuracy.", invoke_without_command=True)
app.add_typer(benchmark, name="benchmark", rich_help_panel=PANEL)


@benchmark.callback()
def benchmark_run(
    context: typer.Context,
    sizes: Annotated[str, typer.Option(help="Image sizes.")] = "128,256,512,1024",
    n: Annotated[str, typer.Option("--n", help="Predictions a round; memory is measured for the first.")] = "48,24,12",
    backbones: Annotated[str, typer.Option(help="Names of encoders, such as compact, or all.")] = "all",
    fusions: Annotated[str, typer.Option(help="embedding, token.")] = "embedding,token",
    threads: Annotated[str, typer.Option(help="Thread counts.")] = "1,2",
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    half: Annotated[bool, typer.Option(help="Half precision for SPA where the device multiplies it faster.")] = True,
    parts: Annotated[
        str, typer.Option(help="What to measure; the others' records in the folder stay as they are.")
    ] = "rounds,product,cold,imports,soak,throughput",
    weights: Weights = None,
    quick: Annotated[bool, typer.Option("--quick", help="The smallest cases, to see that everything runs.")] = False,
    output: Annotated[
        Path, path_option("--json", help="Records of the comparison; the other parts go beside it.")
    ] = Path("out/benchmark/rounds.json"),
) -> None:
    """Measure SPA beside the published procedure, in turns, and its own parts. About 14 minutes on two cores.

    Parts, and cases of the comparison, can be measured again one by one: what is new takes the place of what was
    measured before, and the rest stays.
    """
    if context.invoked_subcommand is not None:
        return
    with ready():
        from SPASegmentLib.research.benchmark.plan import parse_choice, parse_parts
        from SPASegmentLib.research.commands.benchmark import run_benchmark

        choice = parse_choice(sizes, n, backbones, fusions, threads, device, half, quick)
        run_benchmark(choice, output, parse_parts(parts), weights, typed())


@benchmark.command("accuracy")
def benchmark_accuracy(
    npz: Npz,
    weights: Annotated[Optional[List[Path]], path_option(help="Weights files instead of the bundled one.")] = None,
    limit: Annotated[int, typer.Option(min=2, help="Cases, evenly spread.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of cases and sessions.")] = 0,
    output: Annotated[Path, path_option("--json", help="Where the records go.")] = Path("out/benchmark/accuracy.json"),
) -> None:
    """Dice by round beside the time, one setting changed at a time."""
    with ready():
        from SPASegmentLib.research.commands.benchmark import run_accuracy

        run_accuracy(npz, weights or [], limit, seed, output, typed())


@benchmark.command("report")
def benchmark_report(
    folder: Annotated[Path, path_argument(help="With the records.")] = Path("out/benchmark"),
    output: Annotated[Path, path_option("--output", "-o", help="The page.")] = Path("docs/benchmarks.md"),
) -> None:
    """Write the page from the records."""
    with ready():
        from SPASegmentLib.research.commands.benchmark import run_report

        run_report(folder, output)
