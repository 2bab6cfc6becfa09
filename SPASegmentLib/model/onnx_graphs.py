"""Which graphs for ONNX Runtime lie beside a weights file, and under which names."""

from __future__ import annotations

from pathlib import Path

#: Parts of a network, each a graph (see `onnx_network`).
GRAPHS = ("encoder", "prompts", "masks")


def graph_file(weights: Path, graph: str) -> Path:
    """Where a graph of a weights file lies: compact.encoder.onnx beside compact.safetensors."""
    return weights.with_name(f"{weights.stem}.{graph}.onnx")
