"""Evaluation through volumes: how many actions a reader needs for a whole structure."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, SPAError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.card import bundled, card_file, read_card
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.model.use import load
from SPASegmentLib.paths import check_given_once
from SPASegmentLib.research.data.stacks import Stack, folder_stacks, shard_stacks
from SPASegmentLib.research.evaluation.options import named, options
from SPASegmentLib.research.evaluation.parallel import Progress, cores, run_all
from SPASegmentLib.research.evaluation.statistics import rounded, with_interval
from SPASegmentLib.research.evaluation.volumes.baselines import itk_interpolation, replay, without_learning
from SPASegmentLib.research.evaluation.volumes.reader import Reader, Trace, even_anchors

#: Dice at which actions and seconds are counted.
REACHED = (0.8, 0.85, 0.88, 0.9)
#: What SPA is compared with: one slice after another; the same answers with another way to fill; other slices answered,
#: and the two together, as somebody works who fills between slices.
BASELINES = ("slice by slice", "itk", "no learning", "even anchors", "itk own slices")
#: Those that need ITK; who leaves out the first leaves out both.
WITH_ITK = ("itk", "itk own slices")


@dataclass(frozen=True)
class VolumesTask:
    """The options of ``spa evaluate volumes``, by the same names.

    Attributes:
        folders: each in one of the layouts of `data.single_mask.find_pairs`.
        npz: shards of multi-rater slices, whose nodules are stacks.
        index: list of their slices.
        label: of the structure in folders; None for all labels together.
        patients: to use; empty for all.
        actions: of the reader at most.
        limit: volumes of each folder, and stacks of all shards, at most, evenly spread; None for all.
        without: of `BASELINES`, what is left out.
        weights: of the network; None for the bundled ones.
        runtime: of `model.use.RUNTIMES`.
        seed: of the sessions.
        jobs: processes; None for one per processor core.
    """

    folders: Tuple[Path, ...] = ()
    npz: Tuple[Path, ...] = ()
    index: Optional[Path] = None
    label: Optional[int] = None
    patients: Tuple[str, ...] = ()
    actions: int = 40
    limit: Optional[int] = None
    without: Tuple[str, ...] = ()
    weights: Optional[Path] = None
    runtime: str = "auto"
    seed: int = 0
    jobs: Optional[int] = None

    def __post_init__(self) -> None:
        for name in self.without:
            if name not in BASELINES:
                raise InputError(f"Unknown baseline {name!r}; there are {', '.join(BASELINES)}.")
        if bool(self.npz) != (self.index is not None):
            raise InputError("Shards and the list of their slices belong together; give --npz and --index.")
        if not self.folders and not self.npz:
            raise InputError("Give folders with volumes, or shards with --npz and --index.")
        check_given_once((*self.folders, *self.npz))

    @property
    def baselines(self) -> Tuple[str, ...]:
        """Those that are measured."""
        left_out = {*self.without, *(WITH_ITK if "itk" in self.without else ())}
        return tuple(name for name in BASELINES if name not in left_out)

    def command(self) -> str:
        """The command that repeats this measurement, files and folders by their names alone."""
        words = ["spa evaluate volumes", *(quote(named(folder)) for folder in self.folders)]
        words += [f"--npz {quote(named(path))}" for path in self.npz]
        words += [*options(self, "index", "label"), *(f"--patient {quote(name)}" for name in self.patients)]
        words += [*options(self, "actions", "limit"), *(f'--without "{name}"' for name in self.without)]
        return " ".join([*words, *options(self, "weights", "runtime", "seed")])


@dataclass(frozen=True)
class VolumeTraces:
    """What came of a volume."""

    stack: Stack
    spa: Trace
    baselines: Dict[str, Trace]


def evaluate_volumes(
    task: VolumesTask, progress: Progress = None, complain: Callable[[str], None] = lambda text: None
) -> Dict[str, Any]:
    """Let a simulated reader (`reader`) go through every volume, with SPA and with each baseline.

    Args:
        task: what to measure.
        progress: called with (volumes done, in all).
        complain: called with a sentence for each folder or volume that cannot be used; the others go on.

    Returns:
        The record: `n_volumes`, `dice_one_anchor`, `dice_by_action`, `seconds_by_action` (computing alone),
        `actions_to_reach`, `seconds_to_reach` (means over the volumes that get there) and `reached` (their share) by
        Dice, `slices_touched` (visited, of those with the structure) and `ends_within_one` (of the ends that were
        found after the first accepted mask); the same for each baseline under `baselines`, with `lead_by_action`
        (SPA's Dice minus the baseline's on the same volumes), and for each volume under `volumes`. Means are over
        volumes, intervals over patients.

    Raises:
        InputError: no volume can be used; the message says why. Or a baseline's package is missing.
        WeightsError: weights are missing or damaged.
    """
    started, processes = time.perf_counter(), task.jobs or cores()
    if not set(WITH_ITK).isdisjoint(task.baselines):
        itk_interpolation()  # so that a missing package is told before the work
    card = read_card(card_file(bundled() if task.weights is None else task.weights))
    skipped: List[str] = []

    def left_out(text: str) -> None:
        skipped.append(text)
        complain(text)

    stacks = list(folder_stacks(task.folders, task.label, task.patients, task.limit, left_out))
    if task.npz and task.index is not None:
        try:
            stacks += shard_stacks(task.npz, task.index, task.limit, task.patients)
        except InputError as error:
            left_out(str(error))
    if not stacks:
        raise InputError(f"No volume can be used. {skipped[0] if skipped else 'There is none of these patients.'}")
    jobs = [(stack, task) for stack in stacks]
    found = run_all(_through, jobs, _Opened(task), processes, progress)
    patients = [one.stack.patient for one in found]
    settings = SessionSettings(seed=task.seed)
    return {
        "protocol": "volumes",
        "method": "spa",
        "actions": task.actions,
        "n_volumes": len(found),
        "intervals_over": f"{len(set(patients))} patients",
        **figures(found, [one.spa for one in found]),
        "baselines": {name: _baseline(found, name) for name in task.baselines},
        "volumes": {one.stack.name: _of_volume(one) for one in found},
        "skipped": skipped,
        "files": [named(path) for path in (*task.folders, *task.npz)],
        "limit": task.limit,
        "seed": task.seed,
        "weights": card.name,
        "sha256": card.sha256,
        "settings": {name: getattr(settings, name) for name in settings.__dataclass_fields__},
        "command": task.command(),
        "machine": f"{platform.machine()}, {processes} processes of one thread",
        "seconds": round(time.perf_counter() - started, 1),
    }


def figures(volumes: Sequence[VolumeTraces], traces: Sequence[Trace]) -> Dict[str, Any]:
    """The figures of one way through the volumes."""
    patients = [one.stack.patient for one in volumes]
    curves, seconds = np.array([trace.dice for trace in traces]), np.array([trace.seconds for trace in traces])
    first = np.array([trace.one_anchor for trace in traces])
    touched = [len(set(trace.slices)) / max(_slices(one.stack), 1) for one, trace in zip(volumes, traces)]
    found: Dict[str, Any] = {
        **with_interval("dice_one_anchor", first, patients),
        **with_interval("dice_by_action", curves, patients),
        "seconds_by_action": rounded(seconds.mean(axis=0), 2),
        "slices_touched": rounded(np.mean(touched)),
        **_reaching(curves, seconds),
    }
    near = [end for one, trace in zip(volumes, traces) for end in _ends_within_one(one.stack, trace)]
    if near:
        found["ends_within_one"] = rounded(np.mean(near))
    return found


def _baseline(volumes: Sequence[VolumeTraces], name: str) -> Dict[str, Any]:
    """The figures of a baseline, and how far SPA is ahead of it on the same volumes."""
    traces = [one.baselines[name] for one in volumes]
    ours, others = (np.array([trace.dice for trace in some]) for some in ([one.spa for one in volumes], traces))
    lead = with_interval("lead_by_action", ours - others, [one.stack.patient for one in volumes])
    return {**figures(volumes, traces), **lead}


def _through(tool: _Opened, job: Tuple[Stack, VolumesTask]) -> VolumeTraces:
    """A reader's ways through a volume; in a worker."""
    (stack, task), settings, network = job, SessionSettings(seed=job[1].seed), tool.network
    try:
        spa = Reader(network, stack, settings, task.actions).through()
        others: Dict[str, Trace] = {}
        for name in task.baselines:
            if name == "slice by slice":
                others[name] = Reader(network, stack, settings, task.actions).slice_by_slice(spa)
            elif name == "even anchors":
                others[name] = Reader(network, stack, settings, task.actions).through(even_anchors(stack))
            elif name == "itk own slices":
                reader = Reader(network, stack, settings, task.actions)
                others[name] = reader.filled_between(spa, itk_interpolation())
            else:
                fill = without_learning if name == "no learning" else itk_interpolation()
                others[name] = replay(stack, spa, fill, task.actions)
    except SPAError as error:
        raise InputError(f"{stack.name}: {error}") from error
    return VolumeTraces(stack, spa, others)


class _Opened:
    """Opens the network in whichever process it is used in."""

    def __init__(self, task: VolumesTask) -> None:
        self._task = task
        self._network: Optional[Network] = None

    def __call__(self) -> _Opened:
        return self

    @property
    def network(self) -> Network:
        """Opened when it is first asked for."""
        if self._network is None:
            self._network = load(self._task.weights, "auto", self._task.runtime).network
        return self._network


def _of_volume(one: VolumeTraces) -> Dict[str, Any]:
    first, last = one.stack.ends
    return {
        "patient": one.stack.patient,
        "slices": _slices(one.stack),
        "first": first,
        "last": last,
        "ends": None if one.spa.ends is None or one.stack.cut else list(one.spa.ends),
        "dice_one_anchor": rounded(one.spa.one_anchor),
        "dice_by_action": rounded(one.spa.dice),
        "marks": [[mark.actions, mark.index, "end" if mark.mask is None else "mask"] for mark in one.spa.marks],
        "baselines": {name: rounded(trace.dice) for name, trace in one.baselines.items()},
    }


def _reaching(curves: np.ndarray, seconds: np.ndarray) -> Dict[str, Any]:
    actions: Dict[str, Optional[float]] = {}
    waited: Dict[str, Optional[float]] = {}
    share: Dict[str, float] = {}
    for threshold in REACHED:
        hit = curves >= threshold
        got = hit.any(axis=1)
        at = hit.argmax(axis=1)[got]
        share[str(threshold)] = rounded(got.mean())
        actions[str(threshold)] = rounded((at + 1).mean(), 1) if got.any() else None
        waited[str(threshold)] = rounded(seconds[got, at].mean(), 1) if got.any() else None
    return {"actions_to_reach": actions, "seconds_to_reach": waited, "reached": share}


def _ends_within_one(stack: Stack, trace: Trace) -> List[bool]:
    if stack.cut or trace.ends is None:
        return []
    return [abs(found - true) <= 1 for found, true in zip(trace.ends, stack.ends)]


def _slices(stack: Stack) -> int:
    return int(stack.mask.any(axis=(1, 2)).sum())

