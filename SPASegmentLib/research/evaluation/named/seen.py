"""Whether the weights have learned from the images that they are measured on, by their card."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence

from SPASegmentLib.model.card import ModelCard
from SPASegmentLib.research.data.structures import open_structures


def seen_in_training(files: Sequence[Path], card: ModelCard) -> Dict[str, str]:
    """What a model card says of some sets.

    Args:
        files: npz files.
        card: of the weights.

    Returns:
        File name -> "no", "yes" (the set is among the sources), or "same study" (another set with the same citation
        is, such as the same images by another program).
    """
    return {Path(path).name: _seen(Path(path), card) for path in files}


def warning(seen: Dict[str, str], weights: str) -> str:
    """For the user; empty where nothing was seen."""
    named = {word: [name for name, found in seen.items() if found == word] for word in ("yes", "same study")}
    texts = []
    if named["yes"]:
        texts.append(
            f"The weights {weights} were trained on {', '.join(named['yes'])}, so these figures flatter them: measure "
            "weights that have not seen this set."
        )
    if named["same study"]:
        texts.append(
            f"The weights {weights} were trained on another set of the study that {', '.join(named['same study'])} "
            "is from; its images may be the same."
        )
    return " ".join(texts)


def _seen(path: Path, card: ModelCard) -> str:
    sources = _sources(card.training)
    if any(source.split(":")[0].split("/")[-1] == path.stem for source in sources):
        return "yes"
    citation = open_structures(path).facts.get("citation", "")
    return "same study" if citation and any(citation in source for source in sources) else "no"


def _sources(training: Dict[str, Any]) -> List[str]:
    """All that a card's training names, that of the weights it began with or is a mean with included."""
    others = (training.get("initial"), training.get("averaged_with"))
    earlier = [source for other in others if isinstance(other, dict) for source in _sources(other)]
    return [*map(str, training.get("data", ())), *map(str, training.get("mixture", {})), *earlier]
