"""Timing on a CUDA device: events, warm-up, graph capture, shares of the device's ceilings.

No GPU was at hand when this was written: it is simple on purpose, and no figure in docs/benchmarks.md comes from it
until the report says so.
"""

from __future__ import annotations

import statistics
from typing import Any, Callable, Dict

import torch
from torch.utils.flop_counter import FlopCounterMode

from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.model.network import SPANetwork

#: Repeats before and while timing.
WARM_UP, REPEATS = 5, 30


def event_ms(work: Callable[[], Any]) -> Dict[str, float]:
    """Milliseconds on the device, by events: median, smallest and largest."""
    for _ in range(WARM_UP):
        work()
    taken = []
    for _ in range(REPEATS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        end.record()
        end.synchronize()
        taken.append(start.elapsed_time(end))
    return {"median": statistics.median(taken), "min": min(taken), "max": max(taken), "n": REPEATS}


def captured(work: Callable[[], Any]) -> Callable[[], None]:
    """The same work as one CUDA graph, launched at once: rounds are many small kernels.

    Inputs and outputs keep their places in memory; the caller copies new inputs into the old tensors.
    """
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def measure_device(network: SPANetwork, predictor: NetworkPredictor, image: torch.Tensor, n: int) -> Dict[str, Any]:
    """Encoder and predictions on the device, with and without graph capture.

    Args:
        network: on the device.
        predictor: after `preference`, so that prompts are known.
        image: (1, 1, S, S) on the device.
        n: predictions.

    Returns:
        Milliseconds, arithmetic done, and the share of the measured ceilings that a large product and a large copy
        reach on the same device.
    """
    latents = torch.randn(1, n, network.config.latent_dim, device=image.device)
    context = predictor.context
    with torch.inference_mode():
        def encode() -> Any:
            return network.encode(image)

        def decode() -> Any:
            return network.decode(context, latents, n)

        with FlopCounterMode(display=False) as encoder_flops:
            encode()
        with FlopCounterMode(display=False) as decoder_flops:
            decode()
        record = {
            "encode_ms": event_ms(encode),
            "decode_ms": event_ms(decode),
            "decode_graph_ms": event_ms(captured(decode)),
            "encode_gflop": encoder_flops.get_total_flops() / 1e9,
            "decode_gflop": decoder_flops.get_total_flops() / 1e9,
            **_ceilings(image.device),
        }
    for part in ("encode", "decode"):
        rate = record[f"{part}_gflop"] / record[f"{part}_ms"]["median"]  # Gflop per ms are Tflop/s
        record[f"{part}_share_of_arithmetic"] = rate / record["arithmetic_tflops"]
    return record


def _ceilings(device: torch.device) -> Dict[str, float]:
    """What a large product in bfloat16 and a large copy reach: Tflop/s and GB/s."""
    side = 8192
    a = torch.randn(side, side, device=device, dtype=torch.bfloat16)
    product = event_ms(lambda: a @ a)["median"]
    big = torch.empty(1 << 28, device=device)
    out = torch.empty_like(big)
    copy = event_ms(lambda: out.copy_(big))["median"]
    return {"arithmetic_tflops": 2 * side**3 / product / 1e9, "memory_gb_per_s": 2 * 4 * big.numel() / copy / 1e6}
