import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import loaders, pipeline
from ingest.loaders import Kind
from ingest.pipeline import Outcome, ingest
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import FetchFailed, LibraryUnwritable
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from tests.ingest.servers import PAGE

PARAGRAPH = "The bank raised its rate on Tuesday. It said that it might do so again, and nobody was surprised. " * 8
FEED = """<rss version="2.0"><channel><title>The Daily</title>
<item><title>Came</title><link>https://daily.test/came</link><pubDate>Fri, 03 May 2024 10:00:00 GMT</pubDate></item>
<item><title>Teaser</title><link>https://daily.test/teaser</link><description>Short.</description></item>
<item><title>Whole</title><link>https://daily.test/whole</link><description>{whole}</description></item>
</channel></rss>"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", FakeEmbedder.stamp, index="exact") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "news" / f"{name}.txt").write_text(f"Rates rise {name}\n\n{PARAGRAPH}\n\n{PARAGRAPH}{name}.")
    return tmp_path / "news"


def take(library: Library, *sources: object, embedder: FakeEmbedder | None = None, **options: object) -> list[Outcome]:
    names = [str(source) for source in sources]
    return list(ingest(names, library, embedder or FakeEmbedder(), Settings(), **options))  # type: ignore[arg-type]


def test_a_folder_becomes_articles(library: Library, folder: Path) -> None:
    outcomes = take(library, folder)
    assert [(o.status, o.version, o.title) for o in outcomes] == [("added", 1, f"Rates rise {n}") for n in "abc"]
    assert outcomes[0].uri == (folder / "a.txt").as_uri()
    stored = library.article(outcomes[0].article_id or 0)
    assert stored.text == f"{PARAGRAPH}\n\n{PARAGRAPH}a.".replace(" \n", "\n")
    assert outcomes[0].passages == 2
    assert outcomes[0].sentences == 33  # two paragraphs of eight times two, and "a."


def test_the_same_again_is_no_work(library: Library, folder: Path) -> None:
    first = take(library, folder)
    embedder = FakeEmbedder()
    again = take(library, folder, embedder=embedder)
    assert [o.status for o in again] == ["unchanged"] * 3
    assert [o.article_id for o in again] == [o.article_id for o in first]
    assert sum(embedder.batches) == 0


def test_other_bytes_with_the_same_content_are_not_embedded(library: Library, folder: Path) -> None:
    take(library, folder)
    (folder / "a.txt").write_text((folder / "a.txt").read_text().replace("\n", "\r\n"))
    embedder = FakeEmbedder()
    assert [o.status for o in take(library, folder, embedder=embedder)] == ["unchanged"] * 3
    assert sum(embedder.batches) == 0


def test_changed_content_is_a_new_version(library: Library, folder: Path) -> None:
    take(library, folder)
    (folder / "b.txt").write_text("Rates fall\n\nThe bank cut its rate.")
    changed = next(o for o in take(library, folder) if o.status != "unchanged")
    assert (changed.status, changed.version, changed.title) == ("updated", 2, "Rates fall")
    assert library.article(changed.article_id or 0, 1).title == "Rates rise b"


def test_the_same_bytes_in_another_encoding_are_loaded_anew(library: Library) -> None:
    body = "Zażółć\n\nGęślą jaźń.".encode("iso8859_2")
    pages = [RawFile("https://x.test/a", body, charset=charset) for charset in ("iso-8859-4", "iso-8859-2")]
    outcomes = [take(library, "https://x.test/a", fetch=lambda _, page=page: page)[0] for page in (*pages, pages[1])]
    assert [(o.status, o.title) for o in outcomes] == [
        ("added", "Zaŋķŗæ"),
        ("updated", "Zażółć"),
        ("unchanged", "Zażółć"),
    ]


def test_one_failed_item_does_not_stop_the_rest(library: Library, folder: Path) -> None:
    (folder / "b.txt").write_bytes(b"MZ\x90\x00 a program")
    (folder / "bb.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "bc.docx").write_bytes(b"PK\x03\x04word/document")
    (folder / "bd.txt").write_bytes(b"")
    outcomes = take(library, folder, folder / "none.txt")
    failed = {o.uri.rsplit("/", 1)[1]: o for o in outcomes if o.status == "failed"}
    assert set(failed) == {"b.txt", "bb.pdf", "bc.docx", "bd.txt", "none.txt"}
    assert all(o.reason and o.remedy and o.article_id is None for o in failed.values())
    assert sorted(o.title for o in outcomes if o.status == "added") == ["Rates rise a", "Rates rise c"]


@pytest.mark.parametrize("name", ["b.txt", "b.md"])
def test_what_nobody_thought_of_in_a_loader_is_one_failed_item(
    library: Library, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "b.txt").rename(folder / name)

    def load(kind: Kind, raw: RawFile) -> LoadedArticle:
        return loaders.load(kind, raw) if raw.name != name else [][len(kind)]

    monkeypatch.setattr(pipeline, "load", load)
    outcomes = {o.uri.rsplit("/", 1)[1]: o for o in take(library, folder)}
    assert {n: o.status for n, o in outcomes.items()} == {"a.txt": "added", name: "failed", "c.txt": "added"}
    assert outcomes[name].reason == f"{name} cannot be read (IndexError: list index out of range)."
    assert outcomes[name].remedy == "Save it again, or in another format."


def test_front_matter_that_no_type_of_yaml_fits_ends_nothing(library: Library, folder: Path) -> None:
    (folder / "a.txt").write_text(f"---\ntitle: One\ndraft: !!bool maybe\n---\n{PARAGRAPH}")
    (folder / "b.txt").write_text(f"---\ntitle: Two\nx: !!int ''\n---\n{PARAGRAPH}b.")
    (folder / "c.txt").write_text(f"---\ntitle: 0x{'f' * 4_000}\n---\n{PARAGRAPH}c.")
    assert [o.title[:5] for o in take(library, folder)] == ["One", "Two", "0xfff"]


def test_the_same_file_twice_is_one_version(library: Library, folder: Path) -> None:
    outcomes = take(library, folder / "a.txt", folder / "a.txt")
    assert [(o.status, o.version) for o in outcomes] == [("added", 1), ("unchanged", 1)]


def test_the_same_address_with_other_content_in_one_run(library: Library) -> None:
    bodies = iter([b"One\n\nFirst text.", b"Two\n\nSecond text."])
    outcomes = take(library, "https://x.test/a", "https://x.test/a", fetch=lambda url: RawFile(url, next(bodies)))
    assert [(o.status, o.version, o.title) for o in outcomes] == [("added", 1, "One"), ("updated", 2, "Two")]


def test_standard_input(library: Library) -> None:
    (outcome,) = take(library, "-", stdin=io.BytesIO(b"Rates rise\n\nThe bank acted."))
    assert (outcome.status, outcome.title) == ("added", "Rates rise")
    assert outcome.uri.startswith("stdin:")


def test_a_page(library: Library) -> None:
    page = PAGE.replace(b"The bank acted.", PARAGRAPH.encode())
    (outcome,) = take(library, "https://x.test/a", fetch=lambda url: RawFile("https://x.test/final", page, "text/html"))
    assert (outcome.status, outcome.uri, outcome.title) == ("added", "https://x.test/final", "Rates rise")


def test_a_feed(library: Library) -> None:
    """One page comes; of the two that do not, one has enough of its text in the feed."""

    def fetch(url: str) -> RawFile:
        if url.endswith("/feed"):
            return RawFile(url, FEED.format(whole=PARAGRAPH).encode(), "application/rss+xml")
        if url.endswith("/came"):
            return RawFile("https://daily.test/moved", PAGE.replace(b"The bank acted.", PARAGRAPH.encode()))
        raise FetchFailed(f"{url} answered HTTP 403.", "Save the page.")

    counts: list[int] = []
    outcomes = {
        o.uri.rsplit("/", 1)[1]: o for o in take(library, "https://daily.test/feed", fetch=fetch, found=counts.append)
    }
    assert {name: o.status for name, o in outcomes.items()} == {"came": "added", "teaser": "failed", "whole": "added"}
    came = library.article(outcomes["came"].article_id or 0)
    assert (came.title, came.publisher, came.published) == ("Came", "The Daily", "2024-05-03")
    assert outcomes["whole"].notes == ("The feed's own text is used: https://daily.test/whole answered HTTP 403.",)
    assert sum(counts) == len(outcomes)


def test_an_entry_that_is_a_feed_itself_is_one_failed_item_or_what_the_feed_says_of_it(library: Library) -> None:
    def fetch(url: str) -> RawFile:
        if url.endswith("/feed"):
            return RawFile(url, FEED.format(whole=PARAGRAPH).encode())
        one = b"<item><title>Only</title><link>https://daily.test/only</link></item>"
        inner = one if url.endswith("/came") else FEED.format(whole="").encode()
        return RawFile(url, b"<rss><channel>" + inner + b"</channel></rss>")

    outcomes = {o.uri.rsplit("/", 1)[1]: o for o in take(library, "https://daily.test/feed", fetch=fetch)}
    assert {name: o.status for name, o in outcomes.items()} == {"came": "failed", "teaser": "failed", "whole": "added"}
    assert outcomes["came"].reason == "https://daily.test/came is a feed itself."
    assert outcomes["came"].remedy == "Ingest that feed by its own address."
    assert outcomes["whole"].notes == ("The feed's own text is used: https://daily.test/whole is a feed itself.",)


def test_an_address_that_leads_to_another_is_replaced_by_it(library: Library) -> None:
    steps: list[tuple[str, str]] = []
    bodies = {"https://x.test/a#top": b"Rates rise\n\nThe bank acted.", "https://x.test/b#top": b"MZ a program"}

    def fetch(url: str) -> RawFile:
        return RawFile(url.removesuffix("#top"), bodies[url])

    outcomes = take(library, *bodies, fetch=fetch, moved=lambda uri, step: steps.append((uri[-5:], step)))
    assert [(o.uri, o.status) for o in outcomes] == [("https://x.test/b", "failed"), ("https://x.test/a", "added")]
    assert steps == [
        *(("a#top", "reading"), ("a#top", "replaced"), ("est/a", "reading"), ("est/a", "embedding")),
        *(("b#top", "reading"), ("b#top", "replaced"), ("est/b", "reading")),
    ]


def test_a_broken_feed_is_one_failed_item(library: Library) -> None:
    (outcome,) = take(library, "https://daily.test/feed", fetch=lambda url: RawFile(url, b"<rss>"))
    assert (outcome.status, outcome.uri) == ("failed", "https://daily.test/feed")


def test_how_many_items_are_found_is_told_before_they_are_read(library: Library, folder: Path) -> None:
    told: list[int] = []
    outcomes = ingest([str(folder)], library, FakeEmbedder(), Settings(), found=told.append)
    next(outcomes)
    assert told == [3]


def test_windows_hold_many_articles(library: Library, folder: Path) -> None:
    embedder = FakeEmbedder()
    take(library, folder, embedder=embedder, window=4)
    assert [n for n in embedder.batches if n] == [4, 2]


def test_what_was_reported_is_committed_when_it_stops(library: Library, folder: Path) -> None:
    outcomes = ingest([str(folder)], library, FakeEmbedder(), Settings(), window=1)
    reported = [next(outcomes), next(outcomes)]
    outcomes.close()  # type: ignore[attr-defined]
    assert all(library.content_hash(o.uri) for o in reported)
    assert [o.status for o in take(library, folder)] == ["unchanged", "unchanged", "added"]


def test_ctrl_c_while_a_file_is_read_keeps_what_was_reported(library: Library, folder: Path) -> None:

    def interrupted(url: str) -> RawFile:
        raise KeyboardInterrupt

    outcomes = ingest(
        [str(folder / "a.txt"), "https://x.test"], library, FakeEmbedder(), Settings(), fetch=interrupted, window=1
    )
    assert next(outcomes).status == "added"
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)
    assert [o.status for o in take(library, folder / "a.txt")] == ["unchanged"]


def test_trouble_of_the_library_is_not_an_item_s(library: Library, folder: Path) -> None:
    """A full disk would fail every article: it ends the run and is named as what it is."""

    class Full:
        source_hash = staticmethod(lambda uri: None)
        content_hash = source_hash

        def add_many(self, items: object) -> None:
            raise LibraryUnwritable("The disk is full.")

    with pytest.raises(LibraryUnwritable):
        list(ingest([str(folder)], Full(), FakeEmbedder(), Settings()))  # type: ignore[arg-type]


def test_every_sentence_of_every_passage_is_a_slice_of_the_article(library: Library, folder: Path) -> None:
    for outcome in take(library, folder):
        text = library.article(outcome.article_id or 0).text
        prepared = pipeline._prepared(RawFile("file:///other.txt", text.encode(), name="other.txt"), library, None)  # type: ignore[arg-type]
        assert isinstance(prepared, pipeline.Prepared)
        for passage in prepared.passages:
            relative = pipeline._input(prepared, passage)
            cut = [s.of(relative.text) for s in relative.sentences]
            assert cut == [s.of(prepared.loaded.text) for s in passage.sentences]


class Failing(FakeEmbedder):
    """Runs out of memory at its second batch."""

    def passages(self, inputs):  # type: ignore[no-untyped-def]
        if len(self.batches) == 1:
            raise MemoryError
        return super().passages(inputs)


def test_a_model_that_fails_loses_only_what_was_not_reported(library: Library, folder: Path) -> None:
    reported: list[Outcome] = []
    with pytest.raises(MemoryError):
        reported.extend(ingest([str(folder)], library, Failing(), Settings(), window=1))
    assert [ref.title for ref in library.articles()] == ["Rates rise a"]
    assert [o.status for o in take(library, folder)] == ["unchanged", "added", "added"]


def test_what_was_removed_comes_back_as_a_new_version_of_the_same_article(library: Library, folder: Path) -> None:
    first = take(library, folder / "a.txt")[0]
    library.remove(first.article_id or 0)
    again = take(library, folder / "a.txt")[0]
    assert (again.status, again.article_id, again.version) == ("added", first.article_id, 2)


def test_another_headline_alone_is_a_new_version(library: Library, folder: Path) -> None:
    take(library, folder / "a.txt")
    text = (folder / "a.txt").read_text()
    (folder / "a.txt").write_text(text.replace("Rates rise a", "Rates rise again"))
    (outcome,) = take(library, folder / "a.txt")
    assert (outcome.status, outcome.version, outcome.title) == ("updated", 2, "Rates rise again")


def test_a_file_that_became_unreadable_keeps_its_last_version(library: Library, folder: Path) -> None:
    first = take(library, folder / "a.txt")[0]
    (folder / "a.txt").write_bytes(b"\x7fELF a program")
    (outcome,) = take(library, folder / "a.txt")
    assert outcome.status == "failed"
    assert library.article(first.article_id or 0).state == "current"


def test_one_unchanged_among_thousands_is_looked_up_by_its_address(library: Library, folder: Path) -> None:
    """Another article's address ends in the same words: the whole one is meant."""
    take(library, folder / "a.txt")
    uri = (folder / "a.txt").as_uri()
    take(library, "https://x.test/a", fetch=lambda _: RawFile(f"mirror/{uri}", b"Mirror\n\nThe same file elsewhere."))
    (outcome,) = take(library, folder / "a.txt")
    assert (outcome.status, outcome.uri, outcome.title) == ("unchanged", uri, "Rates rise a")


def test_nothing_to_ingest_is_no_outcome(library: Library) -> None:
    assert take(library) == []
