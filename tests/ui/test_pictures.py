"""The README's pictures are there, small, described, and those that `make pictures` makes."""

import re

from tests.ui.pictures import MOST_BYTES, PICTURES, ROOT, SHOTS

SHOWN = re.findall(r"!\[([^\]]*)\]\((docs/pictures/[^)]+)\)", (ROOT / "README.md").read_text())


def test_each_picture_is_shown_once_with_words_for_who_cannot_see_it() -> None:
    names = sorted(path.name for path in PICTURES.iterdir())
    assert sorted(path.rpartition("/")[2] for _, path in SHOWN) == names
    assert names == sorted(f"{show.__name__}.webp" for show, _ in SHOTS)
    assert all(len(words) > 40 for words, _ in SHOWN)


def test_each_is_a_small_webp() -> None:
    for _, path in SHOWN:
        held = (ROOT / path).read_bytes()
        assert (held[:4], held[8:12]) == (b"RIFF", b"WEBP")
        assert len(held) <= MOST_BYTES
