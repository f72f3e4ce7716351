"""Considered evidence -> an answer in the chat model's words: prompt, generator, citations, support."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from qa.citation import Cited, Recogniser
from qa.domain import Answer, Citation, Claim, Considered, Evidence, ShortAnswer, Span, Token, Usage
from qa.embedder import Embedder, PassageInput
from qa.errors import ChatFailed
from qa.generator import Generator as ChatModel
from qa.generator import Pieces, Tokens
from qa.prompt import OVERHEAD, Prompt, prompt, tokens
from qa.support import degree, missing, negated, supported


@dataclass(frozen=True, slots=True)
class FluentWriter:
    """`context` and `answer` are tokens; `strict` leaves out what the cited sentences do not support. `prices` are of a
    million tokens, read and written; `seconds` are for the answer and what understanding the question took before."""

    generator: ChatModel
    embedder: Embedder
    context: int
    answer: int
    strict: bool = False
    prices: tuple[float, float] = (0.0, 0.0)
    seconds: float | None = None

    def write(self, considered: Considered) -> Generator[Token | Answer | None, None, None]:
        """Tokens with the answer's own numbers, then the answer, or None where the model declines.

        Raises ChatFailed. Closing the iterator stops the model.
        """
        fitted = prompt(considered.standalone_question, considered.evidence, self.context - self.answer)
        asked = replace(fitted, seconds=self._rest(considered))
        recogniser = Recogniser(len(asked.numbered))
        with closing(self._shown(asked, recogniser)) as shown:
            told = yield from shown
        cited = recogniser.cited()
        if recogniser.declined and not any(sentence.numbers for sentence in cited):
            yield None
            return
        order = [asked.numbered[number - 1] for number in recogniser.order]
        claims = self._claims(cited, order)
        answer = _answer(considered, claims, order, tuple(recogniser.dropped), _notice(claims, asked))
        yield replace(answer, usage=self._usage(told or _estimated(asked, cited)))

    def _rest(self, considered: Considered) -> float | None:
        """Seconds that are left for the answer."""
        taken = considered.timings_ms.get("rewrite", 0.0) / 1000
        return None if self.seconds is None else max(self.seconds - taken, 0.0)

    def _shown(self, asked: Prompt, recogniser: Recogniser) -> Generator[Token, None, Tokens | None]:
        with closing(self.generator.stream(asked)) as pieces:
            told = yield from _fed(pieces, recogniser)
        rest = recogniser.finish()
        if rest:
            yield Token(rest)
        return told

    def _usage(self, of: Tokens) -> Usage:
        cost = sum(count * price for count, price in zip(of, self.prices, strict=True)) / 1e6
        return Usage(*of, cost if any(self.prices) else None)

    def _claims(self, cited: Sequence[Cited], order: Sequence[Evidence]) -> tuple[Claim, ...]:
        if not any(sentence.numbers for sentence in cited):
            raise ChatFailed("uncited", "The chat model wrote nothing that rests on a sentence.", "Try another model.")
        claims = self._supported(cited, order)
        kept = tuple(claim for claim in claims if not self.strict or supported(claim))
        if not kept:
            raise ChatFailed("unsupported", "The sentences do not support what the chat model wrote.", "Try another.")
        return kept

    def _supported(self, cited: Sequence[Cited], order: Sequence[Evidence]) -> list[Claim]:
        vectors = self._vectors([*(sentence.text for sentence in cited), *(item.quote for item in order)])
        claims = []
        for sentence, vector in zip(cited, vectors, strict=False):
            items = [order[number - 1] for number in sentence.numbers]
            absent = bool(items) and (bool(missing(sentence.text, items)) or negated(sentence.text, items))
            near = [float(vector @ vectors[len(cited) + number - 1]) for number in sentence.numbers]
            degrees = [0.0 if absent else degree(sentence.text, *pair) for pair in zip(items, near, strict=True)]
            claims.append(Claim(sentence.text, tuple(map(Citation, sentence.numbers, degrees))))
        return claims

    def _vectors(self, texts: Sequence[str]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        inputs = [PassageInput("", text, (Span(0, len(text)),)) for text in texts]
        return [made.passage for made in self.embedder.passages(inputs)]


# --------------------------------------------------------------------------------------------------------------------


def _fed(pieces: Pieces, recogniser: Recogniser) -> Generator[Token, None, Tokens | None]:
    while True:
        try:
            text = recogniser.feed(next(pieces))
        except StopIteration as end:
            told: Tokens | None = end.value
            return told
        if text:
            yield Token(text)


def _estimated(asked: Prompt, cited: Sequence[Cited]) -> Tokens:
    return tokens(asked.system) + tokens(asked.user) + OVERHEAD, sum(tokens(sentence.text) for sentence in cited)


def _answer(
    considered: Considered,
    claims: tuple[Claim, ...],
    order: Sequence[Evidence],
    dropped: tuple[str, ...],
    notice: str,
) -> Answer:
    """What is cited comes first in the evidence, renumbered where strictness took claims away."""
    kept = list(dict.fromkeys(citation.number for claim in claims for citation in claim.citations))
    renumbered = {number: new for new, number in enumerate(kept, start=1)}
    cited = [order[number - 1] for number in kept]
    return Answer(
        considered.question,
        considered.standalone_question,
        tuple(_renumbered(claim, renumbered) for claim in claims),
        (*cited, *(item for item in considered.evidence if item not in cited)),
        considered.confidence,
        _short_answer(considered, cited),
        dropped,
        notice,
    )


def _renumbered(claim: Claim, numbers: dict[int, int]) -> Claim:
    return replace(claim, citations=tuple(replace(c, number=numbers[c.number]) for c in claim.citations))


def _short_answer(considered: Considered, cited: Sequence[Evidence]) -> ShortAnswer | None:
    span, best = considered.answer, considered.evidence[0]
    if span is None or best not in cited:
        return None
    words = best.quote[span.start - best.start : span.end - best.start]
    return ShortAnswer(words, cited.index(best) + 1, span.start, span.end)


def _notice(claims: Sequence[Claim], asked: Prompt) -> str:
    doubtful = sum(bool(claim.citations) and not supported(claim) for claim in claims)
    uncited = sum(not claim.citations for claim in claims)
    parts = []
    if doubtful:
        parts.append(f"Not borne out by the sentences cited: {doubtful} of {len(claims)} statements.")
    if uncited:
        parts.append(f"Without a source: {uncited} of {len(claims)} statements.")
    if asked.left_out:
        parts.append(
            f"Not shown to the chat model, for lack of room: {asked.left_out} of the sentences found "
            "(FOOTNOTE_CHAT_CONTEXT_TOKENS)."
        )
    return " ".join(parts)
