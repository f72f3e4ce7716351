from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.domain import Finding
from qa.embedder import Embedder
from qa.errors import ModelError
from qa.library import Library
from qa.settings import Settings, load
from tests.chat_server import chat_server, fails, says
from tests.fakes import FakeEmbedder
from tests.shelves import STAMP, TurnEmbedder, new
from ui.doctor import examine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(library=tmp_path / "library", index="exact")


def circle(settings: Settings) -> Embedder:
    return TurnEmbedder(STAMP, 0.0)


def other(settings: Settings) -> Embedder:
    return FakeEmbedder()


def broken(settings: Settings) -> Embedder:
    raise ModelError("The embedding model x cannot be loaded.", "Give another.")


def fill(settings: Settings) -> None:
    with Library.open(settings.library, STAMP, index="exact") as library:
        library.add_many([new("a", "One."), new("b", "Two.", turn=0.2)])


def named(found: Sequence[Finding], name: str) -> Finding:
    return next(finding for finding in found if finding.name == name)


def test_a_sound_library_has_no_complaint_and_every_check(settings: Settings) -> None:
    fill(settings)
    found = examine(settings, circle)
    assert {finding.severity for finding in found} == {"ok"}
    assert [f.name for f in found[:5]] == ["python", "full text", "embedding model", "disk", "library"]
    assert named(found, "library").message == f"2 articles in {settings.library}"
    assert named(found, "embedding model").message == "circle, 2 dimensions"
    assert {"catalog file", "vectors", "network"} <= {finding.name for finding in found}


def test_no_library_yet_is_a_warning_with_what_to_do(settings: Settings) -> None:
    finding = named(examine(settings, circle), "library")
    assert finding.severity == "warning"
    assert "footnote ingest" in finding.remedy
    assert not settings.library.exists()


def test_a_library_of_another_model_is_an_error_with_the_command(settings: Settings) -> None:
    fill(settings)
    finding = named(examine(settings, other), "library")
    assert finding.severity == "error"
    assert "footnote reindex --embed" in finding.remedy


def test_without_a_model_the_library_is_looked_into_all_the_same(settings: Settings) -> None:
    fill(settings)
    found = examine(settings, broken)
    assert named(found, "embedding model") == Finding(
        "embedding model", "error", "The embedding model x cannot be loaded.", "Give another."
    )
    assert named(found, "library").severity == "ok"
    assert len([finding for finding in found if finding.severity == "error"]) == 1


def test_what_is_wrong_in_the_library_is_found(settings: Settings) -> None:
    fill(settings)
    with Library.open(settings.library, STAMP, index="exact") as library, library._catalog.writing() as connection:
        connection.execute("DELETE FROM sentence")
    assert any(finding.severity == "error" for finding in examine(settings, circle))


def test_a_file_that_is_no_library(settings: Settings) -> None:
    settings.library.mkdir()
    (settings.library / "catalog.db").write_bytes(b"not a database" * 100)
    finding = named(examine(settings, circle), "library")
    assert finding.severity == "error"
    assert finding.remedy


@pytest.mark.parametrize(
    ("host", "severity"), [("127.0.0.1", "ok"), ("::1", "ok"), ("0.0.0.0", "warning"), ("192.168.1.5", "warning")]
)
def test_a_page_for_everyone_is_a_warning(host: str, severity: str, settings: Settings) -> None:
    finding = named(examine(settings.model_copy(update={"host": host}), circle), "network")
    assert finding.severity == severity
    assert bool(finding.remedy) == (severity == "warning")


def test_a_place_without_room_is_no_place_for_a_library(settings: Settings) -> None:
    """/sys/kernel is never written to and has no byte free."""
    finding = named(examine(settings.model_copy(update={"library": Path("/sys/kernel/x/library")}), circle), "disk")
    assert finding.severity in {"warning", "error"}
    assert "/sys/kernel" in finding.message
    assert finding.remedy


class TestChatModel:
    def test_without_one_nothing_is_said_unless_it_is_asked_for(self, settings: Settings) -> None:
        assert "chat model" not in {finding.name for finding in examine(settings, circle)}
        assert named(examine(settings, circle, chat=True), "chat model").severity == "warning"

    def test_it_is_asked_on_request_only(self, settings: Settings) -> None:
        with chat_server(says("Yes", ".")) as server:
            given = settings.model_copy(update={"chat_model": "small", "chat_base_url": server.url})
            assert "footnote doctor --chat" in named(examine(given, circle), "chat model").message
            assert server.asked == []
            found = named(examine(given, circle, chat=True), "chat model")
        assert found.severity == "ok"
        assert found.message.startswith("small answered 'Yes.' after ")

    def test_one_that_does_not_answer_is_an_error_with_a_remedy(self, settings: Settings) -> None:
        with chat_server(fails(401)) as server:
            given = settings.model_copy(update={"chat_model": "small", "chat_base_url": server.url})
            found = named(examine(given, circle, chat=True), "chat model")
        assert (found.severity, found.remedy) == ("error", "Check FOOTNOTE_CHAT_API_KEY.")
