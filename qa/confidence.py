"""Evidence + reading -> the probability that an answer would hold: one of its first sentences is what was asked for.

Calibration fits it to "gold is among the first three sentences", the most that an answer claims by default. A logistic
regression over a dozen features. Its weights, its threshold and where they came from stand in a data file, which
`footnote eval calibrate` writes: `confidence.json` for similarity, and one beside a trained reader's file for that,
with the checksum of the reader. Nothing here is fitted by hand.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa import terms
from qa.domain import RankedPassage, Reading
from qa.errors import ModelError
from qa.features import covered, rarest_missing
from qa.features import rarity as weigh

DATA = Path(__file__).parent / "confidence.json"
NAMES = (
    *("nearest_sentence", "nearest_margin", "passage_cosine", "words_per_term", "article_words_per_term"),
    *("covered_by_passage", "covered_by_sentence", "covered_by_article", "fused_margin", "same_article", "terms"),
    *("rarest_missing", "sentence_margin", "answers", "span"),
)
"""What a calibration may weigh; `answers` and `span` only come from a reader that says "not here" and marks words."""
_AGAIN = "Make it again with footnote eval calibrate."


@dataclass(frozen=True, slots=True)
class Confidence:
    """Standardised features, weighted: `1 / (1 + exp(-(intercept + sum(w * (x - mean) / scale))))`."""

    intercept: float
    weights: Mapping[str, tuple[float, float, float]]
    threshold: float

    @classmethod
    def load(cls, path: Path = DATA) -> "Confidence":
        """Raises ModelError where the file is missing or malformed, or weighs what there is not."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            weights = {name: (float(w), float(m), float(s)) for name, (w, m, s) in data["weights"].items()}
            if odd := sorted(weights.keys() - set(NAMES)):
                raise ValueError(f"there is no feature {', '.join(odd)}")
            return cls(float(data["intercept"]), weights, float(data["threshold"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"The calibration {path} cannot be read: {error!r}.", _AGAIN) from error

    def probability(self, features: Mapping[str, float]) -> float:
        """Raises ModelError where a weighed feature is not given: the reader is not the one it was fitted with."""
        if missing := sorted(self.weights.keys() - features.keys()):
            raise ModelError(f"The calibration weighs {', '.join(missing)}, which this reader does not give.", _AGAIN)
        total = self.intercept
        for name, (weight, mean, scale) in self.weights.items():
            total += weight * (features[name] - mean) / scale
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def checksum(weights: Path) -> str:
    """SHA-256 of a trained reader's file, by which a calibration names the reader that it was fitted with."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fitted_with(weights: Path, calibration: Path) -> bool:
    """False where the calibration names other weights. One that names none is taken at its place's word; what cannot be
    read is found out when it is loaded."""
    try:
        named = json.loads(calibration.read_text(encoding="utf-8")).get("reader")
        return named is None or named == checksum(weights)
    except (OSError, ValueError, AttributeError):
        return True


def features(
    question: str,
    passages: Sequence[RankedPassage],
    readings: Sequence[Reading],
    frequencies: Mapping[str, int],
    size: int,
) -> dict[str, float]:
    """What the confidence looks at. `frequencies`: passages that hold each term, of `size` in all."""
    asked = terms.content(question)
    rarity = weigh(question, frequencies, size)
    best = _best_sentence(passages, readings)
    first = passages[0]
    near = sorted((ranked.parts["nearest_sentence"] for ranked in passages), reverse=True)
    in_article = [r.passage.text for r in passages if r.passage.article.article_id == first.passage.article.article_id]
    title = first.passage.article.title
    return {
        "nearest_sentence": near[0],
        "nearest_margin": near[0] - near[min(4, len(near) - 1)],
        "passage_cosine": max(ranked.parts["cosine"] for ranked in passages),
        "words_per_term": first.parts["words"] / max(len(asked), 1),
        "article_words_per_term": first.parts["article_words"] / max(len(asked), 1),
        "covered_by_passage": covered(rarity, f"{title} {first.passage.text}"),
        "covered_by_sentence": covered(rarity, best),
        "covered_by_article": covered(rarity, " ".join([title, *in_article])),
        "fused_margin": first.score - passages[min(1, len(passages) - 1)].score,
        "same_article": len(in_article) / len(passages),
        "terms": float(min(len(asked), 12)),
        "rarest_missing": rarest_missing(rarity, f"{title} {first.passage.text}"),
        **_reader_features(readings),
    }


def _best_sentence(passages: Sequence[RankedPassage], readings: Sequence[Reading]) -> str:
    """Of sentences with equal scores the first, as in the evidence."""
    row = max(range(len(readings)), key=lambda i: max(readings[i].sentence_scores))
    scores, passage = readings[row].sentence_scores, passages[row].passage
    return passage.quote(passage.sentences[scores.index(max(scores))])


def _reader_features(readings: Sequence[Reading]) -> dict[str, float]:
    scores = sorted((score for reading in readings for score in reading.sentence_scores), reverse=True)
    found = {"sentence_margin": scores[0] - scores[min(1, len(scores) - 1)]}
    nulls = [max(r.sentence_scores) - r.null_score for r in readings if r.null_score is not None]
    if nulls:
        found["answers"] = max(nulls)
    best = max(readings, key=lambda reading: max(reading.sentence_scores))
    return found if best.span_score is None else found | {"span": best.span_score}
