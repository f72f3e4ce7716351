"""Several networks that training kept -> one of their mean weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa.errors import CaseError

WORDS = "encoder.embeddings.word_embeddings.weight"
"""Never trained: the base is known by it."""
REMEDY = "Give best.pt or last.pt of folders that `footnote train-reader` wrote."


def mean_of(networks: Sequence[Path], out: Path) -> None:
    """Write the mean of the weights of networks that training kept, of one base; told of it is what each was.

    A layer is frozen in it only where it is in all of them. Raises CaseError that names the file which does not fit.
    """
    import torch

    kept = [_kept(path) for path in networks]
    for path, one in zip(networks, kept, strict=True):
        if not _alike(one["network"], kept[0]["network"]):
            raise CaseError(f"{path} was trained from another model than {networks[0]}.", REMEDY)
    weights = {name: _mean([one["network"][name] for one in kept]) for name in kept[0]["network"]}
    told = [one["about"] for one in kept]
    about = {**told[0], "frozen": min(one["frozen"] for one in told), "mean_of": told}
    torch.save({"network": weights, "about": about}, out)


# ----------------------------------------------------------------------------------------------------------------


def _kept(path: Path) -> dict[str, Any]:
    """{"network": its state, "about": what is to be told of it}."""
    import torch

    try:
        found: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        fits = WORDS in found["network"] and isinstance(found["about"]["frozen"], int)
        fits = fits and all(isinstance(weight, torch.Tensor) for weight in found["network"].values())
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror}.", REMEDY) from error
    except Exception as error:  # torch raises many kinds for files of other kinds
        raise CaseError(f"{path} is no network that training kept.", REMEDY) from error
    if not fits:
        raise CaseError(f"{path} is no network that training kept.", REMEDY)
    return found


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Of one shape and one base."""
    shapes, others = ({name: weight.shape for name, weight in held.items()} for held in (one, other))
    return shapes == others and bool(one[WORDS].equal(other[WORDS]))


def _mean(same: Sequence[Any]) -> Any:
    """What was frozen, and so is the same in all of them, stays as it is to the last bit: the base is known by it."""
    first = same[0]
    return first if all(first.equal(other) for other in same) else sum(same) / len(same)
