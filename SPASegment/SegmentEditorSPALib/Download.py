"""Weights from another computer: fetched when asked for, checked, and kept in a folder that the user can empty.

Nothing here touches Qt or MRML, so that a thread can do it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Dict, Iterator, List

from SPASegmentLib.errors import InputError, OutputError, WeightsError
from SPASegmentLib.model.onnx_graphs import GRAPHS, graph_file
from SPASegmentLib.output import reporting_write_errors, whole_file
from SPASegmentLib.paths import card_beside

from .Translate import tr as _

#: Seconds without an answer after which the other side counts as gone.
TIMEOUT = 20.0
#: Bytes read at once; between two reads the user can cancel.
PIECE = 1 << 18
#: No card is larger than this.
LARGEST_CARD = 1_000_000


class CancelledError(Exception):
    """The user has cancelled."""


class Download:
    """One weights file with its card.

    Attributes:
        name: of the weights file.
        sha256: that it must have.
        done, total: bytes, for a progress bar; the total is 0 until it is known.
    """

    def __init__(self, url: str, sha256: str) -> None:
        """Check what the user has entered; nothing is fetched yet.

        Args:
            url: of the weights (.safetensors); the card (.json) lies beside them.
            sha256: checksum of the weights, 64 hexadecimal digits.

        Raises:
            InputError: either cannot be used.
        """
        parts = urllib.parse.urlsplit(url.strip())
        local = parts.hostname in ("localhost", "127.0.0.1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise InputError(_("The address of weights begins with https://."))
        self.name = Path(urllib.parse.unquote(parts.path)).name
        if not re.fullmatch(r"[\w][\w .\-]*\.safetensors", self.name):
            raise InputError(_("The address must end with the name of a weights file (.safetensors)."))
        self.sha256 = sha256.strip().lower()
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise InputError(_("A SHA-256 checksum has 64 hexadecimal digits; copy it from the weights' page."))
        self.url, self.host = url.strip(), parts.hostname or ""
        self._card_url = urllib.parse.urlunsplit(parts._replace(path=parts.path[: -len("safetensors")] + "json"))
        self.done = self.total = 0
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop at the next piece; for any thread."""
        self._cancelled.set()

    def run(self, folder: Path) -> Path:
        """Fetch weights and card into a folder, whole and checked or not at all.

        Returns:
            The weights file.

        Raises:
            WeightsError: they cannot be fetched, or are not what was asked for; the message says what to do.
            OutputError: they cannot be written.
            CancelledError: by `cancel`.
        """
        card = b"".join(self._pieces(self._card_url, LARGEST_CARD))
        path = folder / self.name
        with reporting_write_errors(path):
            folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            digest = hashlib.sha256()
            with partial.open("wb") as file:
                for piece in self._pieces(self.url):
                    digest.update(piece)
                    file.write(piece)
            if digest.hexdigest() != self.sha256:
                raise WeightsError(
                    _("{name} has not the checksum that you gave (SHA-256 {found}...); nothing was kept.").format(
                        name=self.name, found=digest.hexdigest()[:12]
                    )
                )
            graphs = {graph_file(path, name): data for name, data in self._graphs(card).items()}
            with contextlib.ExitStack() as beside:
                # All are written before the first one reaches its place.
                for file, data in {card_beside(path): card, **graphs}.items():
                    beside.enter_context(whole_file(file)).write_bytes(data)
        return path

    def _graphs(self, card: bytes) -> Dict[str, bytes]:
        """What ONNX Runtime runs, where the card names it and it lies beside the weights; else PyTorch runs them.

        Raises:
            WeightsError: one is not what the card says, or cannot be fetched though it may be there.
        """
        try:
            stated = json.loads(card)["onnx"]["graphs"]
            checksums = {name: str(stated[name]) for name in GRAPHS}
        except (ValueError, KeyError, TypeError):
            return {}
        found: Dict[str, bytes] = {}
        for name, checksum in checksums.items():
            try:
                found[name] = b"".join(self._pieces(self._card_url[: -len("json")] + f"{name}.onnx"))
            except WeightsError as error:
                if isinstance(error.__cause__, urllib.error.HTTPError) and error.__cause__.code < 500:
                    return {}
                raise
            if hashlib.sha256(found[name]).hexdigest() != checksum:
                raise WeightsError(_("A graph of {name} has not the checksum on its card.").format(name=self.name))
        return found

    def _pieces(self, url: str, limit: int = 0) -> Iterator[bytes]:
        name = Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name
        try:
            answer = urllib.request.urlopen(url, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            raise WeightsError(
                _("{host} has no {name} (answer {code}); check the address.").format(
                    host=self.host, name=name, code=error.code
                )
            ) from error
        except (OSError, ValueError) as error:
            raise WeightsError(self._unreachable(error)) from error
        with answer:
            self.done, self.total = 0, int(answer.headers.get("Content-Length") or 0)
            while True:
                if self._cancelled.is_set():
                    raise CancelledError
                try:
                    piece = answer.read(PIECE)
                except (OSError, HTTPException) as error:
                    raise WeightsError(self._unreachable(error)) from error
                if not piece:
                    break
                self.done += len(piece)
                if limit and self.done > limit:
                    raise WeightsError(_("{name} is too large for a model card.").format(name=name))
                yield piece
        if self.done < self.total:
            raise WeightsError(_("The connection ended before {name} was complete; try again.").format(name=name))

    def _unreachable(self, error: Exception) -> str:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return _(
                "The certificate of {host} is not trusted here ({reason}); have it made known to this computer (set "
                "SSL_CERT_FILE to the file of your institution's authority), or use a local file."
            ).format(host=self.host, reason=reason.verify_message or str(reason))
        if isinstance(reason, ssl.SSLError):
            return _("{host} gives no secure connection ({reason}); check the address, or use a local file.").format(
                host=self.host, reason=reason.reason or str(reason)
            )
        return _("{host} cannot be reached; check the connection, or use a local file.").format(host=self.host)


def downloaded(folder: Path) -> List[Path]:
    """The weights files in a folder."""
    return sorted(folder.glob("*.safetensors")) if folder.is_dir() else []


def delete(folder: Path) -> None:
    """Delete all weights in a folder, with their cards, and nothing else.

    Raises:
        OutputError: one cannot be deleted.
    """
    for path in downloaded(folder):
        for file in (path, card_beside(path), *(graph_file(path, name) for name in GRAPHS)):
            try:
                file.unlink()
            except FileNotFoundError:
                pass
            except OSError as error:
                raise OutputError(_("{name} cannot be deleted; close what uses it.").format(name=file.name)) from error
