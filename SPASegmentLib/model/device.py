"""Where a network computes: on the device that is asked for, and on the processor once that has failed."""

from __future__ import annotations

import contextlib
import logging

import torch

from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.precision import ready_for_use


def cuda_works() -> bool:
    """Whether there is a graphics card that PyTorch can use; a broken driver counts as none."""
    try:
        return bool(torch.cuda.is_available())
    except Exception:
        return False


def move(network: SPANetwork, device: str) -> SPANetwork:
    """Move a network to a device and make it ready for use there, in place; to the processor where that fails."""
    try:
        return ready_for_use(network.to(device))
    except (RuntimeError, AssertionError) as error:  # the latter from a PyTorch without CUDA
        if device == "cpu":
            raise
        _to_processor(network, error)
        return ready_for_use(network)


def leave_accelerator(network: SPANetwork, error: RuntimeError) -> bool:
    """Move a network to the processor after its device has failed, in place; `network.fell_back` says so from then on.

    Args:
        network: in use.
        error: what came out.

    Returns:
        False where it was on the processor already, so that the error is another one.
    """
    if network.device.type == "cpu" and not isinstance(error, torch.cuda.OutOfMemoryError):
        return False
    _to_processor(network, error)
    return True


def _to_processor(network: SPANetwork, error: BaseException) -> None:
    logging.warning("SPA goes on on the processor: %s", str(error).splitlines()[0] if str(error) else repr(error))
    try:
        network.to("cpu")
    except RuntimeError:
        # After some errors a card gives nothing back any more.
        _read_again(network)
    network.float()
    network.fell_back = True
    with contextlib.suppress(RuntimeError):
        torch.cuda.empty_cache()


def _read_again(network: SPANetwork) -> None:
    from SPASegmentLib.model.weights import load

    if network.weights_file is None:
        raise RuntimeError("The network's weights are lost with the device, and they came from no file.")
    fresh = load(network.weights_file).network
    network.load_state_dict(fresh.state_dict(), assign=True)
    for own, new in zip(network.modules(), fresh.modules()):
        own._buffers.update(new._buffers)  # those that are in no file
    network.eval().requires_grad_(False)
