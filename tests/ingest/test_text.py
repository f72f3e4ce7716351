import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cleaning import MAX_CHARACTERS, clean, decode, one_line
from ingest.loaders import Kind, load
from ingest.loaders.text import headline_and_body
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit


def article(text: str | bytes, name: str = "rate-rise_2024.txt") -> LoadedArticle:
    body = text.encode() if isinstance(text, str) else text
    return load("text", RawFile(f"file:///{name}", body, name=name))


def test_the_headline_is_the_title_and_not_the_text() -> None:
    loaded = article("PC ownership to 'double by 2010'\n\nIt will grow. It will.\n\nEnd.\n")
    assert loaded == LoadedArticle("PC ownership to 'double by 2010'", "It will grow. It will.\n\nEnd.")


@pytest.mark.parametrize("headline", ["My memories of Marley...", "Who was Oscar?", "It's over!", "“We won”"])
def test_headlines(headline: str) -> None:
    assert article(f"{headline}\n\nBody.").title == headline


@pytest.mark.parametrize(
    "text",
    [
        "It ends like a sentence.\n\nMore.",
        "Only one line",
        "Two\nlines\n\nMore.",
        "x" * 300 + "\n\nMore.",
        "So:\n\nMore.",
    ],
)
def test_what_is_no_headline_stays_text(text: str) -> None:
    loaded = article(text)
    assert (loaded.title, loaded.text) == ("rate rise 2024", text)


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_the_encoding_that_the_server_declared(kind: Kind) -> None:
    body = "Zażółć gęślą jaźń.".encode("iso8859_2")
    assert load(kind, RawFile("https://x.test/a", body, charset="iso-8859-2")).text == "Zażółć gęślą jaźń."


def test_standard_input_is_named_by_its_opening() -> None:
    assert load("text", RawFile("stdin:1", b"The bank acted. It rained.")).title == "The bank acted. It rained."


@pytest.mark.parametrize("body", [b"", b" \n\t\n", b"\xef\xbb\xbf", "\u200b\u00ad\U000e0041".encode()])
def test_no_text(body: bytes) -> None:
    with pytest.raises(NoText, match=r"rate-rise_2024\.txt holds no text"):
        article(body)


@pytest.mark.parametrize(
    ("lines", "authors", "published"),
    [
        ("By Joan Hesketh\n18 September 2025", ("Joan Hesketh",), "2025-09-18"),
        ("by Ana O'Neil-Smith and J. Doe", ("Ana O'Neil-Smith", "J. Doe"), None),
        ("Published: Tuesday, May 3rd, 2024", (), "2024-05-03"),
        ("2024-05-03", (), "2024-05-03"),
    ],
)
def test_a_byline_below_the_headline(lines: str, authors: tuple[str, ...], published: str | None) -> None:
    loaded = article(f"Rates rise\n\n{lines}\n\nThe bank acted.")
    assert loaded == LoadedArticle("Rates rise", "The bank acted.", authors=authors, published=published)


@pytest.mark.parametrize("first", ["By then it was 5 May 2024.", "By noon they\nhad left.", "In 2024"])
def test_what_is_no_byline(first: str) -> None:
    loaded = article(f"Rates rise\n\n{first}\n\nThe bank acted.")
    assert loaded == LoadedArticle("Rates rise", f"{first}\n\nThe bank acted.")


def test_a_dateline_gives_the_date_and_stays() -> None:
    loaded = article("Recount\n\nHOLLIN CROSS, 14 May 2026 - A driver won.")
    assert (loaded.published, loaded.text) == ("2026-05-14", "HOLLIN CROSS, 14 May 2026 - A driver won.")


def test_front_matter() -> None:
    loaded = article(
        "---\ntitle: 'Rates: a rise'\nauthor: [Jane Doe, John Roe]\ndate: 2024-05-03\npublisher: The Daily\n"
        "lang: en-GB\nurl: https://x.test/a\n---\nThe bank acted."
    )
    assert loaded == LoadedArticle(
        "Rates: a rise",
        "The bank acted.",
        "The Daily",
        ("Jane Doe", "John Roe"),
        "2024-05-03",
        "en",
        "https://x.test/a",
    )


@pytest.mark.parametrize(
    "block",
    [
        "just words",
        "a: &x [1]\nb: *x",
        "a: [",
        "!!python/object/apply:os.system ['true']",
        "- a\n- b",
        "a: " + "[" * 3_000,
    ],
)
def test_front_matter_that_makes_no_sense_stays_text(block: str) -> None:
    text = f"---\n{block}\n---\nThe bank acted."
    assert article(text).text == text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd"])
def test_front_matter_names_web_addresses_only(url: str) -> None:
    assert article(f"---\ntitle: x\nurl: {url}\ndate: soon\n---\nText.") == LoadedArticle("x", "Text.")


TEXT = "Größere Zinsen für die Bänke, sagte der Präsident. Übermäßig schön wäre das für ältere Häuser."


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    assert clean(decode(TEXT.encode(encoding))) == TEXT


@given(st.binary())
def test_any_bytes_decode(body: bytes) -> None:
    clean(decode(body))


def test_what_nobody_sees_is_gone() -> None:
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "ignore all")
    text = f"He\u00adllo\u200b \x00wor\u202eld\ufeff{hidden}\ud800 می\u200cخواهم 👩\u200d👧"
    assert clean(text) == "Hello world می\u200cخواهم 👩\u200d👧"


def test_lines_and_spaces_are_of_one_kind() -> None:
    assert clean("a\r\nb\rc\u2028d\x0ce \n\n \n\n\nf\u00a0g\u3000h\n") == "a\nb\nc\nd\ne\n\nf g h"
    assert one_line(" a\n\tb\u00a0 c\u200b ") == "a b c"


def test_too_much_text() -> None:
    with pytest.raises(OverLimit, match=r"x\.txt holds more than"):
        clean("a" * (MAX_CHARACTERS + 1), "x.txt")


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_line_said_twice_at_the_top_is_the_headline_and_all_above_it_is_furniture() -> None:
    headline = "Ferry line to close its winter service to the islands."
    page = f"Home News World {headline}\n\n{headline}\n\n0\n{headline}\n\nThe line said so on Monday.\n\nIt sails on."
    title, body = headline_and_body(page)
    assert title == headline
    assert body == "The line said so on Monday.\n\nIt sails on."


INTERVIEW = """Minister questioned

Q: {first}
A: I cannot comment on that matter.

Q: Who told you?
A: I cannot comment on that matter.

Q: Will you stay?"""


@pytest.mark.parametrize("first", ["Did you know of the plan in May?", "Why?"])
def test_an_answer_given_twice_is_no_headline(first: str) -> None:
    title, body = headline_and_body(INTERVIEW.format(first=first))
    assert title == "Minister questioned"
    assert body == INTERVIEW.format(first=first).partition("\n\n")[2]


@pytest.mark.parametrize(
    "above",
    [
        "The council met on Monday to vote.",
        "The council met on Monday and said that it had no\nmoney for it.",
        "Ann Lee was asked about the ferries:",
        "Will the ferries sail, asked Bo Li?",
    ],
)
def test_a_line_said_twice_with_a_sentence_above_it_is_no_headline(above: str) -> None:
    line = "The chair of the ferry company"
    text = f"Ferries\n\n{line}\n\n{above}\n\n{line}\n\nShe said no."
    assert headline_and_body(text) == ("Ferries", text.partition("\n\n")[2])


def test_furniture_above_a_line_said_twice_may_be_short_and_end_in_a_mark() -> None:
    line = "Ferry line to close its winter service"
    text = f"Home\n{line}\n\nSign up now!\nLog in.\n\n{line}\n\nThe line said so."
    assert headline_and_body(text) == (line, "The line said so.")


def test_a_short_line_said_twice_is_no_headline() -> None:
    assert headline_and_body("Chorus\n\nLa la la.\n\nChorus\n\nLa la.")[1] == "La la la.\n\nChorus\n\nLa la."


def test_a_text_of_one_repeated_line_keeps_it() -> None:
    line = "There is nothing here but this very line."
    assert headline_and_body(f"{line}\n{line}")[1] == f"{line}\n{line}"
