"""What is kept of a user's preference, across frames and images.

A profile holds a name, counts and numbers; nothing of an image, a study or a patient.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import numpy as np

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.output import held, whole_file
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Name of a profile that nobody has named.
DEFAULT = "default"
#: Seconds to wait for another program that writes a profile into the same folder.
PATIENCE = 10.0

FORMAT = "spa-profile"
#: Of files written; of files read. Version 1 also named a structure, which nothing looked at.
VERSION, READABLE = 2, (1, 2)

#: Standard deviation of users' preferred outline offsets before anything is known, in mm.
PRIOR_SD_MM = 2.0
#: First guess of how much one user's offsets scatter from image to image, in mm, and how many images it counts for.
NOISE_SD_MM, NOISE_COUNT = 1.0, 2.0
#: Chances that a mask is another user's (or that the user has changed), and that it says nothing, such as one of
#: another structure; offsets of the latter are spread evenly over so many mm.
CHANGE, SLIP, SLIP_RANGE_MM = 0.1, 0.02, 40.0
#: The scatter between two masks counts at most as this many times what is known of it.
LARGEST_SCATTER = 9.0
#: Accepted masks before a preference is called clear, and its distance from zero in standard deviations.
CLEAR_COUNT, CLEAR_SDS = 3, 2.0

#: How far the weighting reaches into the masks drawn, in their standard deviations.
REACH_SDS = 1.5

_LONGEST_TEXT = 100
_LARGEST_FILE = 10_000_000


@dataclass(frozen=True)
class _Belief:
    """A Gaussian over a user's preferred offset in mm, and the density of the mask that led to it."""

    mean: float
    variance: float
    evidence: float = 1.0

    def updated(self, offset_mm: float, noise_variance: float) -> _Belief:
        """After one mask: the Kalman filter's step."""
        expected = self.variance + noise_variance
        surprise = offset_mm - self.mean
        gain = self.variance / expected
        density = math.exp(-0.5 * surprise**2 / expected) / math.sqrt(2.0 * math.pi * expected)
        return _Belief(self.mean + gain * surprise, (1.0 - gain) * self.variance, density)


def _mixed(*parts: Tuple[float, _Belief]) -> _Belief:
    """One Gaussian with the mean and variance of a mixture of (share, belief)."""
    mean = sum(share * part.mean for share, part in parts)
    return _Belief(mean, sum(share * (part.variance + (part.mean - mean) ** 2) for share, part in parts))


@dataclass(frozen=True)
class Profile:
    """One user's preference; immutable, `updated` returns a new one.

    The style is a Gaussian belief about the signed outline offset in mm: the equivalent radius of the masks that
    the user accepts minus that of the mask for a user of whom nothing is known. Every accepted mask updates it by
    Bayes' rule under three explanations: it is this user's, which a Kalman filter follows; somebody else has taken
    over, of whom nothing is known yet; or it says nothing. How much the user scatters is learned along with it.

    Attributes:
        name: of the user or of the style.
        accepted: number of accepted masks that the profile has learned from.
        offset_mm: mean of the belief; negative is tighter.
        offset_variance: variance of the belief in mm2.
        last_offset_mm: of the last accepted mask that counted; None if there is none.
        noise_variance: scatter of single masks around the user's preference in mm2.
        noise_count: number of masks that the scatter is known from.
        forgetting: 0 < f <= 1; with every update what was known before counts f times as much.
    """

    name: str
    accepted: int = 0
    offset_mm: float = 0.0
    offset_variance: float = PRIOR_SD_MM**2
    last_offset_mm: Optional[float] = None
    noise_variance: float = NOISE_SD_MM**2
    noise_count: float = NOISE_COUNT
    forgetting: float = 0.9

    def __post_init__(self) -> None:
        name = self.name
        if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_TEXT or not name.isprintable():
            raise InputError(
                _("The name must be a text of 1 to {longest} printable characters.").format(longest=_LONGEST_TEXT)
            )
        if isinstance(self.accepted, bool) or not isinstance(self.accepted, int) or self.accepted < 0:
            raise InputError(
                _("The number of accepted masks is a count, not {accepted!r}.").format(accepted=self.accepted)
            )
        limits = {
            "offset_mm": (-1e6, 1e6), "offset_variance": (1e-12, 1e12), "last_offset_mm": (-1e6, 1e6),
            "noise_variance": (1e-12, 1e12), "noise_count": (1e-12, 1e12), "forgetting": (1e-3, 1.0),
        }  # fmt: skip
        for key, (low, high) in limits.items():
            value = getattr(self, key)
            if key == "last_offset_mm" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise InputError(
                    _("{key} must be a number from {low:g} to {high:g}, not {value!r}.").format(
                        key=key, low=low, high=high, value=value
                    )
                )
            object.__setattr__(self, key, float(value))

    @classmethod
    def new(cls, name: str, *_earlier: str) -> Profile:
        """An empty profile; it influences nothing.

        Args:
            name: of the user or of the style.
            _earlier: the structure that earlier versions took, too; it is not kept.

        Raises:
            InputError: the name is empty, too long or holds control characters.
        """
        return cls(name)

    def reset(self) -> Profile:
        """The empty profile of the same user."""
        return Profile(self.name, forgetting=self.forgetting)

    def updated(self, offset_mm: float) -> Profile:
        """The profile after one more accepted mask.

        Args:
            offset_mm: equivalent radius of the accepted mask minus that of the mask for a user of whom nothing is
                known.

        Raises:
            ValueError: the offset is not finite.
        """
        if not math.isfinite(offset_mm):
            raise ValueError(f"An update needs a finite offset, not {offset_mm}.")
        # What was known fades, but never below what is assumed about a stranger.
        known = min(self.offset_variance / self.forgetting, PRIOR_SD_MM**2)
        same = _Belief(self.offset_mm, known).updated(offset_mm, self.noise_variance)
        other = _Belief(0.0, PRIOR_SD_MM**2).updated(offset_mm, self.noise_variance)
        evidence = (
            (1.0 - CHANGE - SLIP) * same.evidence,
            CHANGE * other.evidence,
            SLIP / SLIP_RANGE_MM,
        )
        as_before, changed, slip = (value / sum(evidence) for value in evidence)
        mixed = _mixed((as_before, same), (changed, other), (slip, _Belief(self.offset_mm, known)))
        # From successive masks of one user, so that a user who changes is not taken for one who scatters.
        count, noise = max(self.forgetting * self.noise_count, NOISE_COUNT), self.noise_variance
        if self.last_offset_mm is not None:
            scatter = 0.5 * (offset_mm - self.last_offset_mm) ** 2
            noise = max((count * noise + as_before * min(scatter, LARGEST_SCATTER * noise)) / (count + as_before), 1e-4)
            count += as_before
        return replace(
            self,
            accepted=self.accepted + 1,
            offset_mm=mixed.mean,
            offset_variance=mixed.variance,
            last_offset_mm=self.last_offset_mm if slip > 0.5 else offset_mm,
            noise_variance=noise,
            noise_count=count,
        )

    def log_weight(self, offsets_mm: np.ndarray) -> np.ndarray:
        """How much more likely this user is to accept masks of these offsets than a stranger.

        A stranger's offsets are distributed as those given. This user's lie around the learned preference, to the
        degree that it is known, and scatter at most as much.

        Args:
            offsets_mm: (n,) equivalent radii in mm of possible masks, relative to the mask for a user of whom
                nothing is known.

        Returns:
            (n,) float64 log-likelihood ratios to reweight the masks with; all zero for an empty profile.
        """
        offsets = np.asarray(offsets_mm, dtype=np.float64)
        centre, stranger = float(offsets.mean()), max(float(offsets.var()), 1e-6)
        known = 1.0 - min(self.offset_variance / PRIOR_SD_MM**2, 1.0)
        # Beyond what was drawn there is nothing to choose from; a few masks would carry all the weight.
        reach = REACH_SDS * math.sqrt(stranger)
        wanted = float(np.clip(known * self.offset_mm, centre - reach, centre + reach))
        own = stranger + known * (min(self.offset_variance + self.noise_variance, stranger) - stranger)
        return np.asarray(
            -0.5 * ((offsets - wanted) ** 2 / own + math.log(own))
            + 0.5 * ((offsets - centre) ** 2 / stranger + math.log(stranger))
        )

    def expected_offset_mm(self) -> Tuple[float, float]:
        """Mean and standard deviation in mm of the offset expected of the next mask that the user accepts."""
        known = 1.0 - min(self.offset_variance / PRIOR_SD_MM**2, 1.0)
        return known * self.offset_mm, math.sqrt(self.offset_variance + self.noise_variance)

    def describe(self) -> str:
        """One line for the user, e.g. "prefers tighter outlines, by about 1.2 mm"."""
        clear = abs(self.offset_mm) >= max(CLEAR_SDS * math.sqrt(self.offset_variance), 0.05)
        if self.accepted < CLEAR_COUNT or not clear:
            return _("no clear preference yet")
        tighter, wider = _("prefers tighter outlines, by about {mm} mm"), _("prefers wider outlines, by about {mm} mm")
        text = wider if self.offset_mm > 0 else tighter
        return text.format(mm=f"{abs(self.offset_mm):.1f}")

    def save(self, path: Union[str, Path]) -> None:
        """Write the profile as JSON, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        with whole_file(Path(path)) as partial:
            partial.write_text(self.to_json() + "\n", encoding="utf-8")

    @classmethod
    def teach(cls, path: Union[str, Path], offsets_mm: Sequence[float]) -> Profile:
        """Let the profile in a file learn, with what other programs have taught it meanwhile; made if there is none.

        Args:
            path: of the file.
            offsets_mm: of accepted masks, see `updated`.

        Returns:
            What the file holds now.

        Raises:
            InputError: the file is no profile.
            OutputError: it cannot be written, or another program is at it all the time.
        """
        path = Path(path)
        with held(Path(os.path.realpath(path)).parent, PATIENCE) as mine:
            if not mine:
                raise OutputError(
                    _("The profile {path} is in use by another program; it has learned nothing now.").format(path=path)
                )
            profile = cls.load(path) if path.exists() else cls.new(DEFAULT)
            for offset in offsets_mm:
                profile = profile.updated(offset)
            profile.save(path)
        return profile

    def to_json(self) -> str:
        """The profile as text."""
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, indent=2, allow_nan=False)

    def renamed(self, name: str) -> Profile:
        """The same profile under another name.

        Raises:
            InputError: the name is empty, too long or holds control characters.
        """
        return replace(self, name=name)

    @classmethod
    def load(cls, path: Union[str, Path]) -> Profile:
        """Read a profile.

        Raises:
            InputError: the file cannot be read, is no profile, is of another version, or lacks or adds a key.
        """
        path = Path(path)
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise InputError(
                    _("{path} is too large for a profile; choose a file that SPA has saved as one.").format(path=path)
                )
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                _("The profile {path} cannot be read ({reason}); choose another file.").format(path=path, reason=reason)
            ) from error
        except ValueError as error:
            raise InputError(
                _("{path} is damaged or no profile; choose a file that SPA has saved as one.").format(path=path)
            ) from error
        return cls.from_json(text, str(path))

    @classmethod
    def from_json(cls, text: str, origin: str) -> Profile:
        """Read a profile from text.

        Args:
            text: of `to_json`.
            origin: where it comes from, for messages.

        Raises:
            InputError: it is no profile, is of another version, or lacks or adds a key.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                _("{origin} is damaged or no profile; choose a file that SPA has saved as one.").format(origin=origin)
            ) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError(
                _("{origin} is no profile (its format is not {format!r}); choose another file.").format(
                    origin=origin, format=FORMAT
                )
            )
        version = content.get("version")
        if isinstance(version, bool) or version not in READABLE:
            raise InputError(
                _(
                    "The profile {origin} has version {version!r}, this program reads {own}; "
                    "export it again with the same version of SPA."
                ).format(origin=origin, version=version, own=VERSION)
            )
        try:
            about = ("format", "version", "structure") if version == 1 else ("format", "version")
            values = _exact(content, (*about, *(field.name for field in fields(cls))))
            return cls(**{key: value for key, value in values.items() if key not in about})
        except InputError as error:
            raise InputError(
                _("The profile {origin} cannot be used: {error}").format(origin=origin, error=error)
            ) from error


def _exact(content: Any, keys: Tuple[str, ...]) -> Dict[str, Any]:
    """A copy of a JSON object with exactly these keys."""
    if not isinstance(content, dict):
        raise InputError(_("An object with the keys {keys} is expected.").format(keys=", ".join(keys)))
    missing, unknown = sorted(set(keys) - set(content)), sorted(set(content) - set(keys))
    if missing or unknown:
        raise InputError(
            _("Its keys do not match: missing {missing}; unknown {unknown}.").format(
                missing=", ".join(missing) or "-", unknown=", ".join(unknown) or "-"
            )
        )
    return dict(content)
