"""Opening by parts: what is read really lies below the root, and no descriptor is left behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import fence
from ingest.sources import file_path, file_uri


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """root/inner/a.txt, and beside the root what is not to be read."""
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "a.txt").write_text("inside")
    (tmp_path / "b.txt").write_text("outside")
    return root


def body(path: Path, root: Path | None = None) -> bytes:
    with fence.opened(path, root) as stream:
        return stream.read()


@contextmanager
def none_left_open() -> Iterator[None]:
    before = sorted(Path("/proc/self/fd").iterdir())
    yield
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_what_lies_below_is_read_by_every_name_it_has(root: Path) -> None:
    (root / "same.txt").symlink_to("inner/a.txt")
    (root / "also").symlink_to(root / "inner")
    names = ("inner/a.txt", "inner/../inner/a.txt", "same.txt", "also/a.txt", "./inner//a.txt")
    with none_left_open():
        assert {body(root / name, root) for name in names} == {b"inside"}
        assert body(root.parent / "b.txt") == b"outside", "without a root nothing is fenced off"


def test_a_root_may_go_by_a_link_itself(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert body(root.parent / "link" / "inner" / "a.txt", root.parent / "link") == b"inside"
    assert body(root / "inner" / "a.txt", root.parent / "link") == b"inside"
    assert fence.names(root.parent / "link", root.parent / "link") == ["inner"]


@pytest.mark.parametrize("name", ["../b.txt", "inner/../../b.txt", "out.txt", "up/b.txt", "gone", "../root-2/c.txt"])
def test_what_does_not_lie_below_is_outside_however_it_is_named(root: Path, name: str) -> None:
    (root / "out.txt").symlink_to("../b.txt")
    (root / "up").symlink_to("..")
    (root / "gone").symlink_to("/nowhere/at/all")
    (root.parent / "root-2").mkdir()
    (root.parent / "root-2" / "c.txt").write_text("a neighbour whose name begins alike")
    with none_left_open(), pytest.raises(fence.Outside):
        body(root / name, root)


def test_names_of_a_folder_outside_are_not_told(root: Path) -> None:
    (root / "up").symlink_to("..")
    with none_left_open(), pytest.raises(fence.Outside):
        fence.names(root / "up", root)


@pytest.mark.parametrize("what", ["folder", "pipe", "root itself"])
def test_what_is_no_file_is_not_opened_as_one(root: Path, what: str) -> None:
    place = {"folder": root / "inner", "pipe": root / "pipe", "root itself": root}[what]
    os.mkfifo(root / "pipe")
    with none_left_open():
        for below in (None, root):
            with pytest.raises((fence.NotAFile, IsADirectoryError)):
                body(place, below)


@pytest.mark.parametrize("name", ["nothing.txt", "inner/a.txt/b", "inner/nothing/a.txt"])
def test_what_is_not_there_is_the_system_s_word(root: Path, name: str) -> None:
    for below in (None, root):
        with none_left_open(), pytest.raises(OSError, match=r"No such file|Not a directory"):
            body(root / name, below)


def test_a_loop_of_links_is_an_error_and_no_hang(root: Path) -> None:
    (root / "one").symlink_to(root / "two")
    (root / "two").symlink_to(root / "one")
    for below in (None, root):
        with none_left_open(), pytest.raises(OSError, match=r"symbolic links|No such file"):
            body(root / "one", below)


def test_a_file_is_no_folder(root: Path) -> None:
    for below in (None, root):
        with none_left_open(), pytest.raises(NotADirectoryError):
            fence.names(root / "inner" / "a.txt", below)


def test_names_are_sorted_and_whole(root: Path) -> None:
    for name in ("b", "A", ".hidden", "\u00fc", "with blank"):
        (root / "inner" / name).write_text("")
    wanted = [".hidden", "A", "a.txt", "b", "with blank", "\u00fc"]
    assert fence.names(root / "inner") == fence.names(root / "inner", root) == wanted


def test_a_descriptor_is_closed_when_the_reader_fails(root: Path) -> None:
    with none_left_open(), pytest.raises(RuntimeError), fence.opened(root / "inner" / "a.txt", root):
        raise RuntimeError


NAMES = st.binary(min_size=1, max_size=12).filter(
    lambda name: not {0, ord("/")} & set(name) and name not in (b".", b"..")
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NAMES, min_size=1, max_size=3))
def test_a_file_s_uri_leads_back_to_it_whatever_bytes_its_name_is_made_of(parts: list[bytes]) -> None:
    path = Path(os.fsdecode(b"/" + b"/".join(parts)))
    uri = file_uri(path)
    assert uri.isascii()
    assert file_path(uri) == path
