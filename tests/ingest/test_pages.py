import pytest

from ingest.loaders.pages import in_one_run, paragraphs, without_running_heads


def test_running_heads_and_page_numbers_go() -> None:
    pages = [["The Daily 3 May", f"Text {word}.", f"- {n} -"] for n, word in enumerate(("one", "two", "three"), 1)]
    assert without_running_heads(pages) == [["Text one."], ["Text two."], ["Text three."]]


@pytest.mark.parametrize("number", ["2", "- 2 -", "–2–", "Page 2", "page 2 of 9", "2 / 9", "| 2 |"])
@pytest.mark.parametrize("before", ["The end.", "It was seen in the year"])
def test_what_is_a_page_s_number(number: str, before: str) -> None:
    assert without_running_heads([["First."], ["Text", before, number], ["Third."]])[1] == ["Text", before]
    assert without_running_heads([["First", before], [number, "Text"], ["Third."]])[1] == ["Text"]


@pytest.mark.parametrize("line", ["1998.", "$500.", "$2", "2%", "£2", "(1998)", "2.", "*2"])
def test_what_only_looks_like_a_page_s_number(line: str) -> None:
    pages = [["First."], ["It was in", line], [line, "Third."]]
    assert without_running_heads(pages) == pages


def test_a_number_that_a_sentence_goes_on_with_stays() -> None:
    pages = [["It was the highest since", "1998"], ["1990", "and fell."], ["1970", "Then.", "1960"], ["Its end"]]
    assert without_running_heads(pages) == [*pages[:2], ["Then."], ["Its end"]]


def test_numbers_may_count_from_anywhere_and_stand_below_a_running_foot() -> None:
    pages = [[f"In {word}", "1998", f"{n}", "The Daily"] for n, word in enumerate(("one", "two", "three"), 57)]
    assert without_running_heads(pages) == [["In one", "1998"], ["In two", "1998"], ["In three", "1998"]]


def test_lines_that_do_not_repeat_stay() -> None:
    pages = [["First.", "A."], ["Second.", "B."], ["Third.", "C."]]
    assert without_running_heads(pages) == pages


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The govern-", "ment acted on it."], "The government acted on it."),
        (["A well-known well-", "known thing."], "A well-known well-known thing."),
        (["In 2004-", "2005 it fell."], "In 2004-2005 it fell."),
        (["A full line of words that go", "on here. Short end.", "A next paragraph of some length"],
         "A full line of words that go on here. Short end.\n\nA next paragraph of some length"),
        (["One.", "", "Two."], "One.\n\nTwo."),
        (["Items of a list that is long:", "• the first one", "• the second"],
         "Items of a list that is long:\n\n• the first one\n\n• the second"),
        (["Why it did", "The bank raised its rate on Tuesday, it said"],
         "Why it did\n\nThe bank raised its rate on Tuesday, it said"),
        ([], ""),
        ([""], ""),
        (["One line"], "One line"),
    ],
)  # fmt: skip
def test_lines_become_paragraphs(lines: list[str], text: str) -> None:
    assert paragraphs(lines) == text


def test_no_sentence_goes_on_over_a_page_that_is_left_out() -> None:
    assert paragraphs(in_one_run([["The bank raised its"], ["rate."]])) == "The bank raised its rate."
    assert paragraphs(in_one_run([["The bank raised its"], None, ["rate."]])) == "The bank raised its\n\nrate."
