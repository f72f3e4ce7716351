"""Why an article was not found -> what to tell: one finding a step of asking, in order. Plain words, no markup."""

from collections.abc import Iterator

from qa.domain import Finding, Standing
from qa.why import CANDIDATES, Why


def findings(why: Why) -> list[Finding]:
    """What was looked at until the article fell out, and the verdict at the end."""
    if not why.passages:
        return [Finding("In the library", "error", "The article is not in the library any more.", "Ingest it again.")]
    return [*_steps(why), _verdict(why)]


# --------------------------------------------------------------------------------------------------


def _steps(why: Why) -> Iterator[Finding]:
    yield Finding("In the library", "ok", f"Indexed in {why.passages:,} of {why.size:,} passages.")
    yield _side("Nearness in meaning", "cosine", why.nearness, why.size)
    yield _side("Words in common", "BM25", why.words, why.size)
    yield _together(why)
    yield _confidence(why)


def _side(name: str, unit: str, standing: Standing, size: int) -> Finding:
    if standing.rank is None:
        return Finding(name, "warning", "It holds none of the question's words.", "Ask with words that it uses.")
    placed = f"Its best passage is number {standing.rank:,} of {size:,} ({unit} {standing.score:.2f})."
    if standing.rank <= CANDIDATES:
        return Finding(name, "ok", placed)
    return Finding(name, "warning", f"{placed} The first {CANDIDATES} of each side are looked at.")


def _together(why: Why) -> Finding:
    name = "Both together"
    if why.rank is None:
        return Finding(name, "error", "On neither side near enough to be looked at.")
    score = f" (score {why.score:.2f}" + (
        f"; the last one read has {why.last_read:.2f})" if why.last_read is not None else ")"
    )
    placed = f"Number {why.rank:,} when both sides are put together{score}."
    if why.rank <= why.read:
        return Finding(name, "ok", f"{placed} The first {why.read} are read.")
    return Finding(
        name, "error", f"{placed} Only the first {why.read} are read.", "FOOTNOTE_PASSAGES sets how many are read."
    )


def _confidence(why: Why) -> Finding:
    said = (
        f"Confidence {why.confidence:.2f} for the question asked of everything; the threshold is {why.threshold:.2f}."
    )
    if why.confidence >= why.threshold:
        return Finding("Confidence", "ok", said)
    return Finding("Confidence", "warning", f"{said} So it is refused.")


def _verdict(why: Why) -> Finding:
    name = "Asked of this article alone"
    sure = f"Its best sentence has a confidence of {why.alone:.2f}"
    if why.cited == 1:
        return Finding(name, "ok", f"{sure}, and leads the evidence of the question asked of everything.")
    if why.alone < why.threshold:
        return Finding(
            name,
            "warning",
            f"{sure}, below the threshold.",
            "It may not say it, or in other words than the question's.",
        )
    other = f"“{why.first.article.title}” leads instead." if why.first else "Nothing was found at all."
    return Finding(name, "warning", f"{sure}, enough for an answer. {other}", "Ask it of this article only.")
