import io
import os
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from ingest.sources import Below, Item, RawFile, file_uri, is_url, items
from qa.errors import IngestError, OverLimit, SourceNotFound, Unreadable


def found(source: str | Path, stdin: bytes = b"", max_mb: float = 1) -> list[Item]:
    return list(items(str(source), lambda url: RawFile(url, b"fetched"), io.BytesIO(stdin), max_mb))


def names(folder: Path) -> list[str]:
    return [item.uri.removeprefix(file_uri(folder) + "/") for item in found(folder)]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "Kopf hoch – 100%.txt"
    path.write_bytes(b"words")
    (item,) = found(path)
    assert item.uri == path.as_uri()
    assert item.uri.endswith("/Kopf%20hoch%20%E2%80%93%20100%25.txt")
    assert item.read() == RawFile(item.uri, b"words", name=path.name)


def test_a_folder_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", ".git/config", "a/.hidden", "c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["a/b/c.txt", "a/z.txt", "b.txt", "c.md"]


def test_links_that_lead_back_up_are_not_followed_for_ever(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(tmp_path) == ["a/x.txt", "self"]


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    (item,) = found(tmp_path)
    with pytest.raises(SourceNotFound, match="holds no file"):
        item.read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "secret.txt").chmod(0)
    with pytest.raises(Unreadable, match="permission"):
        found(tmp_path / "secret.txt")[0].read()


@pytest.mark.parametrize("source", ["/nowhere/at/all.txt", "nul\0byte", "x" * 5_000])
def test_what_is_not_there(source: str) -> None:
    (item,) = found(source)
    with pytest.raises(IngestError):
        item.read()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="regular file"):
        found(tmp_path / "pipe")[0].read()


def test_size_is_capped(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"x" * 1_001)
    with pytest.raises(OverLimit, match=r"large\.txt is larger than 0\.001 MB"):
        found(path, max_mb=0.001)[0].read()
    path.write_bytes(b"x" * 1_000)
    assert len(found(path, max_mb=0.001)[0].read().body) == 1_000


def test_standard_input_is_named_by_what_it_holds() -> None:
    (item,) = found("-", stdin=b"abc")
    assert item.read().uri == "stdin:ba7816bf8f01cfea"  # sha256("abc") begins so


def test_urls_are_fetched() -> None:
    (item,) = found("https://example.com/a")
    assert item.read().body == b"fetched"


@pytest.mark.parametrize(
    ("source", "expected"),
    [("HTTP://x", True), ("https://x", True), ("ftp://x", True), ("C:\\x.txt", False), ("a:b", False), ("/x", False)],
)
def test_what_counts_as_a_url(source: str, expected: bool) -> None:
    assert is_url(source) is expected


def test_nothing_outside_the_root_is_read_whatever_links_there_are(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "inner").mkdir(parents=True)
    outside.mkdir()
    (root / "inner" / "a.txt").write_text("inside")
    (outside / "b.txt").write_text("outside")
    (root / "file.txt").symlink_to(outside / "b.txt")
    (root / "folder").symlink_to(outside)  # not even its names are looked at
    (root / "same.txt").symlink_to(root / "inner" / "a.txt")

    def read(item: Item) -> str:
        try:
            return item.read().body.decode()
        except SourceNotFound as error:
            return "refused" if "lies outside" in str(error) else str(error)

    found = items(Below(root, root), lambda _: RawFile("", b""), io.BytesIO(), 1)
    assert {item.uri.removeprefix(root.as_uri()): read(item) for item in found} == {
        "/file.txt": "refused",
        "/folder": "refused",
        "/inner/a.txt": "inside",
        "/same.txt": "inside",
    }


class Swapper:
    """Stands in for the system's `realpath`: right after a place was looked at, `swap` changes what lies there."""

    def __init__(self, swap: Callable[[], None]) -> None:
        self._swap: Callable[[], None] | None = swap
        self._real = os.path.realpath

    def __call__(self, path: Any, **more: Any) -> str:
        place = self._real(path, **more)
        if place.endswith("a.txt") and self._swap:
            swap, self._swap = self._swap, None
            swap()
        return place


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_that_is_swapped_in_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The file itself, or a folder above it, leads out of the root by the time that it is opened."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "inner", outside):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(folder.name)
    swapped, target = (root / "inner" / "a.txt", outside / "a.txt") if what == "file" else (root / "inner", outside)

    def swap() -> None:
        swapped.rename(tmp_path / "gone")
        swapped.symlink_to(target)

    (item,) = items(Below(root / "inner" / "a.txt", root), lambda _: RawFile("", b""), io.BytesIO(), 1)
    monkeypatch.setattr(os.path, "realpath", Swapper(swap))
    with pytest.raises(Unreadable, match="cannot be read"):
        item.read()
    assert swapped.is_symlink()


def test_what_is_swapped_back_and_forth_is_never_read_from_outside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "inner", outside):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(folder.name)
    (root / "link").symlink_to(root / "inner")
    stop = threading.Event()

    def swapping() -> None:
        for target in cycle((outside, root / "inner")):
            (root / "new").symlink_to(target)
            (root / "new").rename(root / "link")
            if stop.is_set():
                return

    thread = threading.Thread(target=swapping)
    thread.start()
    seen = set()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        for item in items(Below(root / "link" / "a.txt", root), lambda _: RawFile("", b""), io.BytesIO(), 1):
            try:
                seen.add(item.read().body)
            except IngestError:
                seen.add(b"refused")
    stop.set()
    thread.join()
    assert seen <= {b"inner", b"refused"}


def test_descriptors_are_closed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("x")
    os.mkfifo(tmp_path / "inner" / "pipe")
    before = len(list(Path("/proc/self/fd").iterdir()))
    text, pipe = items(Below(tmp_path, tmp_path), lambda _: RawFile("", b""), io.BytesIO(), 1)
    assert text.read().body == b"x"
    with pytest.raises(Unreadable, match="regular file"):
        pipe.read()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
