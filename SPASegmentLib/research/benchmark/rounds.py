"""A round of the published procedure beside a round of SPA: same weights, same image, same prompts and latents.

Both sides run in one process and take turns, so that whatever else the machine does meets both. What is compared is
the amortised procedure of the paper at equal N: no particles, no shape refinement, no search for the region. Those
are SPA's own, and `product` measures them.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.candidates import THRESHOLD, CandidateSet, select_candidates
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.precision import ready_for_use
from SPASegmentLib.research.benchmark.clock import Taken, peak_mib, reset_peak, spread, timed
from SPASegmentLib.research.benchmark.reference import RoundOutput, input_of, reference_round
from SPASegmentLib.research.benchmark.subject import device_of, in_single, make_frame, make_network

#: Rounds of a session (paper: 6).
ROUNDS = 6


@dataclass(frozen=True)
class CaseSpec:
    """One backbone, fusion and size, measured at several N and thread counts.

    Attributes:
        backbone, fusion, size: of the network.
        counts: N, the first also for memory.
        threads: thread counts; the first is for all N, the others for the first N.
        device: "cpu", "cuda" or "auto".
        half: fewer bits for SPA where the device multiplies them faster; the reference is always in single precision.
        seconds: after this time on the wall no further round of the reference is begun. Two are always measured; with
            0 it is one, where a round takes most of a minute. SPA's rounds are all measured.
    """

    backbone: str
    fusion: str
    size: int
    counts: Tuple[int, ...] = (48,)
    threads: Tuple[int, ...] = (1,)
    device: str = "auto"
    half: bool = True
    seconds: float = 20.0


@dataclass(frozen=True)
class OwnRound:
    """What a round of SPA leaves to the next one and to the comparison."""

    prompts: Prompts
    previous: Optional[ArrayMixture]
    mixture: ArrayMixture
    latents: np.ndarray
    maps: np.ndarray
    candidates: CandidateSet
    full: np.ndarray


class OwnPath:
    """SPA's procedure on a frame: the product's predictor and candidates, the image encoded once."""

    def __init__(self, network: SPANetwork, frame: FrameImage, click: Click, n: int, chunk: int) -> None:
        size = network.config.image_size
        self.region = Region.around(frame, (click.x, click.y), float(size), size)
        self._network, self._n, self._chunk = network, n, chunk
        self._predictor: Optional[NetworkPredictor] = None
        self._click = click

    @property
    def predictor(self) -> NetworkPredictor:
        """After `first`."""
        assert self._predictor is not None
        return self._predictor

    def first(self) -> OwnRound:
        """Encode, and the first round."""
        self._predictor = NetworkPredictor(self._network, self.region)
        return self._round(Prompts((Click(*self.region.to_region(self._click.x, self._click.y)),)), None, 1)

    def after(self, before: OwnRound, number: int) -> OwnRound:
        """The round after the first candidate was chosen."""
        found = before.candidates
        # Where all predictions look alike there is no candidate; the click is then said again with the mask.
        chosen = found.maps[0] if len(found.maps) else found.recommended
        point = found.points[0] if found.points else Click(chosen.shape[1] // 2, chosen.shape[0] // 2)
        x, y = self.region.from_map(point.x, point.y, chosen.shape)
        prompts = Prompts((*before.prompts.clicks, Click(x, y, point.positive)), chosen)
        return self._round(prompts, before.mixture, number)

    def _round(self, prompts: Prompts, previous: Optional[ArrayMixture], number: int) -> OwnRound:
        mixture = self.predictor.preference(prompts, previous)
        latents = mixture.draw(self._n, number)
        maps = self.predictor.predict(latents, self._chunk)
        native = self.region.native_size
        candidates = select_candidates(maps, 4, as_seen=lambda m: resample(m, native))
        full = self.region.maps_to_frame(np.concatenate([candidates.recommended[None], candidates.maps]))
        return OwnRound(prompts, previous, mixture, latents, maps, candidates, full)


def measure_case(spec: CaseSpec) -> List[Dict[str, Any]]:
    """Records of one case, one for each N and thread count. To be run in a process of its own, for the memory."""
    device = device_of(spec.device)
    frame, click = make_frame(spec.size)
    peaks = _memory(spec, device, frame, click)
    network, weights = make_network(spec.backbone, spec.fusion, spec.size)
    network.to(device)
    reference = in_single(network)
    if spec.half:
        ready_for_use(network)
    plan = [(n, spec.threads[0]) for n in spec.counts] + [(spec.counts[0], t) for t in spec.threads[1:]]
    records = []
    for n, threads in plan:
        record = {
            "backbone": spec.backbone,
            "fusion": spec.fusion,
            "size": spec.size,
            "n": n,
            "device": _device_name(device),
            "threads": threads,
            "weights": weights,
            "precision": _precision(network),
            "reference_precision": "float32",
        }
        with threadpool_limits(limits=threads):
            torch.set_num_threads(threads)
            record.update(_take_turns(network, reference, frame, click, n, spec.seconds, device))
        if n == spec.counts[0]:
            record.update(peaks)
        records.append(record)
    return records


def _memory(spec: CaseSpec, device: torch.device, frame: FrameImage, click: Click) -> Dict[str, float]:
    """Peak memory of the process with either side alone in it; on a GPU also that of the device."""
    torch.set_num_threads(spec.threads[0])
    found: Dict[str, float] = {}
    given = None
    for side in ("ours", "reference"):
        gc.collect()
        reset_peak()
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        network, _ = make_network(spec.backbone, spec.fusion, spec.size)
        network.to(device)
        if side == "ours":
            if spec.half:
                ready_for_use(network)
            path = OwnPath(network, frame, click, spec.counts[0], SessionSettings().chunk)
            reset_peak()
            own = path.first()
            path.after(own, 2)
            given = _given(path, own, device)
            del path, own
        else:
            assert given is not None
            reset_peak()
            reference_round(network, given)
        found[f"{side}_peak_mib"] = peak_mib()
        if device.type == "cuda":
            found[f"{side}_peak_device_mib"] = round(torch.cuda.max_memory_allocated(device) / (1 << 20), 1)
        del network
    return found


def _take_turns(
    network: SPANetwork, reference: SPANetwork, frame: FrameImage, click: Click, n: int, seconds: float,
    device: torch.device,
) -> Dict[str, Any]:  # fmt: skip
    """Alternate rounds of both sides; when the time is up, SPA goes on alone. At most `ROUNDS` of each."""
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    path = OwnPath(network, frame, click, n, SessionSettings().chunk)
    # Libraries set themselves up on their first call; neither side is charged for that.
    warm = OwnPath(network, frame, click, 8, SessionSettings().chunk)
    warm.after(warm.first(), 2)
    own, first = timed(path.first, wait)
    theirs: List[Taken] = []
    further: List[Taken] = []
    agreement: List[Dict[str, float]] = []
    spent = 0.0
    for number in range(1, ROUNDS + 1):
        if number > 1:
            before = own
            own, taken = timed(lambda: path.after(before, number), wait)  # noqa: B023
            further.append(taken)
        if (number == 1 and not seconds) or (number > 2 and spent > seconds):
            continue
        given = _given(path, own, device)
        output, taken = timed(lambda: reference_round(reference, given), wait)  # noqa: B023
        theirs.append(taken)
        agreement.append(_agreement(own, output))
        spent += taken.wall_s + (further[-1].wall_s if further else first.wall_s)
    return _record(theirs, first, further, agreement)


def _given(path: OwnPath, own: OwnRound, device: torch.device) -> Any:
    points = tuple((c.x, c.y, c.positive) for c in own.prompts.clicks)
    return input_of(path.region.pixels(), points, own.prompts.mask, own.previous, own.latents, device)


def _record(
    theirs: List[Taken], first: Taken, further: List[Taken], agreement: List[Dict[str, float]]
) -> Dict[str, Any]:
    reference_cpu, reference_wall = spread([t.cpu_s for t in theirs]), spread([t.wall_s for t in theirs])
    ours_cpu, ours_wall = spread([t.cpu_s for t in further]), spread([t.wall_s for t in further])
    session = {
        "reference": ROUNDS * reference_cpu["median"],
        "ours": first.cpu_s + (ROUNDS - 1) * ours_cpu["median"],
    }
    return {
        "reference_cpu_s": reference_cpu["median"],
        "ours_cpu_s": ours_cpu["median"],
        "ratio": round(reference_cpu["median"] / ours_cpu["median"], 2),
        "reference_wall_s": reference_wall["median"],
        "ours_wall_s": ours_wall["median"],
        "wall_ratio": round(reference_wall["median"] / ours_wall["median"], 2),
        "ours_first_cpu_s": round(first.cpu_s, 6),
        "ours_first_wall_s": round(first.wall_s, 6),
        "session_reference_cpu_s": round(session["reference"], 6),
        "session_ours_cpu_s": round(session["ours"], 6),
        "session_ratio": round(session["reference"] / session["ours"], 2),
        "spread": {
            "reference_cpu_s": reference_cpu, "ours_cpu_s": ours_cpu,
            "reference_wall_s": reference_wall, "ours_wall_s": ours_wall,
        },
        "agreement": {
            name: round((max if name.endswith("max") else min)(a[name] for a in agreement), 6) for name in agreement[0]
        },
    }  # fmt: skip


def _agreement(own: OwnRound, theirs: RoundOutput) -> Dict[str, float]:
    """How alike both sides' masks are, at map size: what the reference has at image size repeats its map's pixels."""
    ours, other = own.maps > THRESHOLD, theirs.predictions > THRESHOLD
    single = np.array([pairwise_dice(a[None], b[None])[0, 0] for a, b in zip(ours, other)])
    step = theirs.recommended.shape[0] // own.maps.shape[1]
    recommended = theirs.recommended[None, ::step, ::step] > THRESHOLD
    whole = pairwise_dice(own.candidates.recommended[None] > THRESHOLD, recommended)
    candidates = pairwise_dice(own.candidates.maps > THRESHOLD, theirs.candidates[:, ::step, ::step] > THRESHOLD)
    rows, columns = linear_sum_assignment(-candidates)
    return {
        "prediction_dice_mean": float(single.mean()),
        "prediction_dice_min": float(single.min()),
        "probability_difference_mean_max": float(np.abs(own.maps - theirs.predictions).mean()),
        "recommended_dice": float(whole[0, 0]),
        # Another start of K-means finds another partition; neither side's is the right one.
        "candidates_dice_mean": float(candidates[rows, columns].mean()) if candidates.size else 1.0,
    }


def _precision(network: SPANetwork) -> str:
    return "+".join(sorted({str(p.dtype).replace("torch.", "") for p in network.parameters()}))


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
