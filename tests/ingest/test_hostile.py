"""The hostile corpus, a sample of it and all of it: `tests.hostile.corpus` says what is asked of each file."""

import pytest

from tests.hostile.corpus import ARCHIVES, tried

EVERY = {"pdf-sample-files": 7, "feeds": 40}  # 7 passes by the book of a hundred pages
MANY = {"pdf-pypdf": 50, "pdf-sample-files": 31, "docx": 46, "html-tika": 38, "feeds": 2_106}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_sample(archive: str) -> None:
    tally = tried(archive, every=EVERY.get(archive, 8))
    assert (tally.faults, tally.files > 3) == ([], True)


@pytest.mark.slow
@pytest.mark.parametrize("archive", ARCHIVES)
def test_all_of_them(archive: str) -> None:
    tally = tried(archive)
    assert tally.faults == []
    assert tally.files >= MANY[archive]
