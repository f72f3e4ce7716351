"""Which sources a browser or an assistant may name."""

from pathlib import Path

import pytest

from ingest.sources import Below
from qa.errors import UsageError
from qa.settings import Settings
from ui import allowed


@pytest.fixture
def news(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text("Rates rose.")
    (tmp_path / "secret.txt").write_text("nobody's business")
    return tmp_path / "news"


def given(*roots: Path | str) -> Settings:
    return Settings(_env_file=None, ingest_roots=", ".join(map(str, roots)))


@pytest.mark.parametrize("url", ["https://paper.example/a", "HTTP://paper.example", " https://paper.example/a\n"])
def test_a_web_address_needs_no_root(url: str) -> None:
    assert allowed.named(url, given()) == url.strip()


def test_a_place_below_a_root_comes_with_its_root(news: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    settings = given(tmp_path / "other", f" {news} ")
    assert allowed.named(str(news / "a.txt"), settings) == Below(news / "a.txt", news)
    assert allowed.named(str(news), settings) == Below(news, news)
    assert allowed.named(str(news / "not yet.txt"), settings) == Below(news / "not yet.txt", news)


@pytest.mark.parametrize("name", ["secret.txt", "news/../secret.txt", "news/out.txt", "news/a/../../secret.txt", "x"])
def test_nothing_else_of_this_machine_may_be_named(news: Path, tmp_path: Path, name: str) -> None:
    (news / "out.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UsageError) as refused:
        allowed.named(f"{tmp_path}/{name}", given(news))
    assert "FOOTNOTE_INGEST_ROOTS" in refused.value.remedy


@pytest.mark.parametrize("source", ["news/a.txt", "~/a.txt", "a.txt", "..", "-", "file:///etc/passwd", "C:\\a.txt"])
def test_only_whole_paths_are_paths(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        allowed.named(source, given(news, tmp_path))


@pytest.mark.parametrize(
    "source", ["", "  ", "https://a.example/\x00", "/a\nb", "/\u202egpj.a", "h" * 2_001, "/\ud800"]
)
def test_what_nobody_can_read_or_type_is_no_address(source: str) -> None:
    with pytest.raises(UsageError, match="no address") as refused:
        allowed.named(source, given("/"))
    assert "https://" in refused.value.remedy


def test_a_path_too_long_for_the_system_is_a_clear_word_or_a_place_that_is_not_there(news: Path) -> None:
    assert allowed.named(f"{news}/{'x' * 300}", given(news)) == Below(news / ("x" * 300), news)


def test_links_that_lead_round_in_a_circle_are_refused(news: Path) -> None:
    (news / "one").symlink_to(news / "two")
    (news / "two").symlink_to(news / "one")
    found = allowed.named(str(news / "one"), given(news))
    assert found == Below(news / "one", news), "whether it can be read is found out when it is read"


def test_without_roots_no_file_may_be_named(news: Path) -> None:
    for roots in ("", " , ", ","):
        with pytest.raises(UsageError):
            allowed.named(str(news / "a.txt"), Settings(_env_file=None, ingest_roots=roots))


def test_a_root_may_be_named_from_home(monkeypatch: pytest.MonkeyPatch, news: Path) -> None:
    monkeypatch.setenv("HOME", str(news.parent))
    assert allowed.named(str(news / "a.txt"), given("~/news")) == Below(news / "a.txt", news)


class TestAgain:
    """A file that was ingested before goes by the name that the library knows."""

    def test_below_a_root_it_is_taken(self, news: Path) -> None:
        assert allowed.again(news / "a.txt", given(news)) == Below(news / "a.txt", news)

    def test_a_root_that_goes_by_a_link_is_the_same_root(self, news: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(news)
        assert allowed.again(tmp_path / "link" / "a.txt", given(news)) == Below(tmp_path / "link" / "a.txt", news)
        assert allowed.again(news / "a.txt", given(tmp_path / "link")) == Below(news / "a.txt", news)

    @pytest.mark.parametrize("roots", [(), ("elsewhere",)])
    def test_elsewhere_it_is_for_the_command_line(self, news: Path, tmp_path: Path, roots: tuple[str, ...]) -> None:
        with pytest.raises(UsageError, match=r"a\.txt lies below no folder") as refused:
            allowed.again(news / "a.txt", given(*(tmp_path / root for root in roots)))
        assert "command line" in refused.value.remedy

    def test_a_circle_of_links_above_it_is_below_nothing(self, news: Path, tmp_path: Path) -> None:
        (tmp_path / "one").symlink_to(tmp_path / "two")
        (tmp_path / "two").symlink_to(tmp_path / "one")
        with pytest.raises(UsageError):
            allowed.again(tmp_path / "one" / "a.txt", given(news))
