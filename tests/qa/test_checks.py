"""Each kind of damage, made by hand in a catalog: what is found, in which words, and what to do about it."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from qa import checks
from qa.catalog import Catalog, put_setting
from qa.domain import Finding
from qa.index import ExactIndex
from qa.keeper import Keeper
from qa.library import Library
from qa.reembedding import PENDING
from tests.shelves import STAMP, at, new

CUTS, VERSIONS, WORDS, TERMS, VECTORS, REFERENCES = (
    "passages",
    "versions",
    "full text",
    "full text index",
    "vectors",
    "references",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Article n of three has the passages 2n-1 and 2n, the first of two sentences: ids 3n-2 to 3n."""
    with Library.open(tmp_path, STAMP, index="exact") as library:
        library.add_many([new(f"a{n}", "One fox.", "Two.", "Three.", turn=n / 9) for n in range(1, 4)])
    return tmp_path


@pytest.fixture
def catalog(folder: Path) -> Iterator[Catalog]:
    made = Catalog(folder)
    yield made
    made.close()


def damage(folder: Path, *statements: str) -> None:
    """As a broken program would: without foreign keys."""
    connection = sqlite3.connect(folder / "catalog.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def wrong(catalog: Catalog, folder: Path) -> dict[str, Finding]:
    return {f.name: f for f in checks.run(catalog, None, folder) if f.severity != "ok"}


class ReadOnlyCatalog(Catalog):
    """As one in a folder that belongs to somebody else."""

    writable = False


def test_a_sound_library_has_a_finding_for_everything_looked_at(catalog: Catalog, folder: Path) -> None:
    found = checks.run(catalog, None, folder)

    looked_at = ["catalog file", REFERENCES, VERSIONS, CUTS, TERMS, WORDS, VECTORS, "purges", "leftovers"]
    assert [f.name for f in found] == looked_at
    assert {(f.severity, f.remedy) for f in found} == {("ok", "")}
    assert all(f.message for f in found)


def test_an_empty_library_is_sound(tmp_path: Path) -> None:
    Library.open(tmp_path / "none", STAMP, index="exact").close()
    assert wrong(Catalog(tmp_path / "none"), tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("statement", "name", "words", "remedy"),
    [
        ("UPDATE sentence SET end = 900 WHERE id = 3", CUTS, "sentence 3 of article 1 is empty or outside", "ingest"),
        ("UPDATE sentence SET start = 8, end = 9 WHERE id = 1", CUTS, "sentence 1 of article 1 is empty", "ingest"),
        ("UPDATE sentence SET start = 3 WHERE id = 2", CUTS, "sentence 2 of article 1 is empty or outside", "ingest"),
        ("UPDATE sentence SET start = 5, end = 4 WHERE id = 1", CUTS, "sentence 1 of article 1", "ingest"),
        ("UPDATE passage SET end = 900 WHERE id = 2", CUTS, "passage 2 of article 1 lies outside its text", "ingest"),
        (
            "UPDATE passage SET start = 4 WHERE id = 2",
            CUTS,
            "passage 2 of article 1 lies outside its text or",
            "ingest",
        ),
        ("DELETE FROM sentence WHERE id = 3", CUTS, "passage 2 of article 1 has no sentences", "ingest"),
        ("UPDATE article SET current_version = 7 WHERE id = 2", VERSIONS, "article 2 has lost its current", "remove"),
        (
            "UPDATE article SET current_version = NULL WHERE id = 2",
            VERSIONS,
            "passage 3 belongs to a version",
            "remove",
        ),
        ("UPDATE sentence_text SET body = 'x' WHERE rowid = 4", WORDS, "row 4 of sentence_text is not", "ingest"),
        ("DELETE FROM sentence_text WHERE rowid = 4", WORDS, "row 4 of sentence_text is not what", "ingest"),
        ("DELETE FROM passage_text WHERE rowid = 6", WORDS, "row 6 of passage_text is not what", "ingest"),
        ("DELETE FROM article_text WHERE rowid = 3", WORDS, "row 3 of article_text is not what", "ingest"),
        ("UPDATE version SET title = 'Other' WHERE article_id = 3", WORDS, "row 3 of article_text is not", "ingest"),
        (
            "INSERT INTO article_text (rowid, title, body) VALUES (50, 'a', 'b')",
            WORDS,
            "row 50 of article_text belongs to nothing",
            "ingest",
        ),
        ("DELETE FROM vectors WHERE passage_id = 5", VECTORS, "passage 5 has no vectors", "reindex --embed"),
        (
            "UPDATE vectors SET sentences = x'003C0000' WHERE passage_id = 1",
            VECTORS,
            "passage 1 has vectors of the wrong length",
            "reindex --embed",
        ),
        (
            "UPDATE vectors SET passage = x'' WHERE passage_id = 1",
            VECTORS,
            "passage 1 has vectors of the wrong length",
            "reindex --embed",
        ),
        (
            "UPDATE vectors SET passage = x'00400040' WHERE passage_id = 2",  # (2, 2)
            VECTORS,
            "passage 2 has a vector that is not of unit length",
            "reindex --embed",
        ),
        (
            "UPDATE vectors SET passage = x'007E007E' WHERE passage_id = 2",  # not a number, twice
            VECTORS,
            "passage 2 has a vector that is not of unit length",
            "reindex --embed",
        ),
        ("UPDATE vectors SET generation = 4 WHERE passage_id = 5", VECTORS, "passage 5 has no vectors", "reindex"),
        ("DELETE FROM passage WHERE id = 2", REFERENCES, "belongs to no passage", "backup"),
        ("DELETE FROM version WHERE article_id = 2", REFERENCES, "row 3 of passage belongs to no version", "backup"),
        ("DELETE FROM article WHERE id = 2", REFERENCES, "of version belongs to no article", "backup"),
    ],
)
def test_damage_is_named_with_what_to_do(
    catalog: Catalog, folder: Path, statement: str, name: str, words: str, remedy: str
) -> None:
    damage(folder, statement)
    found = wrong(catalog, folder)

    assert found[name].severity == "error"
    assert words in found[name].message
    assert remedy in found[name].remedy


@pytest.mark.parametrize(
    ("statement", "name", "message"),
    [
        (
            "UPDATE vectors SET passage = x'' WHERE passage_id = 1",
            VECTORS,
            "passage 1 has vectors of the wrong length",
        ),
        ("DELETE FROM article_text WHERE rowid = 3", WORDS, "row 3 of article_text is not what the text says"),
        ("DELETE FROM vectors WHERE passage_id = 5", VECTORS, "passage 5 has no vectors"),
    ],
)
def test_nothing_else_is_accused(catalog: Catalog, folder: Path, statement: str, name: str, message: str) -> None:
    damage(folder, statement)

    assert {f.name: f.message for f in wrong(catalog, folder).values()} == {name: message}


def test_five_problems_are_named_and_the_rest_counted(catalog: Catalog, folder: Path) -> None:
    damage(folder, "DELETE FROM vectors")
    message = wrong(catalog, folder)[VECTORS].message

    # Six passages.
    assert message.count("has no vectors") == 5
    assert message.endswith(" and 1 more")


def test_a_table_that_is_gone_is_an_error_of_its_checks_and_the_rest_is_looked_at(
    catalog: Catalog, folder: Path
) -> None:
    damage(folder, "DROP TABLE vectors")
    found = {f.name: f for f in checks.run(catalog, None, folder)}

    assert "no such table" in found[VECTORS].message
    assert found[CUTS].severity == "ok"
    assert found["leftovers"].severity == "error"


def test_a_full_text_that_lost_its_own_tables(catalog: Catalog, folder: Path) -> None:
    damage(folder, "DELETE FROM sentence_text_data WHERE id > 1")
    found = wrong(catalog, folder)

    assert "sentence_text" in found[TERMS].message
    assert "passage_text" not in found[TERMS].message


def test_checking_changes_nothing(catalog: Catalog, folder: Path) -> None:
    damage(folder, "DELETE FROM article_text WHERE rowid = 3")

    assert wrong(catalog, folder) == wrong(catalog, folder) != {}


def test_vectors_of_an_old_generation_are_left_over(catalog: Catalog, folder: Path) -> None:
    damage(folder, "INSERT INTO vectors SELECT 9, passage_id, passage, sentences FROM vectors WHERE passage_id < 3")
    found = wrong(catalog, folder)

    assert found["leftovers"].message == "2 vectors of embedding generation 9 are left over"
    assert "footnote reindex" in found["leftovers"].remedy


def test_vectors_that_are_being_made_are_no_leftovers(catalog: Catalog, folder: Path) -> None:
    damage(folder, "INSERT INTO vectors SELECT 9, passage_id, passage, sentences FROM vectors")
    with catalog.writing() as connection:
        put_setting(connection, PENDING, {"generation": 9})

    assert wrong(catalog, folder) == {}


def test_a_folder_of_an_old_index_is_left_over(catalog: Catalog, folder: Path) -> None:
    (folder / "vectors-3").mkdir()
    (folder / "notes.txt").write_text("The person's own.")

    assert wrong(catalog, folder)["leftovers"].message == "vectors-3 is in use by nothing"


class TestTheIndexAgainstTheCatalog:
    """With the exact index in Chroma's place: the checks know only its ids and its nearest."""

    @pytest.fixture
    def index(self) -> ExactIndex:
        made = ExactIndex(2)
        turns = [n / 9 + part / 100 for n in range(1, 4) for part in range(2)]
        made.add(range(1, 7), np.stack([at(turn) for turn in turns]))
        return made

    def look(self, catalog: Catalog, make: Callable[[], checks.Check]) -> list[str]:
        with catalog.reading() as connection:
            return list(make().look(connection))

    def test_one_that_agrees(self, catalog: Catalog, index: ExactIndex) -> None:
        assert self.look(catalog, lambda: checks._holds(index.ids())) == []
        assert self.look(catalog, lambda: checks._finds(index, None)) == []

    def test_what_is_missing_and_what_is_too_much(self, catalog: Catalog, index: ExactIndex) -> None:
        index.remove([2, 5])
        index.add([70], at(0.4)[None])

        assert self.look(catalog, lambda: checks._holds(index.ids())) == [
            "passage 2 is not in the index",
            "passage 5 is not in the index",
            "the index holds 70, which is no passage",
        ]

    def test_a_passage_that_lies_elsewhere(self, catalog: Catalog, index: ExactIndex) -> None:
        index.add([3], at(0.75)[None])

        assert self.look(catalog, lambda: checks._finds(index, None)) == ["passage 3 is not its own nearest neighbour"]

    def test_progress_counts_to_the_last(self, catalog: Catalog, index: ExactIndex) -> None:
        told: list[tuple[int, int]] = []
        self.look(catalog, lambda: checks._finds(index, lambda done, total: told.append((done, total))))

        assert told == [(n, 6) for n in range(1, 7)]


def test_in_a_read_only_folder_what_takes_writing_is_said_to_be_unchecked(folder: Path) -> None:
    catalog = ReadOnlyCatalog(folder)
    keeper = Keeper(folder, catalog)
    found = {f.name: f for f in checks.run(catalog, keeper, folder)}
    keeper.close()
    catalog.close()
    assert [name for name, f in found.items() if f.severity != "ok"] == [TERMS, "index"]
    assert {f.message for f in found.values() if f.severity == "warning"} == {
        "not checked, since the folder is read-only"
    }
    assert "as a user who may write there" in found["index"].remedy
    assert not list(folder.glob("vectors-*"))
