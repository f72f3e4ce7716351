import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.sources import RawFile
from qa.answerer import Answerer
from qa.bootstrap import Service
from qa.confidence import Confidence
from qa.errors import FetchFailed
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from ui.jobs import Job, Jobs
from ui.library_page import MOST_CHOSEN, LibraryPage
from ui.listing import PAGE
from ui.uploads import Uploads

TEXT = "{title}\n\nThe bank raised its rate on Tuesday. It said that it might do so again.\n"


def no_web(url: str) -> RawFile:
    raise FetchFailed(f"{url} does not answer.", "Try later.")


class Desk:
    """A library page over real parts, with what it stands on."""

    def __init__(self, folder: Path, library: Library) -> None:
        embedder = FakeEmbedder()
        reader = SimilarityReader(library)
        answerer = Answerer(library, embedder, HybridRetriever(library), reader, Confidence.load())
        self.library = library
        self.news, self.outside = folder / "news", folder / "outside"
        (folder / "uploads").mkdir()
        self.news.mkdir()
        self.outside.mkdir()
        settings = Settings(_env_file=None, ingest_roots=str(self.news))
        self.uploads = Uploads(folder / "uploads", 1)
        self.jobs = Jobs(library, embedder, settings, fetch=no_web)
        self.service = Service(library, embedder, answerer)
        self.page = LibraryPage(self.service, self.jobs, self.uploads, settings)

    def ended(self) -> Job:
        return self.jobs.wait(self.jobs.jobs()[0].job_id, 10)

    def send(self, name: str, text: str) -> str:
        async def pieces() -> AsyncIterator[bytes]:
            yield text.encode()

        return asyncio.run(self.uploads.receive(name, pieces()))

    def take(self, *titles: str) -> list[int]:
        for n, title in enumerate(titles):
            (self.news / f"{n}.txt").write_text(TEXT.format(title=title))
        assert self.page.ingest({"source": str(self.news)})[1] == ""
        return [item.outcome.article_id or 0 for item in self.ended().items if item.outcome]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Library.open(tmp_path / "library", FakeEmbedder.stamp, index="exact") as library:
        made = Desk(tmp_path, library)
        with made.jobs:
            yield made


def test_a_look_at_jobs_that_did_not_change_copies_and_renders_nothing(desk: Desk) -> None:
    assert desk.page.look({"revision": desk.jobs.revision}) is None
    before = desk.jobs.revision
    desk.take("Rates rise")
    shown = desk.page.look({"revision": before})
    assert shown
    assert f'data-revision="{desk.jobs.revision}"' in shown
    assert desk.page.look({"revision": desk.jobs.revision}) is None


def test_a_revision_is_of_one_process(desk: Desk) -> None:
    settings = Settings(_env_file=None)
    with Jobs(desk.library, FakeEmbedder(), settings) as one, Jobs(desk.library, FakeEmbedder(), settings) as other:
        assert one.revision != other.revision


def test_an_empty_library_begins_with_a_hint(desk: Desk) -> None:
    find, jobs, listed = desk.page.begin({"view": {}})
    assert 'role="search"' in find
    assert jobs == ""
    assert "The library is empty" in listed
    assert "a folder on the server" in desk.page.form()


def test_a_folder_below_a_root_is_taken_in_and_listed(desk: Desk) -> None:
    desk.take("Rates rise", "Rates fall")
    assert desk.ended().state == "done"
    listed = desk.page.show({"view": {"order": "title"}})
    assert listed.index("Rates fall") < listed.index("Rates rise")
    assert "2 articles" in listed
    assert "2 added" in str(desk.page.look(None))


@pytest.mark.parametrize(
    "given",
    [
        "{outside}",
        "{news}/../outside",
        "{news}/../news",
        "{news}/inner/..",
        "news",
        "/etc/passwd",
        "~",
        "x" * 3_000,
        "a\x00b",
    ],
)
def test_no_other_folder_is(desk: Desk, given: str) -> None:
    source = given.format(outside=desk.outside, news=desk.news)
    jobs, said = desk.page.ingest({"source": source})
    assert 'role="alert"' in said
    assert (jobs, desk.jobs.jobs()) == ("", [])


def test_a_link_out_of_a_root_is_not_followed(desk: Desk) -> None:
    (desk.outside / "secret.txt").write_text(TEXT.format(title="Secret"))
    (desk.news / "folder").symlink_to(desk.outside)
    desk.page.ingest({"source": str(desk.news)})
    (item,) = desk.ended().items
    assert item.outcome
    assert "lies outside" in item.outcome.reason
    desk.jobs.retry(desk.ended().job_id)
    assert desk.ended().items[0].stage == "failed"
    assert desk.library.count() == 0


def test_without_a_root_no_folder_is_ingested(desk: Desk) -> None:
    page = LibraryPage(desk.service, desk.jobs, desk.uploads, Settings(_env_file=None))
    assert "no web address" in page.ingest({"source": str(desk.news)})[1]
    assert "folder" not in page.form()


def test_uploads_become_a_job(desk: Desk) -> None:
    token = desk.send("sent.txt", TEXT.format(title="Sent"))
    assert desk.page.ingest({"uploads": [token]})[1] == ""
    assert [(i.uri, i.stage) for i in desk.ended().items] == [("upload:sent.txt", "added")]
    assert "gone" in desk.page.ingest({"uploads": [token]})[1]


def test_a_job_is_tried_again(desk: Desk) -> None:
    desk.page.ingest({"source": "https://daily.test/"})
    job = desk.ended()
    assert "https://daily.test/ does not answer. Try later." in str(desk.page.look(None))
    assert desk.page.job({"job": job.job_id, "do": "retry"})[1] == ""
    assert desk.ended().counts["failed"] == 1
    assert 'role="alert"' in desk.page.job({"job": "x", "do": "cancel"})[1]
    assert desk.page.job({"job": job.job_id, "do": "rm -rf"})[1] == ""


def test_articles_are_removed(desk: Desk) -> None:
    first, second = desk.take("Rates rise", "Rates fall")
    listed, said = desk.page.remove({"ids": [first, first, 99], "view": {}})
    assert "Removed 1 article." in said
    assert "Rates fall" in listed
    assert "Rates rise" not in listed
    assert [ref.article_id for ref in desk.library.articles()] == [second]


def test_articles_are_ingested_again_where_they_came_from(desk: Desk) -> None:
    (article_id,) = desk.take("Rates rise")
    (desk.news / "0.txt").write_text(TEXT.format(title="Rates rise more"))
    assert desk.page.again({"ids": [article_id]})[1] == ""
    assert desk.ended().counts["updated"] == 1
    assert desk.library.article(article_id).title == "Rates rise more"


def test_what_has_become_a_link_out_of_its_root_is_not_ingested_again(desk: Desk) -> None:
    (article_id,) = desk.take("Rates rise")
    (desk.outside / "secret.txt").write_text(TEXT.format(title="Secret"))
    (desk.news / "0.txt").unlink()
    (desk.news / "0.txt").symlink_to(desk.outside / "secret.txt")
    assert desk.page.again({"ids": [article_id]})[1] == ""
    assert desk.ended().counts["failed"] == 1
    assert desk.library.article(article_id).title == "Rates rise"


def test_an_upload_beside_a_refused_address_is_not_lost(desk: Desk) -> None:
    token = desk.send("sent.txt", TEXT.format(title="Sent"))
    assert "no web address" in desk.page.ingest({"uploads": [token], "source": "/etc/passwd"})[1]
    assert desk.page.ingest({"uploads": [token]})[1] == ""
    assert desk.ended().counts["added"] == 1


def test_an_upload_cannot_be_read_again(desk: Desk) -> None:
    desk.page.ingest({"uploads": [desk.send("sent.txt", TEXT.format(title="Sent"))]})
    desk.ended()
    assert "the file is not kept" in desk.page.again({"ids": [1]})[1]


def test_an_article_is_opened_corrected_and_explained(desk: Desk) -> None:
    (article_id,) = desk.take("Rates rise")
    article, why, words = desk.page.open({"id": article_id})
    assert "Rates rise" in article
    assert why == ""
    assert "raised its rate on Tuesday" in words
    fields = {"id": article_id, "title": "Up", "publisher": "P", "authors": "", "published": "2026-05-03"}
    article, _, _, said = desk.page.correct(fields)
    assert "Corrected." in said
    assert "3 May 2026" in article
    assert desk.library.article(article_id).version == 2
    assert "not a date" in desk.page.correct(fields | {"published": "May"})[3]
    assert "Indexed in 1 of 1 passages" in desk.page.why({"id": article_id, "question": "Who raised its rate?"})
    assert "question is empty" in desk.page.why({"id": article_id, "question": " "})


def test_pages_are_cut_on_the_server(desk: Desk) -> None:
    desk.take(*(f"Rates rise {n}" for n in range(PAGE + 2)))
    assert desk.page.show({"view": {}}).count("<tr>") == PAGE + 1
    assert desk.page.show({"view": {"page": 2}}).count("<tr>") == 3


def test_who_removes_all_of_the_last_page_sees_the_last_that_there_is(desk: Desk) -> None:
    desk.take(*(f"Rates rise {n}" for n in range(PAGE + 2)))
    last = [ref.article_id for ref in desk.library.articles(limit=PAGE, offset=PAGE)]
    listed, said = desk.page.remove({"ids": last, "view": {"page": 2}})
    assert "Removed 2 articles." in said
    assert listed.count("<tr>") == PAGE + 1
    assert 'data-at="1"' in listed
    assert 'data-at="1"' in desk.page.show({"view": {"page": 9}})


@pytest.mark.parametrize("ids", [None, [], ["1"], [None], [-1], [2**80], [[1]], list(range(MOST_CHOSEN + 1)), {"a": 1}])
@pytest.mark.parametrize("handler", ["remove", "again"])
def test_what_is_no_list_of_articles_is_refused(desk: Desk, handler: str, ids: object) -> None:
    act: Callable[[object], tuple[str, str]] = getattr(desk.page, handler)
    assert 'role="alert"' in act({"ids": ids, "view": {}})[1]


@pytest.mark.parametrize("event", [None, [], "x", {}, {"view": []}, {"view": {"page": "x"}}, {"id": "1"}])
def test_events_of_any_shape_are_answered(desk: Desk, event: object) -> None:
    for handler in ("begin", "show", "look", "ingest", "job", "remove", "again", "open", "correct", "why"):
        getattr(desk.page, handler)(event)


def test_a_file_from_outside_the_roots_is_not_ingested_again_from_the_page(desk: Desk) -> None:
    """It came in on the command line; the page may read below the roots alone."""
    elsewhere = desk.outside / "told.txt"
    elsewhere.write_text(TEXT.format(title="Told"))
    settings = Settings(_env_file=None)
    (outcome,) = ingest([str(elsewhere)], desk.library, FakeEmbedder(), settings)
    _, said = desk.page.again({"ids": [outcome.article_id]})
    assert "no folder that may be ingested from" in said
    assert "FOOTNOTE_INGEST_ROOTS" in said
    assert desk.jobs.jobs() == []
