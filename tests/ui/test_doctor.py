import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.domain import Finding
from qa.embedder import Embedder
from qa.errors import ModelError, UsageError
from qa.library import Library
from qa.settings import Settings, load
from qa.trained_reader import MODEL
from tests.chat_server import chat_server, fails, says
from tests.fakes import FakeEmbedder
from tests.shelves import STAMP, TurnEmbedder, new
from ui.doctor import examine
from ui.server import _refuse_open_address
from ui.users import add


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(library=tmp_path / "library", index="exact", reader="none")


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
    assert {"catalog file", "vectors", "reader", "network"} <= {finding.name for finding in found}


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


class TestReader:
    def finding(self, settings: Settings, reader: str) -> Finding:
        return named(examine(settings.model_copy(update={"reader": reader}), circle), "reader")

    def test_the_one_that_comes_with_footnote_is_loaded_with_its_calibration(self, settings: Settings) -> None:
        found = self.finding(settings, "trained")
        assert (found.severity, found.remedy) == ("ok", "")
        assert found.message == f"{MODEL}, calibrated by reader.confidence.json"

    def test_similarity_alone_is_one_too(self, settings: Settings) -> None:
        assert self.finding(settings, "none").message == "similarity alone, calibrated by confidence.json"

    def test_a_wrong_path_is_an_error_with_the_setting_to_check(self, settings: Settings, tmp_path: Path) -> None:
        path = tmp_path / "mine.safetensors"
        found = self.finding(settings, str(path))
        assert (found.severity, found.remedy) == ("error", "Check FOOTNOTE_READER.")
        assert str(path) in found.message

    def test_a_calibration_that_cannot_be_read_is_an_error(self, settings: Settings, tmp_path: Path) -> None:
        for file in MODEL.parent.glob(f"{MODEL.stem}*"):
            (tmp_path / file.name).symlink_to(file)
        (tmp_path / "reader.confidence.json").unlink(missing_ok=True)
        (tmp_path / "reader.confidence.json").write_text("{}")
        found = self.finding(settings, str(tmp_path / MODEL.name))
        assert found.severity == "error"
        assert "reader.confidence.json" in found.message
        assert "footnote eval calibrate" in found.remedy

    def test_a_calibration_of_another_reader_is_a_warning(self, settings: Settings, tmp_path: Path) -> None:
        for file in MODEL.parent.glob(f"{MODEL.stem}*"):
            (tmp_path / file.name).symlink_to(file)
        beside = tmp_path / "reader.confidence.json"
        held = json.loads(beside.read_text())
        beside.unlink()
        beside.write_text(json.dumps(held | {"reader": "0" * 64}))
        found = self.finding(settings, str(tmp_path / MODEL.name))
        assert found.severity == "warning"
        assert f"{beside} was fitted with other weights" in found.message
        assert "footnote eval calibrate" in found.remedy


class TestNetwork:
    """What `footnote serve` would do: it listens elsewhere for users only, or where it is told to on purpose."""

    def finding(self, settings: Settings, host: str, **given: object) -> Finding:
        return named(examine(settings.model_copy(update={"host": host, **given}), circle), "network")

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
    def test_this_machine(self, host: str, settings: Settings) -> None:
        assert self.finding(settings, host) == Finding("network", "ok", f"The page answers on {host} only")

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "news.example"])
    def test_others_without_users_are_refused(self, host: str, settings: Settings) -> None:
        found = self.finding(settings, host)
        with pytest.raises(UsageError, match=re.escape(host)):
            _refuse_open_address(settings.model_copy(update={"host": host}))
        assert found.severity == "error"
        assert host in found.message
        assert "footnote users add NAME" in found.remedy
        assert "--open-to-everyone" in found.remedy

    def test_on_purpose_it_is_a_warning(self, settings: Settings) -> None:
        found = self.finding(settings, "0.0.0.0", open_to_everyone=True)
        assert found.severity == "warning"
        assert "footnote users add NAME" in found.remedy

    def test_users_sign_in(self, settings: Settings, tmp_path: Path) -> None:
        add(tmp_path / "users", "ada", "a long password")
        found = self.finding(settings, "0.0.0.0", users=tmp_path / "users")
        assert found == Finding("network", "ok", "The page answers on 0.0.0.0, to those who sign in: 1")

    @pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
    @pytest.mark.parametrize("content", [None, "# nobody\n", "no user\n"])
    def test_a_file_of_users_that_has_none_is_an_error(
        self, host: str, content: str | None, settings: Settings, tmp_path: Path
    ) -> None:
        if content is not None:
            (tmp_path / "users").write_text(content)
        found = self.finding(settings, host, users=tmp_path / "users")
        assert found.severity == "error"
        assert str(tmp_path / "users") in found.message
        assert found.remedy


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
