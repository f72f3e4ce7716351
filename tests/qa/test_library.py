import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qa.domain import ArticleOrder, Candidate, Filters
from qa.embedder import EmbeddingStamp
from qa.errors import EmbeddingMismatch, LibraryError, LibraryNotFound, NotInLibrary
from qa.keeper import Keeper
from qa.library import Added, Holdings, Library
from tests.shelves import STAMP, TurnEmbedder, at, new

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["auto", "exact"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """With Chroma and without: nothing that a question sees may differ."""
    with Library.open(tmp_path / "library", STAMP, index=request.param) as made:
        yield made


def uris(found: list[Candidate]) -> list[str]:
    return [c.passage.article.uri for c in found]


def problems(library: Library) -> list[str]:
    return [f"{f.name}: {f.message}" for f in library.check() if f.severity != "ok"]


class TestAdding:
    def test_new_unchanged_updated(self, library: Library) -> None:
        assert library.add_many([new("a", "One.")]) == [Added(1, 1, "new")]
        assert library.add_many([new("a", "One.")]) == [Added(1, 1, "unchanged")]
        assert library.add_many([new("a", "Two.")]) == [Added(1, 2, "updated")]
        assert library.article(1).text == "Two."
        assert library.article(1, 1).text == "One."
        assert [library.article(1, n).state for n in (1, 2)] == ["superseded", "current"]
        assert library.size == 1

    def test_a_title_is_content(self, library: Library) -> None:
        library.add_many([new("a", "One.", title="First")])
        assert library.add_many([new("a", "One.", title="Second")])[0].change == "updated"
        assert library.articles()[0].title == "Second"

    def test_hashes_are_of_the_current_version(self, library: Library) -> None:
        item = new("a", "One.")
        library.add_many([item])
        assert library.content_hash("a") == item.loaded.content_hash
        assert library.content_hashes() == {"a": item.loaded.content_hash}
        assert library.source_hash("a") == item.source_hash
        library.add("a", item.loaded, item.passages, item.vectors, "other bytes, same article")
        assert library.source_hash("a") == "other bytes, same article"
        library.remove(1)
        assert library.content_hash("a") is None
        assert library.content_hashes() == {}
        assert library.source_hash("nowhere") is None

    def test_passages_come_back_as_they_were(self, library: Library) -> None:
        item = new("a", "One is here.", "Two is there.", "Three.", turn=0.2)
        library.add_many([item])
        first, second = library.passages_of(1)
        assert (first.text, second.text) == ("One is here. Two is there.", "Three.")
        assert [first.quote(s) for s in first.sentences] == ["One is here.", "Two is there."]
        assert second.quote(second.sentences[0]) == "Three."
        assert second.vectors.passage == pytest.approx(at(0.21), abs=1e-3)
        assert second.vectors.sentences.shape == (1, 2)

    def test_vectors_of_another_shape_are_refused_and_nothing_is_kept(self, library: Library) -> None:
        good, bad = new("a", "One."), new("b", "One.", "Two.", "Three.")
        with pytest.raises(ValueError, match="vectors of b"):
            library.add_many([good, type(bad)("b", bad.loaded, bad.passages, bad.vectors[:1])])
        assert library.articles() == []

    def test_odd_characters_move_no_offset(self, library: Library) -> None:
        item = new("a", "A \0 zero.", "Half \ud83d a pair.", "Emoji 🦊 fox.")
        library.add_many([item])
        quotes = [p.quote(s) for p in library.passages_of(1) for s in p.sentences]
        assert quotes == ["A \0 zero.", "Half \ufffd a pair.", "Emoji 🦊 fox."]
        assert problems(library) == []


class TestRemoving:
    def test_gone_from_questions_but_not_from_old_answers(self, library: Library) -> None:
        library.add_many([new("a", "Foxes run."), new("b", "Dogs bark.")])
        library.candidates(at(0), ["foxes"], limit=5)
        library.remove(1)
        assert uris(library.candidates(at(0), ["foxes"], limit=5)) == ["b"]
        assert (library.article(1).text, library.article(1).state) == ("Foxes run.", "removed")
        assert library.passages_of(1) == []
        assert [ref.uri for ref in library.articles()] == ["b"]
        assert problems(library) == []

    def test_twice_is_said(self, library: Library) -> None:
        library.add_many([new("a", "One.")])
        library.remove(1)
        with pytest.raises(NotInLibrary, match="already"):
            library.remove(1)
        with pytest.raises(NotInLibrary, match="no article 9"):
            library.remove(9)

    def test_added_again_is_a_new_version_of_the_same_article(self, library: Library) -> None:
        library.add_many([new("a", "One.")])
        library.remove(1)
        assert library.add_many([new("a", "One.")]) == [Added(1, 2, "new")]
        assert library.article(1, 1).state == "superseded"

    def test_purged_leaves_no_word_on_the_disk(self, library: Library, tmp_path: Path) -> None:
        library.add_many([new("a", "Xylophonist secrets."), new("b", "Dogs bark.")])
        library.add_many([new("a", "Xylophonist again.")])
        library.remove(1, purge=True)
        with pytest.raises(NotInLibrary):
            library.article(1)
        files = [p.read_bytes().lower() for p in (tmp_path / "library").glob("catalog.db*")]
        assert not any(b"xylophon" in body for body in files)
        assert any(b"dogs bark" in body for body in files)
        assert problems(library) == []

    def test_removed_can_be_purged_afterwards(self, library: Library) -> None:
        library.add_many([new("a", "One.")])
        library.remove(1)
        library.remove(1, purge=True)
        assert library.stats().versions == 0


class TestFinding:
    @pytest.fixture(autouse=True)
    def shelf(self, library: Library) -> None:
        library.add_many([new("file:///x/foxes.txt", "One."), new("https://e.org/dogs", "Two."), new("z/7", "Three.")])

    @pytest.mark.parametrize(
        ("name", "found"), [("1", 1), ("file:///x/foxes.txt", 1), ("foxes.txt", 1), ("dogs", 2), ("/7", 3)]
    )
    def test_by_id_uri_or_end(self, library: Library, name: str, found: int) -> None:
        assert library.find(name) == found

    def test_a_removed_one_is_found_by_its_whole_uri(self, library: Library) -> None:
        library.remove(3)
        assert library.find("z/7") == 3

    @pytest.mark.parametrize(
        ("name", "hint"),
        [("foxs.txt", "file:///x/foxes.txt"), ("e.org", "https://e.org/dogs"), ("", "library list"), ("99", "list")],
    )
    def test_near_matches_are_named(self, library: Library, name: str, hint: str) -> None:
        with pytest.raises(NotInLibrary) as caught:
            library.find(name)
        assert hint in caught.value.remedy

    def test_two_ends_are_named(self, library: Library) -> None:
        library.add_many([new("other/dogs", "Four.")])
        with pytest.raises(NotInLibrary, match="2 articles end in 'dogs'"):
            library.find("dogs")
        library.remove(4)
        assert library.find("dogs") == 2

    def test_listing(self, library: Library) -> None:
        assert [ref.article_id for ref in library.articles()] == [3, 2, 1]
        assert [ref.article_id for ref in library.articles(limit=1, offset=1)] == [2]
        assert [ref.uri for ref in library.articles(search="E.ORG dogs")] == ["https://e.org/dogs"]
        assert library.articles(search="e.org foxes") == []
        assert library.articles(search="100%") == []

    @pytest.mark.parametrize(
        ("order", "found"),
        [
            ("newest", ["c", "b", "a"]),
            ("title", ["b", "a", "c"]),
            ("publisher", ["c", "b", "a"]),
            ("published", ["b", "c", "a"]),
        ],
    )
    def test_orders_and_counts(self, tmp_path: Path, order: ArticleOrder, found: list[str]) -> None:
        with Library.open(tmp_path / "ordered", STAMP, index="exact") as library:
            library.add_many(
                [
                    new("a", "Fox.", title="beta", published="2005-01-01"),
                    new("b", "Dog.", title="Alpha", publisher="cbc", published="2005-01-03"),
                    new("c", "Cow.", title="gamma", publisher="BBC", published="2005-01-02"),
                ]
            )
            assert [ref.uri for ref in library.articles(order=order)] == found
            assert (library.count(), library.count("ALPHA"), library.count("bc")) == (3, 1, 2)
            assert library.count(filters=Filters(publishers=frozenset({"BBC"}))) == 1

    def test_export_is_everything_current(self, library: Library) -> None:
        library.remove(2)
        assert [article.text for article in library.export()] == ["One.", "Three."]


class TestCandidates:
    def test_both_sides_with_both_scores(self, library: Library) -> None:
        library.add_many(
            [new("near", "Nothing of it.", turn=0.0), new("words", "A fox.", turn=0.5), new("no", "None.", turn=0.25)]
        )
        found = library.candidates(at(0), ["fox"], limit=1)
        assert uris(found) == ["near", "words"]
        assert [c.cosine for c in found] == pytest.approx([1, -1], abs=1e-3)
        assert found[0].bm25 == 0
        assert found[1].bm25 > 0

    def test_passages_share_the_words_of_their_article(self, library: Library) -> None:
        library.add_many([new("a", "A fox.", "So.", "No word.", "None."), new("b", "No word.", "None.")])
        found = {c.passage.passage_id: c for c in library.candidates(at(0), ["fox"], limit=5)}
        assert found[1].article_bm25 == found[2].article_bm25 > 0
        assert (found[2].bm25, found[3].article_bm25) == (0, 0)

    def test_stemmed_and_without_accents(self, library: Library) -> None:
        library.add_many([new("a", "The café closed early.")])
        assert library.candidates(at(0), ["closing", "CAFE"], limit=1)[0].bm25 > 0
        assert library.document_frequencies(["closing", "cafe", "tea"]) == {"closing": 1, "cafe": 1, "tea": 0}

    def test_a_word_that_many_hold_counts_less(self, library: Library) -> None:
        library.add_many([new(f"a{n}", f"Dog number {n}.", "Fox." if n == 3 else "Dog.") for n in range(8)])
        found = {c.passage.article.uri: c.bm25 for c in library.candidates(at(0), ["fox", "dog"], limit=8)}
        assert max(found, key=found.__getitem__) == "a3"
        assert library.document_frequencies(["dog"]) == {"dog": 8}

    def test_sentences_are_scored_apart(self, library: Library) -> None:
        library.add_many([new("a", "A fox.", "A dog.", title="Plain"), new("b", "A fox.", title="Plain")])
        found = library.sentence_bm25(["fox"], [1])
        assert list(found) == [(1, 0)]
        assert found[1, 0] > 0
        assert library.sentence_bm25([], [1]) == library.sentence_bm25(["fox"], []) == {}

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            (Filters(publishers=frozenset({"BBC"})), ["a"]),
            (Filters(published_from=date(2005, 1, 2)), ["b"]),
            (Filters(published_to=date(2005, 1, 1)), ["a"]),
            (Filters(published_from=date(2005, 1, 1), published_to=date(2005, 1, 1)), ["a"]),
            (Filters(article_ids=frozenset({3})), ["c"]),
            (Filters(excluded_ids=frozenset({3, 1})), ["b"]),
            (Filters(article_ids=frozenset({1}), excluded_ids=frozenset({1})), []),
        ],
    )
    def test_filters(self, library: Library, filters: Filters, found: list[str]) -> None:
        library.add_many(
            [
                new("a", "Fox.", publisher="BBC", published="2005-01-01"),
                new("b", "Fox.", publisher="CBC", published="2005-01-02"),
                new("c", "Fox."),
            ]
        )
        assert uris(library.candidates(at(0), ["fox"], limit=5, filters=filters)) == found
        assert [ref.uri for ref in library.articles(filters=filters)] == found

    def test_asked_of_nothing(self, library: Library) -> None:
        assert library.candidates(at(0), ["fox"], limit=5) == []
        library.catch_up()
        assert library.candidates(at(0), [], limit=5) == []

    def test_new_articles_are_found_at_the_next_question(self, library: Library) -> None:
        for n in range(12):
            library.add_many([new(f"a{n}", "Text.", turn=n / 12)])
            assert uris(library.candidates(at(n / 12), [], limit=1)) == [f"a{n}"]

    def test_publishers(self, library: Library) -> None:
        library.add_many([new("a", "x", publisher="B"), new("b", "x", publisher="A"), new("c", "x")])
        assert library.publishers() == ["A", "B"]


class TestStats:
    def test_counts(self, library: Library) -> None:
        library.add_many([new("a", "One.", "Two.", "Three."), new("b", "Four.")])
        library.add_many([new("b", "Fünf.")])
        stats = library.stats()
        # "One. Two. Three." and "Fünf."
        assert (stats.articles, stats.versions, stats.passages, stats.sentences, stats.characters) == (2, 3, 3, 4, 21)
        assert (stats.model, stats.dimension) == ("circle", 2)
        assert stats.catalog_bytes > 10_000

    def test_what_is_asked_of_is_what_is_current(self, library: Library) -> None:
        library.add_many([new("a", "One.", "Two.", "Three."), new("b", "Four."), new("c", "Five.")])
        library.add_many([new("b", "Six.")])
        library.remove(3)
        assert library.holdings() == Holdings(articles=2, sentences=4)
        assert (library.stats().articles, library.stats().sentences) == (2, 4)

    def test_index(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.")])
            assert (library.stats().index, library.stats().index_bytes) == ("exact", 0)
            library.catch_up()
            assert (library.stats().index, library.stats().behind) == ("chroma", 0)
            library.add_many([new("b", "One.", "Two.", "Three.")])
            assert library.stats().behind == 2


class TestOpening:
    def test_reopened_it_is_as_it_was(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.")])
            library.catch_up()
        with Library.open(tmp_path, STAMP, create=False) as library:
            assert uris(library.candidates(at(0), [], limit=1)) == ["a"]
            assert problems(library) == []
        with Library.open(tmp_path, None, create=False) as library:
            library.remove(library.find("a"))
            assert problems(library) == []

    def test_none_there(self, tmp_path: Path) -> None:
        with pytest.raises(LibraryNotFound):
            Library.open(tmp_path, STAMP, create=False)

    def test_another_model_is_refused_with_the_command(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.")])
        with pytest.raises(EmbeddingMismatch) as caught:
            Library.open(tmp_path, EmbeddingStamp("square", 4))
        assert "circle (2 dimensions), not with square (4 dimensions)" in caught.value.message
        assert "footnote reindex --embed" in caught.value.remedy

    def test_an_empty_library_takes_any_model(self, tmp_path: Path) -> None:
        Library.open(tmp_path, EmbeddingStamp("square", 4)).close()
        with Library.open(tmp_path, STAMP) as library:
            assert library.add_many([new("a", "One.")])[0].change == "new"

    def test_without_any_model_nothing_can_be_added(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, None) as library, pytest.raises(LibraryError, match="no vectors yet"):
            library.add_many([new("a", "One.")])


class TestReadOnly:
    """As another user, since nothing is read-only for root."""

    def test_it_answers_and_refuses_to_change(self, tmp_path: Path) -> None:
        folder = tmp_path / "library"
        with Library.open(folder, STAMP) as library:
            library.add_many([new("a", "Foxes run.")])
            library.catch_up()
        folder.chmod(0o555)
        for place in folder.parents:
            if place.stat().st_uid == os.getuid() and place.is_relative_to(tempfile.gettempdir()):
                place.chmod(place.stat().st_mode | 0o055)
        command = [sys.executable, "-c", READING, str(folder)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        folder.chmod(0o755)
        assert told.stderr == ""
        assert told.stdout.split("\n")[:2] == ["['a']", "['a']"]
        assert "cannot be written" in told.stdout


class TestReembedding:
    OTHER = EmbeddingStamp("square", 4)

    def test_swapped_at_the_end(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.", "Two.", "Three."), new("b", "Four.")])
            library.catch_up()
        seen: list[tuple[int, int]] = []
        with Library.open(tmp_path, None) as library:
            library.reembed(TurnEmbedder(self.OTHER, 0.1), lambda done, total: seen.append((done, total)))
        assert seen == [(3, 3)]
        with Library.open(tmp_path, self.OTHER) as library:
            vector = TurnEmbedder(self.OTHER, 0.1).question("")
            assert library.candidates(vector, [], limit=1)[0].cosine == pytest.approx(1, abs=1e-3)
            library.catch_up()
            assert library.candidates(vector, [], limit=1)[0].cosine == pytest.approx(1, abs=1e-3)
            assert problems(library) == []
            assert library.stats().model == "square"

    def test_who_has_the_old_model_open_is_told(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as old, Library.open(tmp_path, None) as other:
            old.add_many([new("a", "One.")])
            old.candidates(at(0), [], limit=1)
            other.reembed(TurnEmbedder(self.OTHER, 0.1))
            with pytest.raises(EmbeddingMismatch):
                old.candidates(at(0), [], limit=1)
            with pytest.raises(EmbeddingMismatch):
                old.add_many([new("b", "Two.")])
            assert problems(other) == []

    def test_goes_on_where_it_was_stopped_with_what_came_meanwhile(self, tmp_path: Path) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new(f"a{n}", "One.") for n in range(300)])
            first = TurnEmbedder(self.OTHER, 0.1)
            with pytest.raises(KeyboardInterrupt):
                library.reembed(first, stop)
            assert library.candidates(at(0), [], limit=1)[0].cosine == pytest.approx(1, abs=1e-3)
            library.add_many([new("late", "Two.")])
            second = TurnEmbedder(self.OTHER, 0.1)
            library.reembed(second)
            assert 0 < first.calls < 300
            assert first.calls + second.calls == 301
            assert problems(library) == []

    @pytest.mark.parametrize(
        "damage",
        ["DELETE FROM vectors WHERE passage_id = 2", "UPDATE vectors SET sentences = x'00' WHERE passage_id = 2"],
    )
    def test_it_mends_what_the_check_says_it_mends(self, tmp_path: Path, damage: str) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.", "Two.", "Three.")])
        run_sql(tmp_path, damage)
        with Library.open(tmp_path, STAMP) as library:
            assert problems(library) != []
            library.reembed(TurnEmbedder(STAMP, 0.1))
            assert problems(library) == []
            assert len(library.passages_of(1)) == 2

    def test_a_passage_without_vectors_is_left_out_of_its_article(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("a", "One.", "Two.", "Three.")])
        run_sql(tmp_path, "DELETE FROM vectors WHERE passage_id = 2")
        with Library.open(tmp_path, STAMP) as library:
            assert [passage.text for passage in library.passages_of(1)] == ["One. Two."]


class TestTheIndex:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new(f"a{n}", "One.", turn=n / 40) for n in range(40)])
            library.catch_up()
        return tmp_path

    def test_one_process_at_a_time_has_it(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as first, Library.open(folder, STAMP) as second:
            first.catch_up()
            second.catch_up()
            assert (keeper(first).index is not None, keeper(second).index) == (True, None)
            first.add_many([new("b", "Late.", turn=0.9999)])
            for library in (first, second):
                assert library.candidates(at(0.9999), [], limit=1)[0].cosine == pytest.approx(1, abs=1e-4)
            with pytest.raises(LibraryError, match="Another process"):
                second.rebuild()
            first.close()
            second.rebuild()

    def test_a_question_or_two_is_answered_before_it_is_open(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            assert len(library.candidates(at(0), [], limit=3)) == 3
            assert keeper(library)._thread is None
            assert len(library.candidates(at(0), [], limit=3)) == 3
            thread = keeper(library)._thread
            assert thread is not None
            thread.join()
            assert keeper(library).index is not None
            assert uris(library.candidates(at(0.25), [], limit=1)) == ["a10"]

    def test_a_dirty_folder_is_never_opened(self, folder: Path) -> None:
        mark_dirty(folder)
        (folder / "vectors-1" / "chroma.sqlite3").write_bytes(b"rubbish")
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []

    def test_a_folder_that_is_gone_is_made_again(self, folder: Path) -> None:
        (folder / "vectors-1").rename(folder / "vectors-77")
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []

    @pytest.mark.parametrize("damage", [False, True])
    def test_after_a_restart_of_the_machine_it_is_tried_in_a_child(self, folder: Path, damage: bool) -> None:
        change_mark(folder, boot="another start")
        if damage:
            (folder / "vectors-1" / "chroma.sqlite3").write_bytes(b"rubbish")
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2" if damage else "vectors-1"]
            assert problems(library) == []

    def test_a_failing_index_is_replaced_and_the_question_answered(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            keeper(library)._index = BrokenIndex()  # type: ignore[assignment]
            assert uris(library.candidates(at(0.25), [], limit=1)) == ["a10"]
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []

    def test_one_that_fails_while_it_catches_up_is_made_anew(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            keeper(library)._index = BrokenIndex()  # type: ignore[assignment]
            library.add_many([new("b", "Late.")])
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []

    def test_one_that_cannot_be_made_is_said_and_questions_are_answered(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            keeper(library).close()
            library._keeper = NoRoom(folder, library._catalog)
            with pytest.raises(LibraryError, match="could not be made") as caught:
                library.rebuild()
            assert "FOOTNOTE_INDEX=exact" in caught.value.remedy
            for _ in range(3):
                assert uris(library.candidates(at(0.25), [], limit=1)) == ["a10"]

    def test_many_removals_make_it_anew(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            for article_id in range(1, 15):
                library.remove(article_id)
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []

    def test_no_question_waits_until_it_is_made_anew(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            for _ in range(2):
                library.candidates(at(0), [], limit=1)
            for article_id in range(1, 15):
                library.remove(article_id)
            assert uris(library.candidates(at(0.5), [], limit=1)) == ["a20"]
            thread = keeper(library)._thread
            assert thread is not None
            thread.join()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert uris(library.candidates(at(0.5), [], limit=1)) == ["a20"]
            assert problems(library) == []

    def test_a_question_that_was_in_the_old_one_when_it_was_closed_does_not_spoil_the_new(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            keeper(library)._index = Overtaken(library)  # type: ignore[assignment]
            assert uris(library.candidates(at(0.25), [], limit=1)) == ["a10"]
            library.catch_up()
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]

    def test_rebuilding(self, folder: Path) -> None:
        seen: list[tuple[int, int]] = []
        with Library.open(folder, STAMP) as library:
            library.rebuild(lambda done, total: seen.append((done, total)))
            assert seen[-1] == (40, 40)
            assert [p.name for p in folder.glob("vectors-*")] == ["vectors-2"]
            assert problems(library) == []


class TestChecking:
    """Each kind of damage has a finding, and a remedy."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new(f"a{n}", "One fox.", "Two.", "Three.", turn=n / 9) for n in range(3)])
            library.catch_up()
        return tmp_path

    def test_all_is_well(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            found = library.check()
        assert {f.severity for f in found} == {"ok"}
        assert len(found) == 11

    @pytest.mark.parametrize(
        ("damage", "name"),
        [
            ("UPDATE sentence SET end = 9999 WHERE id = 2", "passages"),
            ("UPDATE sentence SET end = start WHERE id = 2", "passages"),
            ("UPDATE passage SET start = 0 WHERE id = 2", "passages"),
            ("DELETE FROM sentence WHERE passage_id = 2", "passages"),
            ("UPDATE version SET text = 'Other words entirely.' WHERE article_id = 1", "full text"),
            ("DELETE FROM sentence_text WHERE rowid = 3", "full text"),
            ("INSERT INTO passage_text (rowid, title, body) VALUES (99, 'a', 'b')", "full text"),
            ("DELETE FROM article_text WHERE rowid = 2", "full text"),
            ("DELETE FROM passage_text_data WHERE id > 1", "full text index"),
            ("DELETE FROM vectors WHERE passage_id = 3", "vectors"),
            ("UPDATE vectors SET sentences = x'00' WHERE passage_id = 3", "vectors"),
            ("UPDATE vectors SET passage = x'00000000' WHERE passage_id = 3", "vectors"),
            ("UPDATE vectors SET passage = x'007E003C' WHERE passage_id = 3", "vectors"),
            ("UPDATE article SET current_version = 7 WHERE id = 1", "versions"),
            ("INSERT INTO vectors SELECT 9, passage_id, passage, sentences FROM vectors", "leftovers"),
            ("DELETE FROM version WHERE article_id = 1", "references"),
        ],
    )
    def test_damage_is_found(self, folder: Path, damage: str, name: str) -> None:
        run_sql(folder, damage)
        with Library.open(folder, STAMP) as library:
            found = {f.name: f for f in library.check() if f.severity == "error"}
        assert name in found
        assert found[name].message
        assert found[name].remedy

    def test_an_index_that_differs_is_found(self, folder: Path) -> None:
        with Library.open(folder, STAMP) as library:
            library.catch_up()
            index = keeper(library).index
            assert index is not None
            index.remove([1])
            index.add([77, 2], np.stack([at(0.3), at(0.8)]))
            found = {f.name: f.message for f in library.check() if f.severity == "error"}
        assert "passage 1 is not in the index" in found["index"]
        assert "holds 77" in found["index"]
        assert "passage 2 is not its own" in found["neighbours"]

    def test_leftover_folders_are_found_where_nothing_clears_them(self, folder: Path) -> None:
        (folder / "vectors-9").mkdir()
        with Library.open(folder, STAMP, index="exact") as library:
            assert problems(library) == ["leftovers: vectors-9 is in use by nothing"]


class TestTogether:
    def test_threads_ask_while_one_adds_and_removes(self, library: Library) -> None:
        library.add_many([new("a", "Text.", turn=0.0)])
        library.catch_up()
        errors: list[BaseException] = []
        done = threading.Event()

        def ask() -> None:
            try:
                while not done.is_set():
                    found = library.candidates(at(0), ["text"], limit=5)
                    assert uris(found)[0] == "a"
                    assert all(c.passage.quote(c.passage.sentences[0]) == "Text." for c in found)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for n in range(40):
            added = library.add_many([new(f"b{n}", "Text.", turn=0.1 + n / 100)])[0]
            if n % 3 == 0:
                library.remove(added.article_id)
        done.set()
        for thread in threads:
            thread.join()
        assert errors == []
        assert problems(library) == []

    def test_two_processes_add_while_this_one_asks(self, tmp_path: Path) -> None:
        with Library.open(tmp_path, STAMP) as library:
            library.add_many([new("first", "Text.")])
            library.catch_up()
            children = [
                subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path), name], cwd=ROOT) for name in "xy"
            ]
            sizes = []
            while any(child.poll() is None for child in children):
                sizes.append(len(library.candidates(at(0.3), ["text"], limit=500)))
            assert [child.returncode for child in children] == [0, 0]
            assert sizes == sorted(sizes)
            assert len(set(sizes)) > 2
            assert len(library.candidates(at(0.3), ["text"], limit=500)) == 121
            assert sorted(ref.uri for ref in library.articles()) == sorted(
                ["first", *(f"{name}{n}" for name in "xy" for n in range(60))]
            )
            library.catch_up()
            assert problems(library) == []


READING = """
import os, sys
import chromadb, filelock
from pathlib import Path
from qa.errors import LibraryUnwritable
from qa.library import Library
from tests.shelves import STAMP, at, new
if os.getuid() == 0:
    os.setuid(65534)
with Library.open(Path(sys.argv[1]), STAMP) as library:
    for _ in range(2):
        print([c.passage.article.uri for c in library.candidates(at(0), ["fox"], limit=3)])
    try:
        library.add_many([new("b", "Dogs bark.")])
    except LibraryUnwritable as error:
        print(error)
"""


ADDING = """
import sys, time
from pathlib import Path
from qa.library import Library
from tests.shelves import STAMP, new
with Library.open(Path(sys.argv[1]), STAMP) as library:
    for n in range(60):
        library.add_many([new(f"{sys.argv[2]}{n}", "Text.", turn=n / 60)])
        time.sleep(0.02)
"""


def keeper(library: Library) -> Keeper:
    found = library._keep()
    assert found is not None
    return found


class NoRoom(Keeper):
    """There is nowhere to put an index."""

    def _place(self, generation: int) -> Path:
        return Path("/dev/null") / str(generation)


class BrokenIndex:
    """Chroma on a bad day."""

    def add(self, ids: object, vectors: object) -> None:
        raise RuntimeError("Failed to apply logs to the hnsw segment writer")

    def nearest(self, vector: object, k: int) -> list[tuple[int, float]]:
        raise RuntimeError("Error finding id")

    def close(self) -> None:
        raise RuntimeError("again")


class Overtaken:
    """Chroma that is made anew, and closed, while a question is in it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def nearest(self, vector: object, k: int) -> list[tuple[int, float]]:
        self._library.rebuild()
        raise RuntimeError("Client is closed")

    def close(self) -> None: ...


def run_sql(folder: Path, statement: str) -> None:
    import sqlite3

    connection = sqlite3.connect(folder / "catalog.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def change_mark(folder: Path, **fields: object) -> None:
    for name, value in fields.items():
        literal = f"json('{str(value).lower()}')" if isinstance(value, bool) else f"'{value}'"
        run_sql(folder, f"UPDATE setting SET value = json_set(value, '$.{name}', {literal}) WHERE key = 'index'")


def mark_dirty(folder: Path) -> None:
    change_mark(folder, dirty=True)
