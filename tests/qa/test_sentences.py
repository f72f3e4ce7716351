import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.sentences import MAX_CHARACTERS, language_of, split
from tests.shared_data import shared_data


def cut(text: str, language: str = "") -> list[str]:
    return [span.of(text) for span in split(text, language)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["He left at 5 p.m. Tuesday.", "It rained."],
        ["It is open from 9 a.m. to 5 p.m. Monday to Friday.", "Then it shuts."],
        ["He left at 5 p.m. EST.", "She stayed."],
        ["He came at 10 a.m.", "The sun rose."],
        ["It opens in May.", "Nobody knew.", "She saw Theresa May.", "“Why not?”"],
        ["He had said “no.”", "Then he left.", "It rose, said the Fed.", "That was all."],
        ["It is no. 7 in the list."],
        ["He died at 9 p.m.", "He was 80."],
        ["J. K. Rowling met John F. Kennedy Jr. in town.", "They talked."],
        ["Mr. Smith and Mrs. Jones saw Ms. Lee.", "Dr. Roe came too."],
        ["It was Malcolm X.", "He spoke first."],
        ["No. 10 Downing Street is small.", "It has a cat."],
        ["Is it so?", "No.", "The aim is another."],
        ["The U.S. President spoke.", "He is from the U.S.", "He left."],
        ["It cost $1.5m.", "That is 3.5% of it."],
        ["It grew by £1.75bn (900m euros) in 2004.", "2005 was worse."],
        ["She has a Ph.D. in law.", "She teaches."],
        ["Forecasters at Ft. Worth and Mass. General agreed.", "It rained."],
        ["The film of Mamma Mia! has opened.", "It is long."],
        ["Gay group OutRage!'s Mr Lock agreed.", "He left."],
        ["Does it work?", "Yes!", "It does."],
        ["He agreed...", "Then he left."],
        ["Visit example.com today.", "Version 2.0 is out."],
    ],
)
def test_known_cuts(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


def test_quotation_marks_stay_with_their_sentence() -> None:
    text = 'He said: "It was good. We won." Then he left. "I will go," he said. "Never."'
    assert cut(text) == ['He said: "It was good. We won."', "Then he left.", '"I will go," he said.', '"Never."']


def test_a_speech_over_flattened_paragraphs_is_not_turned_inside_out() -> None:
    text = 'He said: "It was good. "They learnt from it." But the crowd left. It rained.'
    assert cut(text) == ['He said: "It was good.', '"They learnt from it."', "But the crowd left.", "It rained."]


def test_a_closing_mark_without_an_opening_one_stays_behind() -> None:
    assert cut('It will fall further." Its chief agreed.') == ['It will fall further."', "Its chief agreed."]


def test_curly_marks_and_apostrophes() -> None:
    assert cut("“It’s over. Go home,” she said. “Now.” He’s gone.") == [
        "“It’s over. Go home,” she said.",
        "“Now.”",
        "He’s gone.",
    ]


@pytest.mark.parametrize("closing", ['"', "”"])
def test_an_opening_mark_that_is_never_closed_goes_with_its_sentence(closing: str) -> None:
    opening = closing.replace("”", "“")
    text = f"{opening}We won,{closing} he said. {opening}They lost. It was late."
    assert cut(text) == [f"{opening}We won,{closing} he said.", f"{opening}They lost.", "It was late."]


def test_a_speech_in_curly_marks_over_flattened_paragraphs() -> None:
    assert cut("“It was good. “They learnt from it.” But the crowd left.") == [
        "“It was good.",
        "“They learnt from it.”",
        "But the crowd left.",
    ]


def test_german_marks_close_with_what_opens_elsewhere() -> None:
    text = "„Wir haben gewonnen. Es war spät“, sagte der Trainer. „Gut.“ Dann ging er."
    assert cut(text, "de") == [
        "„Wir haben gewonnen. Es war spät“, sagte der Trainer.",
        "„Gut.“",
        "Dann ging er.",
    ]


def test_a_headline_without_a_stop_is_a_sentence_of_its_own() -> None:
    assert cut("Rates rise again\n\nThe bank acted. It rained.") == [
        "Rates rise again",
        "The bank acted.",
        "It rained.",
    ]


def test_lines_wrapped_by_hand_are_one_sentence() -> None:
    assert cut("The bank raised\nits rate. It\nrained.") == ["The bank raised\nits rate.", "It\nrained."]


@pytest.mark.parametrize("bullet", ["-", "*", "•", "–"])
def test_list_items_are_cut_and_lose_their_bullets(bullet: str) -> None:
    text = f"To do:\n{bullet} One thing\n{bullet} Two things. And more\n\n{bullet} Three"
    assert cut(text) == ["To do:", "One thing", "Two things.", "And more", "Three"]


def test_numbered_items_keep_their_numbers() -> None:
    assert cut("Why:\n1. It pays\n2. It lasts") == ["Why:", "1. It pays", "2. It lasts"]


def test_a_dash_inside_a_line_is_no_bullet() -> None:
    assert cut("He came - late - and left.") == ["He came - late - and left."]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("fr", ["M. Dupont est arrivé hier.", "Il a vu MM. Martin et Durand, et M. Petit.", "Le Dr. Roux dort."]),
        ("fr", ["Le Pr. Raoult et Mme. Curie sont là.", "Il aime l'art.", "Fin."]),
        ("de", ["Im 21. Jahrhundert ist alles anders.", "Der 1. FC Köln gewann.", "Am 3. Mai regnete es."]),
        ("de", ["Er feierte seinen 100. Geburtstag.", "Es war die 2. Mannschaft.", "Sie ist 40.", "Er ist 30."]),
        (
            "de",
            ["Sie kam am 5. geboren, er am 3.", "Danach ging er.", "Das war 1998.", "Köln liegt auf Rang 3.", "Ja."],
        ),
        ("de", ["Es kostet 5 Mio. Euro bzw. Dollar, z. B. für Autos.", "Das sind ca. 3 Mrd. Euro.", "Gut."]),
        ("nl", ["Er kwamen o.a. Jan en Piet.", "Mw. Jansen en mevr. De Boer ook.", "Dat is d.w.z. Nederland."]),
        ("es", ["Dña. María llegó ayer.", "Vino con D. Juan y la Sra. García.", "Toma vitamina D.", "Así es."]),
        ("it", ["Il sig. Rossi è venuto.", "La dott.ssa Gialli e l'on. Verdi no."]),
        ("pt", ["A Exma. Sra. Costa chegou.", "O Eng. Cruz veio com D. Pedro.", "Fim."]),
    ],
)
def test_known_cuts_of_other_languages(language: str, sentences: list[str]) -> None:
    assert cut(" ".join(sentences), language) == sentences


TOLD = {
    "de": ["Der Rat und die Stadt sind sich nicht einig.", "Am 3. Mai wird im Rathaus über das Geld beraten."],
    "en": ["They said that the bank had acted.", "This was no. 7 of the list.", "It was from there."],
    "es": ["El alcalde y los vecinos están aquí.", "Dña. María no fue más.", "Los otros también se han ido, sin él."],
    "fr": ["Les élus sont dans la salle avec le maire.", "Il a vu hier M. Dupont et le Dr. Roux.", "Elle est partie."],
    "it": ["Il sindaco non è nella sala, che è vuota.", "Il governo ha detto di no, anche al sig. Rossi."],
    "nl": ["Het is niet goed voor een stad.", "Volgens mw. Jansen is dat ook zo.", "Maar zij zijn naar huis."],
    "pt": ["O ministro não foi ao Porto.", "A Exma. Sra. Costa já disse isso em uma carta.", "Ela é a chefe."],
}


@pytest.mark.parametrize("language", TOLD)
@pytest.mark.parametrize("stated", ["", "en"])
def test_a_language_that_nobody_states_is_told_by_its_short_words(language: str, stated: str) -> None:
    text = " ".join(TOLD[language])
    assert language_of(text) == language
    assert cut(text, stated) == TOLD[language]


def test_a_stated_language_holds_unless_the_words_tell_another() -> None:
    assert cut("Im 21. Jahrhundert.", "de") == ["Im 21. Jahrhundert."]
    assert cut(" ".join(TOLD["en"]), "de") == TOLD["en"]
    assert cut("今日は晴れです。The BBC had this from their men. 明日は雨です。", "ja")[-1] == "明日は雨です。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Los Angeles",
        "The Los Angeles and Las Vegas papers had El País, Les Misérables and Der Spiegel.",
        "今日は晴れです。",
        "Han är inte här. Det är en dag till.",
    ],
)
def test_no_language_is_told_by_a_few_words_or_foreign_names(text: str) -> None:
    assert language_of(text) in ("", "en")


def test_japanese() -> None:
    assert cut("今日は晴れです。明日は雨です。", "ja") == ["今日は晴れです。", "明日は雨です。"]


def test_an_unknown_language_is_cut_all_the_same() -> None:
    assert cut("It rained. It shone.", "xx") == ["It rained.", "It shone."]


def test_indices_count_code_points() -> None:
    text = "Héllo 😀 wörld 👩‍👩‍👧 is. Ünd “𝕏” too! Last."
    assert cut(text) == ["Héllo 😀 wörld 👩‍👩‍👧 is.", "Ünd “𝕏” too!", "Last."]


def test_what_is_too_long_is_cut_where_it_pauses() -> None:
    text = ", ".join(["twelve words that go on and on without ever coming to a stop"] * 60)
    pieces = cut(text)
    assert len(pieces) > 2
    assert all(len(piece) <= MAX_CHARACTERS for piece in pieces)
    assert all(piece.endswith(",") for piece in pieces[:-1])
    assert " ".join(pieces) == text


def test_one_endless_word_is_cut_too() -> None:
    assert [len(piece) for piece in cut("x" * (2 * MAX_CHARACTERS + 1))] == [MAX_CHARACTERS, MAX_CHARACTERS, 1]


@pytest.mark.parametrize("text", ["", " ", "\n\n \n", "\t"])
def test_nothing(text: str) -> None:
    assert split(text) == []


PIECES = st.sampled_from(["A b", ". ", '"', "\n", "\n\n", "- ", "p.m. ", "Mr. ", "😀", "é", "! ", "? ", "“", "”", " "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)), st.sampled_from(["en", "de", "ja", "ar", ""]))
def test_spans_are_ordered_trimmed_and_lose_no_word(text: str, language: str) -> None:
    spans = split(text, language)
    assert all(span.of(text) == span.of(text).strip() != "" for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    kept = "".join(span.of(text) for span in spans)
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


def test_nearly_all_sentences_that_people_marked_are_ours() -> None:
    """Marks of quotation aside; the rest are quoted speech that is kept whole or told apart here and not there."""
    news, questions = shared_data("news"), shared_data("newsqa/train.jsonl")
    gold = [g for line in questions.read_text().splitlines()[:600] for g in json.loads(line)["gold"]]
    matched = sum(_matches(news / g["uri"], g["quote"]) for g in gold)
    assert matched / len(gold) > 0.98


def _matches(path: Path, quote: str) -> bool:
    bare = quote.strip(' "')
    return any(bare in sentence or sentence.strip(' "') == bare for sentence in cut(path.read_text()))
