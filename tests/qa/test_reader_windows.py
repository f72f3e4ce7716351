"""A passage that is too long to be read at once is read in windows, and every sentence of it is read whole."""

import numpy as np
import pytest

from qa.model_reader import Read, best_words
from qa.reader_input import NONE, Encoder
from qa.reader_windows import Window, merged, windows
from tests import tiny_reader
from tests.tiny_reader import text

ASKED = "which colour has anna ?"
LONG = text(
    "anna is red .", "hans likes cake and wine and bread .", "bert sleeps .", "anna likes milk .", "carl is blue ."
)
SHORT = text("anna is red .")
TOO_LONG = text("anna is red .", " ".join(["cake"] * 40), "carl is blue .")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tiny_reader.make_base(tmp_path_factory.mktemp("base")) / "tokenizer.json", 24)


def read(window: Window) -> Read:
    """Each sentence is worth 10 times its window's first sentence and its own place; "no span" stands at 5."""
    found = np.array([10.0 * window.first + n for n in range(window.encoded.sentences)])
    tokens = np.full(len(window.encoded), 5.0)
    return Read(window.encoded, found, tokens, tokens)


def test_what_fits_is_one_window_and_stays_as_it_was_read(encoder: Encoder) -> None:
    (held,) = windows(encoder, ASKED, [SHORT])
    assert held == [Window(0, 0, encoder.encode(ASKED, [SHORT])[0])]
    found = read(held[0])
    assert merged(held, [found]) is found


def test_each_window_begins_with_the_first_sentence_that_was_not_read_whole(encoder: Encoder) -> None:
    held, short = windows(encoder, ASKED, [LONG, SHORT])
    assert len(short) == 1
    assert [window.first for window in held] == [0, 2]
    assert [LONG.text[window.offset :][:4] for window in held] == ["anna", "bert"]
    whole = {n + w.first for w in held for n in set(w.encoded.sentence) - {NONE}}
    assert whole == set(range(5))


def test_a_sentence_that_is_too_long_by_itself_is_cut_and_what_follows_it_is_read(encoder: Encoder) -> None:
    (held,) = windows(encoder, ASKED, [TOO_LONG])
    assert [window.first for window in held] == [0, 1, 2]


def test_merged_it_is_one_reading_of_the_passage(encoder: Encoder) -> None:
    (held,) = windows(encoder, ASKED, [LONG])
    found = merged(held, [read(window) for window in held])
    assert found.sentences.tolist() == [0.0, 1.0, 20.0, 21.0, 22.0]
    assert set(found.starts) == set(found.ends) == {0.0}, "over no span"
    texts = {LONG.text[a:b] for (a, b), of in zip(found.encoded.spans, found.encoded.sentence, strict=True) if of == 4}
    assert texts == {"carl", "is", "blue", "."}
    best = best_words(found, 4)
    assert best is not None
    assert best[0].of(LONG.text) == "carl"
