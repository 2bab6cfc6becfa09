"""What a whole run consists of, and how long it may take."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, List, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.fusion import FUSIONS
from SPASegmentLib.research.benchmark.rounds import CaseSpec
from SPASegmentLib.research.benchmark.subject import SIZES

#: What a run can measure; each is a file of records, and can be measured again alone.
PARTS = ("rounds", "product", "cold", "imports", "soak", "throughput")
#: Stands for every encoder.
ALL = "all"
#: The largest size at which all N and thread counts are measured; above, a reference round takes most of a minute.
EVERYTHING_UP_TO = 512


@dataclass(frozen=True)
class Choice:
    """What to measure.

    Attributes:
        sizes, counts, backbones, fusions, threads: of the comparison; sizes that a backbone does not have are skipped.
        device: "cpu", "cuda" or "auto".
        half: see `rounds.CaseSpec`.
        quick: two rounds of the smallest cases, to see that everything runs.
    """

    sizes: Tuple[int, ...] = (128, 256, 512, 1024)
    counts: Tuple[int, ...] = (48, 24, 12)
    backbones: Tuple[str, ...] = tuple(SIZES)
    fusions: Tuple[str, ...] = ("embedding", "token")
    threads: Tuple[int, ...] = (1, 2)
    device: str = "auto"
    half: bool = True
    quick: bool = False


def parse_choice(
    sizes: str, counts: str, backbones: str, fusions: str, threads: str, device: str, half: bool, quick: bool
) -> Choice:
    """Comma-separated lists, as typed; `quick` leaves the first N, one thread and the smallest size of each backbone.

    Raises:
        InputError: a list is empty or holds something else, or the device is none that is measured.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]+)?", device):
        raise InputError(f"There is no device {device!r}; choose auto, cpu or cuda.")
    backbones = ",".join(SIZES) if backbones == ALL else backbones
    choice = Choice(
        _numbers(sizes, "Sizes"), _numbers(counts, "N"), _names(backbones, tuple(SIZES)),
        _names(fusions, tuple(FUSIONS)), _numbers(threads, "Threads"), device, half, quick,
    )  # fmt: skip
    if not quick:
        return choice
    return replace(choice, sizes=(128, 256), counts=choice.counts[:1], threads=choice.threads[:1])


def parse_parts(text: str) -> Tuple[str, ...]:
    """Names of `PARTS`, comma-separated.

    Raises:
        InputError: there is no such part, or none is named.
    """
    return _names(text, PARTS)


def _numbers(text: str, what: str) -> Tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise InputError(f"{what} are whole numbers such as 1,2, not {text!r}.")
    return found


def _names(text: str, known: Sequence[str]) -> Tuple[str, ...]:
    found = tuple(text.split(","))
    for name in found:
        if name not in known:
            raise InputError(f"There is no {name!r}; there are {', '.join(known)}.")
    return found


def cases(choice: Choice) -> List[Dict[str, Any]]:
    """Arguments of `rounds.measure_case`, one for each process.

    Raises:
        InputError: nothing is left to measure.
    """
    found = []
    for backbone in choice.backbones:
        for size in choice.sizes:
            if size not in SIZES[backbone]:
                continue
            large = size > EVERYTHING_UP_TO
            for fusion in choice.fusions:
                spec = CaseSpec(
                    backbone, fusion, size,
                    counts=choice.counts[:1] if large else choice.counts,
                    threads=choice.threads[:1] if large else choice.threads,
                    device=choice.device, half=choice.half, seconds=0.0 if choice.quick or large else _seconds(size),
                )  # fmt: skip
                found.append(asdict(spec))
    if not found:
        raise InputError(f"No backbone has any of the sizes {_listed(choice.sizes)}.")
    return found


def _seconds(size: int) -> float:
    """Time for a case's rounds: six of the reference where they are short, two or three where they are long."""
    return 4.0 if size <= 256 else 8.0


def _listed(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))
