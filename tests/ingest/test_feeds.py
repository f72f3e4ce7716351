import pytest

from ingest.feeds import ENOUGH_CHARACTERS, expand, filled, stand_in
from ingest.loaders.feed import MAX_ITEMS, load_all
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import FetchFailed, NoText

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Daily</title><language>en-gb</language>{items}</channel></rss>"""
ITEM = """<item><title>Rates &lt;b&gt;rise&lt;/b&gt;</title><link>https://daily.test/rates</link>
<author>jane@daily.test (Jane Doe)</author><pubDate>Fri, 03 May 2024 10:00:00 GMT</pubDate>
<description>Teaser.</description><content:encoded><![CDATA[<p>The bank acted.</p><p>It <i>rained</i>.
<script>alert(1)</script></p>]]></content:encoded></item>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Daily</title><entry><title>Rates rise</title>
<link href="https://daily.test/rates"/><updated>2024-05-03T10:00:00Z</updated><author><name>Jane Doe</name></author>
<summary>Teaser &amp; more.</summary></entry></feed>"""


def entries(body: str | bytes) -> list[LoadedArticle]:
    return load_all(RawFile("https://daily.test/feed", body.encode() if isinstance(body, str) else body))


def item(link: str) -> str:
    return f"<item><title>x</title><link>{link}</link></item>"


def test_rss() -> None:
    (entry,) = entries(RSS.format(items=ITEM))
    assert entry == LoadedArticle(
        "Rates rise",
        "The bank acted.\n\nIt rained.",
        "The Daily",
        ("Jane Doe",),
        "2024-05-03",
        "en",
        "https://daily.test/rates",
    )


@pytest.mark.parametrize("tag", ["td", "th", "dt", "dd", "h5", "h6", "li", "figcaption"])
def test_blocks_stand_apart(tag: str) -> None:
    body = RSS.format(items=ITEM).replace("<p>The bank acted.</p><p>It", f"<{tag}>The bank acted.</{tag}><{tag}>It")
    (entry,) = entries(body)
    assert entry.text.startswith("The bank acted.\n\nIt")


def test_the_encoding_that_the_server_declared() -> None:
    body = RSS.format(items=ITEM.replace("The bank", "Der Bürger")).encode("iso8859_2")
    raw = RawFile("https://daily.test/feed", body, "application/rss+xml", charset="iso-8859-2")
    assert load_all(raw)[0].text.startswith("Der Bürger acted.")


def test_atom() -> None:
    (entry,) = entries(ATOM)
    assert (entry.title, entry.text, entry.authors) == ("Rates rise", "Teaser & more.", ("Jane Doe",))
    assert entry.published == "2024-05-03"


def test_only_web_links_once_each_and_not_too_many() -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "https://a.test/1", "https://a.test/1", "http://a.test/2"]
    assert [e.url for e in entries(RSS.format(items="".join(map(item, links))))] == [
        "https://a.test/1",
        "http://a.test/2",
    ]
    many = "".join(item(f"https://a.test/{n}") for n in range(MAX_ITEMS + 50))
    found = entries(RSS.format(items=many))
    assert len(found) == MAX_ITEMS
    assert found[-1].notes == ("the feed lists 250 articles; the first 200 are taken",)


@pytest.mark.parametrize(
    "body", [RSS.format(items=""), RSS.format(items=item("javascript:x")), "<rss", b"", b"/etc/hostname"]
)
def test_nothing_to_go_for(body: str | bytes) -> None:
    """The last one is a path: it must not be opened."""
    with pytest.raises(NoText, match="lists no web page"):
        entries(body)


GIVEN = LoadedArticle(
    "Rates rise", "x" * ENOUGH_CHARACTERS, "The Daily", ("Jane Doe",), "2024-05-03", "en", "https://a.test"
)


def test_the_page_goes_first_and_the_feed_fills_gaps() -> None:
    page = LoadedArticle("Rates rise | x", "The bank acted.", publisher="The Daily Post")
    assert filled(page, GIVEN) == LoadedArticle(
        "Rates rise", "The bank acted.", "The Daily Post", ("Jane Doe",), "2024-05-03", "en", "https://a.test"
    )


@pytest.mark.parametrize("host", ["a.test", "b.test"])
def test_the_feed_s_name_is_better_than_the_page_s_host(host: str) -> None:
    page = LoadedArticle("Rates rise", "The bank acted.", publisher=host, url="https://www.b.test/rates")
    assert filled(page, GIVEN).publisher == "The Daily"
    assert filled(page, LoadedArticle("", "", url="https://a.test")).publisher == host


def test_the_feed_stands_in_only_with_enough_text() -> None:
    error = FetchFailed("https://a.test answered HTTP 403.")
    assert stand_in(GIVEN, error).notes == ("The feed's own text is used: https://a.test answered HTTP 403.",)
    with pytest.raises(FetchFailed):
        stand_in(LoadedArticle("x", "Teaser."), error)


def failing(url: str) -> RawFile:
    raise FetchFailed(f"{url} answered HTTP 403.")


def test_a_page_that_does_not_come_is_what_the_feed_says() -> None:
    (waiting,) = expand([GIVEN], failing)
    raw = waiting.read()
    assert (waiting.uri, raw.uri, raw.body) == ("https://a.test", "https://a.test", b"")
    assert raw.given
    assert raw.given.text == GIVEN.text
    with pytest.raises(FetchFailed):
        expand([LoadedArticle("x", "Teaser.", url="https://a.test")], failing)[0].read()


def test_a_page_that_comes_keeps_the_link_as_its_address() -> None:
    (waiting,) = expand([GIVEN], lambda url: RawFile("https://a.test/moved", b"<html>"))
    assert waiting.read() == RawFile("https://a.test", b"<html>", given=GIVEN)


def test_an_empty_page_is_one_that_does_not_come() -> None:
    (waiting,) = expand([GIVEN], lambda url: RawFile(url, b""))
    raw = waiting.read()
    assert raw.given
    assert raw.given.notes == ("The feed's own text is used: https://a.test is empty.",)
