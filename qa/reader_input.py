"""Question + title + passage -> the reader's tokens, each with its place in the passage and its sentence. Pure.

    [CLS] question [SEP] title: passage [SEP]

What does not fit is cut: the question to 64 tokens, the title to 40, the passage to what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.domain import Span, StoredPassage

LONGEST = 320
LONGEST_QUESTION = 64
LONGEST_TITLE = 40
NONE = -1


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is read: `sentences` are spans of `text`."""

    title: str
    text: str
    sentences: tuple[Span, ...]

    @classmethod
    def of(cls, passage: StoredPassage) -> "PassageText":
        spans = tuple(Span(s.start - passage.start, s.end - passage.start) for s in passage.sentences)
        return cls(passage.article.title, passage.text, spans)

    def part(self, first: int, end: int) -> "PassageText":
        """The sentences from `first` up to before `end`, and no other text."""
        held = self.sentences[first:end]
        start = held[0].start
        spans = tuple(Span(one.start - start, one.end - start) for one in held)
        return PassageText(self.title, self.text[start : held[-1].end], spans)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One input. `second` is where the passage's side begins; `spans` and `sentence` have one entry a token.

    A token that is not of the passage's text has the span (NONE, NONE); one of no sentence has the sentence NONE.
    """

    ids: tuple[int, ...]
    second: int
    spans: tuple[tuple[int, int], ...]
    sentence: tuple[int, ...]
    sentences: int

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class _Tokens:
    ids: list[int]
    spans: list[tuple[int, int]]


class Encoder:
    """`tokenizer` is the path of a tokenizer.json with [CLS] and [SEP], or <s> and </s>. Threads may share it."""

    def __init__(self, tokenizer: Path, longest: int = LONGEST) -> None:
        from tokenizers import Tokenizer

        self._backend: Any = Tokenizer.from_file(str(tokenizer))
        self._backend.no_padding()
        self._backend.no_truncation()
        self._cls = _sign(self._backend, "[CLS]", "<s>")
        self._sep = _sign(self._backend, "[SEP]", "</s>")
        self._longest = longest

    def encode(self, question: str, passages: Sequence[PassageText]) -> list[Encoded]:
        asked = self._tokens([question])[0].ids[:LONGEST_QUESTION]
        titles = self._tokens([f"{passage.title}:" if passage.title else "" for passage in passages])
        texts = self._tokens([passage.text for passage in passages])
        return [
            self._join(asked, title.ids[:LONGEST_TITLE], text, passage.sentences)
            for title, text, passage in zip(titles, texts, passages, strict=True)
        ]

    def _tokens(self, texts: Sequence[str]) -> list[_Tokens]:
        found = self._backend.encode_batch(list(texts), add_special_tokens=False)
        return [_Tokens(encoding.ids, encoding.offsets) for encoding in found]

    def _join(self, asked: list[int], title: list[int], text: _Tokens, sentences: Sequence[Span]) -> Encoded:
        before = [self._cls, *asked, self._sep, *title]
        room = max(0, self._longest - len(before) - 1)
        spans = text.spans[:room]
        outside = [(NONE, NONE)]
        return Encoded(
            (*before, *text.ids[:room], self._sep),
            len(asked) + 2,
            (*outside * len(before), *spans, *outside),
            (*[NONE] * len(before), *sentence_of(spans, sentences), NONE),
            len(sentences),
        )


def sentence_of(spans: Sequence[tuple[int, int]], sentences: Sequence[Span]) -> list[int]:
    """The ordinal of each token's sentence. Both are in the order of the text."""
    found, at = [], 0
    for start, _ in spans:
        while at < len(sentences) and sentences[at].end <= start:
            at += 1
        inside = at < len(sentences) and sentences[at].start <= start
        found.append(at if inside else NONE)
    return found


# ----------------------------------------------------------------------------------------------------------------


def _sign(backend: Any, *names: str) -> int:
    """Of the last of these names that the tokenizer has. Raises ValueError where it has none."""
    held = [sign for sign in map(backend.token_to_id, names) if sign is not None]
    if not held:
        raise ValueError(f"The tokenizer has no {names[0]}.")
    return int(held[-1])
