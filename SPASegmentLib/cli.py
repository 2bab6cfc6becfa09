"""The command ``spa``: reads arguments and calls `SPASegmentLib.commands`; research adds its own where it is there."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Optional

import typer

from SPASegmentLib import __version__
from SPASegmentLib.commands.plain import (
    Runtime,
    Weights,
    check_folder,
    path_argument,
    path_option,
    plain_errors,
    prepare_process,
)

app = typer.Typer(
    name="spa",
    help="Segmentation by choices: one click gives five masks, and each choice shows SPA what you prefer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"spa {__version__}")
        raise typer.Exit


@app.callback()
def spa(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Segmentation by choices: one click gives five masks, and each choice shows SPA what you prefer."""
    prepare_process()
    with plain_errors():
        check_folder()


@app.command()
def demo(
    output: Annotated[Path, path_option("--output", "-o", help="Folder for the results.")] = Path("out/demo"),
    reader: Annotated[
        str, typer.Option(help="Whose mask the simulated reader has in mind: tight, middle, generous or satellite.")
    ] = "tight",
    weights: Weights = None,
    runtime: Runtime = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of the phantom and of everything drawn at random.")] = 0,
) -> None:
    """Show SPA at work on a built-in ambiguous volume, with a simulated reader who clicks and chooses."""
    with plain_errors():
        from SPASegmentLib.commands.demo import run_demo

        run_demo(output, reader, weights, seed, runtime)


@app.command()
def segment(
    volume: Annotated[Path, path_argument(help="NRRD, NIfTI or MHA file, or a folder with a DICOM series.")],
    click: Annotated[str, typer.Option(help="A point in the structure, in mm: R,A,S.")],
    output: Annotated[Path, path_option("--output", "-o", help="What to write, such as lesion.seg.nrrd.")],
    plane: Annotated[
        str, typer.Option(help="axial, sagittal, coronal, or the normal of an oblique plane: R,A,S.")
    ] = "axial",
    slices: Annotated[
        int, typer.Option(min=0, help="Go on to so many neighbouring slices on either side, with what was learned.")
    ] = 0,
    through: Annotated[
        bool, typer.Option("--through", help="Go on through the volume: SPA finds the other slices and the ends.")
    ] = False,
    visits: Annotated[
        Optional[int],
        typer.Option(min=0, help="After --through: so many doubtful slices are answered, too; not by --choices."),
    ] = None,
    choices: Annotated[
        Optional[str],
        typer.Option(help="Answers for the clicked slice, such as 2,0,accept (0: recommended) or larger,3,accept2."),
    ] = None,
    reference: Annotated[
        Optional[Path], path_option(help="A mask; a simulated reader who has it in mind makes the choices.")
    ] = None,
    profile: Annotated[
        Optional[Path], path_option(help="Preference to begin with, if the file exists; what is learned goes into it.")
    ] = None,
    weights: Weights = None,
    runtime: Runtime = "auto",
    region: Annotated[
        Optional[float], typer.Option(help="Side of the region of interest in mm, above 0; by default found.")
    ] = None,
    component: Annotated[
        Optional[int], typer.Option(min=1, help="Which volume of a file that has several (time points), from 1.")
    ] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Take a click also on what looks like empty background.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and answers give the same masks.")] = 0,
    log: Annotated[Optional[Path], path_option(help="Write rounds, Dice and actions to this JSON file.")] = None,
    figure: Annotated[Optional[Path], path_option(help="Draw the rounds into this PNG or JPEG file.")] = None,
) -> None:
    """Segment a structure in a volume: click, choose, accept.

    Without --reference and --choices the masks are shown in the terminal, and you are asked.
    """
    with plain_errors():
        from SPASegmentLib.commands.segment import SegmentTask, run_segment

        run_segment(
            SegmentTask(
                volume=volume, click=click, output=output, plane=plane, slices=slices, through=through, visits=visits,
                choices=choices,
                reference=reference, profile=profile, weights=weights, region_mm=region, seed=seed, log=log,
                figure=figure, component=component, anywhere=anywhere, runtime=runtime,
            )
        )


@app.command()
def viewer(
    volume: Annotated[
        Optional[Path], path_argument(help="NRRD, NIfTI or MHA file, or a folder with a DICOM series.")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; another one than this computer's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8080,
    token: Annotated[Optional[str], typer.Option(help="Instead of one made up; who has it may use the page.")] = None,
    weights: Weights = None,
    runtime: Runtime = "auto",
    profile: Annotated[Optional[Path], path_option(help="Preference to begin with.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in this computer's browser.")] = True,
    max_upload: Annotated[int, typer.Option(min=1, help="Largest upload in MiB.")] = 1024,
    component: Annotated[
        Optional[int], typer.Option(min=1, help="Which volume of a file that has several (time points), from 1.")
    ] = None,
    study: Annotated[Optional[Path], path_option(help="YAML file of a study with people; see docs/study.md.")] = None,
) -> None:
    """Open SPA in the browser; one process serves one user at a time."""
    with plain_errors():
        from SPASegmentLib.commands.viewer import run_viewer

        run_viewer(volume, host, port, token, weights, profile, browser, max_upload, runtime, study, component)


# 3D Slicer has no research in it.
if find_spec("SPASegmentLib.research") is not None:
    from SPASegmentLib.research.cli import add_commands

    add_commands(app)


def main() -> None:
    """Entry point of the installed command."""
    prepare_process()
    try:
        with plain_errors():  # help and version, too, may go to a disk that is full
            app()
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
