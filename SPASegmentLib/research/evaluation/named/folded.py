"""Weights by fold: every image is measured by those that have not seen it (``spa train-people``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model import use
from SPASegmentLib.model.card import ModelCard, card_file, read_card
from SPASegmentLib.research.data.folds import FOLDS, digest, folds, weights_of
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod


@dataclass(frozen=True)
class FoldedMethod:
    """SPA, with the network that has not seen the case.

    Attributes:
        methods: one for each fold.
        fold_of: (file, row) -> fold.
    """

    methods: Tuple[SPAMethod, ...]
    fold_of: Mapping[Tuple[str, int], int]

    def session(self, case: Case, rounds: int, profile: Optional[Profile] = None) -> Session:
        """See `SPAMethod`."""
        return self.methods[self.fold_of[case.id.file, case.id.row]].session(case, rounds, profile)


@dataclass(frozen=True)
class FoldedSpec:
    """Which weights to open; called, it opens them.

    Attributes:
        folder: of all weights, see `data.folds.weights_of`.
        fold_of: (file, row) -> fold.
        settings: of sessions.
        runtime: see `model.use`.
        without: number of the person whom the weights have not learned from, either; None for all people.
    """

    folder: Path
    fold_of: Mapping[Tuple[str, int], int]
    settings: SessionSettings
    runtime: str
    without: Optional[int] = None

    def __call__(self) -> FoldedMethod:
        """Open them.

        Raises:
            WeightsError: some are missing or damaged.
        """
        networks = [use.load(path, "cpu", self.runtime).network for path in self.files()]
        return FoldedMethod(tuple(SPAMethod(network, self.settings) for network in networks), self.fold_of)

    def files(self) -> List[Path]:
        """The weights, a file for each fold."""
        return [weights_of(self.folder, fold, self.without) for fold in range(FOLDS)]

    def leaving_out(self, person: int) -> FoldedSpec:
        """The same without one of the people."""
        return replace(self, without=person)

    def exists(self) -> bool:
        """Whether all weights are there."""
        return all(path.is_file() for path in self.files())


def folds_of(files: Sequence[Path]) -> Dict[Tuple[str, int], int]:
    """(file, row) -> fold, of all images of some files.

    Raises:
        InputError: one cannot be read.
    """
    found = {}
    for structures in map(open_structures, files):
        found.update({(structures.name, row): int(f) for row, f in enumerate(folds(structures.patients))})
    return found


def check_folds(spec: FoldedSpec, file: Path, people: Sequence[str]) -> List[ModelCard]:
    """Refuse weights whose cards do not say that they left out what they are measured on.

    Args:
        spec: the weights.
        file: that they are measured on.
        people: of it.

    Returns:
        The cards, one for each fold.

    Raises:
        InputError: a card says otherwise, or the file has other patients now.
        WeightsError: weights are missing or damaged.
    """
    structures = open_structures(file)
    cards, images = [], digest(structures.patients, structures.images)
    for fold, weights in enumerate(spec.files()):
        card = read_card(card_file(weights))
        without = [] if spec.without is None else [people[spec.without]]
        expected = {"fold": fold, "of": FOLDS, "people": without}
        said = dict(card.training.get("left_out", {}).get(Path(file).stem, {}))
        if said.pop("images", images) != images:  # earlier cards do not say
            raise InputError(
                f"{Path(file).name} has other images or patients than when {weights.name} was trained, so that it may "
                "have seen what is in its fold now; give the file as it was, or train anew with spa train-people into "
                "another folder."
            )
        if said != expected:
            raise InputError(
                f"The card of {weights.name} does not say that fold {fold} of {Path(file).name} was left out"
                f"{'' if spec.without is None else f' and {people[spec.without]} with it'}; train it with "
                "spa train-people."
            )
        cards.append(card)
    return cards
