import time

from hypothesis import given
from hypothesis import strategies as st

from ingest.passages import LONGEST, MAX_CHARACTERS, passages, size
from qa.domain import Passage
from qa.sentences import split


def sentence(words: int) -> str:
    return " ".join(["Word", *["word"] * (words - 1)]) + "."


def made(text: str) -> list[Passage]:
    return passages(text, split(text))


def words(text: str) -> list[int]:
    return [len(text[p.start : p.end].split()) for p in made(text)]


def test_nothing() -> None:
    assert made("") == []


def test_a_short_article_is_one_passage() -> None:
    assert words(f"{sentence(20)} {sentence(30)}\n\n{sentence(40)}") == [90]


def test_paragraph_ends_are_preferred() -> None:
    """Three paragraphs of 130 words: cut at their ends, not at 150."""
    paragraph = " ".join([sentence(13)] * 10)
    assert words("\n\n".join([paragraph] * 3)) == [130, 130, 130]


def test_there_is_no_tiny_last_passage() -> None:
    """210 words could be 150 and 60, or 200 and 10; halves say more."""
    assert words(" ".join([sentence(10)] * 21)) in ([100, 110], [110, 100])


def test_a_long_sentence_stands_alone() -> None:
    assert words(f"{sentence(10)} {sentence(230)} {sentence(150)}") == [10, 230, 150]


def test_scripts_without_spaces_are_measured_by_their_characters() -> None:
    text = "今日はとても良い天気でした。" * 400
    assert all(p.end - p.start <= MAX_CHARACTERS for p in made(text))
    assert len(made(text)) >= len(text) / MAX_CHARACTERS


@given(st.lists(st.integers(1, 260), max_size=60), st.lists(st.booleans(), min_size=60, max_size=60))
def test_passages_part_the_sentences(lengths: list[int], breaks: list[bool]) -> None:
    text = "".join(sentence(n) + ("\n\n" if new else " ") for n, new in zip(lengths, breaks, strict=False)).strip()
    sentences = split(text)
    found = passages(text, sentences)
    assert [s for p in found for s in p.sentences] == sentences
    assert all(p.start == p.sentences[0].start and p.end == p.sentences[-1].end for p in found)
    assert all(sum(size(s.of(text)) for s in p.sentences) <= LONGEST for p in found if len(p.sentences) > 1)


def test_many_one_word_lines_do_not_take_long() -> None:
    text = "\n\n".join(["word"] * 20_000)
    started = time.monotonic()
    assert len(made(text)) > 100
    assert time.monotonic() - started < 30
