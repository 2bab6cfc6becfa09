"""A network run by ONNX Runtime, from graphs that ``spa export`` has written; no PyTorch.

Three graphs lie beside the weights file: ``encoder`` (image to features, once a frame), ``prompts`` (points, mask and
the previous preference distribution to the next one, and the one decoder pass of token fusion) and ``masks`` (what the
pass gave, and latents, to logits). The card's `onnx` has their SHA-256, and what must be known of the network.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

from SPASegmentLib.errors import DependencyError, WeightsError
from SPASegmentLib.model.card import ModelCard, checked_bytes
from SPASegmentLib.model.onnx_graphs import GRAPHS, graph_file
from SPASegmentLib.model.runtime import MixtureArrays
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: What a card states of a network beside its graphs.
FACTS = ("image_size", "map_size", "whole_frame", "components", "latent_dim")


class OnnxNetwork:
    """Implements `runtime.Network`.

    Args:
        path: of the weights file, beside which the graphs lie.
        card: of the weights.

    Raises:
        WeightsError: the card names no graphs, or one is missing or damaged.
        DependencyError: ONNX Runtime is missing, broken, or too old for the graphs.
    """

    def __init__(self, path: Path, card: ModelCard) -> None:
        self.card = card
        self.fell_back = False
        self.expected_dice = card.expected_dice_curves()
        self.volume_numbers = card.volume_numbers()
        try:
            self._facts = {name: int(card.onnx[name]) for name in FACTS}
            files = {name: str(card.onnx["graphs"][name]) for name in GRAPHS}
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                _("The card of {name} names no ONNX graphs; write them with spa export, or install PyTorch.").format(
                    name=path.name
                )
            ) from error
        self._graphs = {name: _open(graph_file(path, name), sha256) for name, sha256 in files.items()}

    @property
    def image_size(self) -> int:
        """See `runtime.Network`."""
        return self._facts["image_size"]

    @property
    def map_size(self) -> int:
        """See `runtime.Network`."""
        return self._facts["map_size"]

    @property
    def one_pass(self) -> bool:
        """Only token fusion has graphs."""
        return True

    @property
    def whole_frame(self) -> bool:
        """See `runtime.Network`."""
        return bool(self._facts["whole_frame"])

    @property
    def mixture_shape(self) -> tuple[int, int]:
        """(M, d) of the preference distribution."""
        return self._facts["components"], self._facts["latent_dim"]

    def prepare(self, pixels: np.ndarray) -> OnnxImage:
        """See `runtime.Network`."""
        return OnnxImage(self, pixels)

    def run(self, graph: str, values: Dict[str, np.ndarray]) -> List[np.ndarray]:
        """All outputs of a graph, in its order."""
        found: List[np.ndarray] = self._graphs[graph].run(None, values)
        return found


class OnnxImage:
    """Encodes an image once; see `runtime.PreparedImage`.

    Args:
        network: its graphs.
        pixels: (S, S) float32, normalised.
    """

    def __init__(self, network: OnnxNetwork, pixels: np.ndarray) -> None:
        self._network = network
        features = network.run("encoder", {"image": np.asarray(pixels, dtype=np.float32)[None, None]})
        self._features = {f"features_{n}": value for n, value in enumerate(features)}
        self._pass: Dict[str, np.ndarray] = {}

    def preference(
        self, points: np.ndarray, labels: np.ndarray, mask: Optional[np.ndarray], previous: Optional[MixtureArrays]
    ) -> MixtureArrays:
        """See `runtime.PreparedImage`."""
        side, (components, dim) = self._network.map_size, self._network.mixture_shape
        given = np.zeros((side, side)) if mask is None else mask
        nothing = (np.zeros(components), np.zeros((components, dim)), np.ones((components, dim)))
        before = nothing if previous is None else previous
        values = {
            "points": points[None],
            "labels": labels[None],
            "mask": given[None, None],
            "has_mask": np.array([mask is not None]),
            **dict(zip(("weights", "means", "variances"), (part[None] for part in before))),
            "has_previous": np.array([previous is not None]),
        }
        single = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in values.items()}
        weights, means, variances, token, fine = self._network.run("prompts", {**self._features, **single})
        self._pass = {"token": token, "fine": fine}
        return weights[0], means[0], variances[0]

    def logits(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """See `runtime.PreparedImage`; all predictions are one product."""
        latents = np.ascontiguousarray(latents, dtype=np.float32)
        return self._network.run("masks", {**self._pass, "latents": latents})[0]


def _open(path: Path, sha256: str) -> Any:
    """A session of ONNX Runtime on the processor."""
    onnxruntime = import_runtime()
    checked_bytes(path, sha256)
    try:
        # From the file: a session keeps bytes that it is given.
        return onnxruntime.InferenceSession(str(path), _options(onnxruntime), providers=["CPUExecutionProvider"])
    except Exception as error:  # of many types, none of them public
        raise DependencyError(
            _(
                "ONNX Runtime {version} cannot run {name} ({reason}); install a newer one: pip install -U onnxruntime"
            ).format(
                version=onnxruntime.__version__, name=path.name, reason=str(error).strip().splitlines()[0][:200]
            )
        ) from error


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    # Threads that wait for the next product in a loop keep NumPy's from the cores in between: a click on two cores took
    # 2.6 times as long as on one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Graphs this small need no memory of their own between runs; a click takes as long without.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


#: Whether ONNX Runtime was installed and could not be imported, once since the process began: what it lacked then (on
#: Windows the C++ libraries that came with Slicer) it lacks until the next one.
failed = False


def import_runtime() -> Any:
    """The package onnxruntime, with its telemetry off: nothing is sent, and nothing is kept to be sent.

    Raises:
        DependencyError: it is missing or cannot be imported.
    """
    global failed
    # From 1.32 on it makes a device identifier and a file of events when it is imported, and uploads them.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # of older builds for Windows, which do not read the variable
    except Exception as error:  # the loader of libraries raises OSError, and others as they like
        if isinstance(error, ModuleNotFoundError) and error.name == "onnxruntime":
            raise DependencyError(_("ONNX Runtime is not installed; install it: pip install onnxruntime")) from error
        failed = True
        raise DependencyError(
            _(
                "ONNX Runtime is installed but cannot be imported ({reason}); install it again: "
                "pip install --force-reinstall onnxruntime"
            ).format(reason=(str(error) or repr(error)).strip().splitlines()[0][:300])
        ) from error
    return onnxruntime


def _threads() -> int:
    """As many as numerical libraries are told to use; 0 leaves the choice to ONNX Runtime."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return 0
