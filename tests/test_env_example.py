"""`.env.example` names every setting, once, in the order of `qa.settings`, with its default and why it is there."""

import re
from pathlib import Path

import pytest

from qa.settings import PREFIX, Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
SETTING = re.compile(rf"^# ({PREFIX}[A-Z_]+)=(.*)$")
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()
NAMED = [found[1] for found in map(SETTING.match, LINES) if found]


def test_names_exactly_the_settings_that_exist() -> None:
    assert [PREFIX + name.upper() for name in Settings.model_fields] == NAMED


def test_nothing_is_set_by_copying_it() -> None:
    assert [line for line in LINES if line and not line.startswith("# ")] == []


@pytest.mark.parametrize("name", NAMED)
def test_explains_each_setting_above_it(name: str) -> None:
    at = next(number for number, line in enumerate(LINES) if line.startswith(f"# {name}="))
    above = LINES[at - 1]
    assert above.startswith("# ")
    assert not SETTING.match(above)
    assert len(above.split()) >= 5


@pytest.mark.parametrize("name", NAMED)
def test_value_is_the_default(name: str, tmp_path: Path) -> None:
    """As `.env` is read: the uncommented line alone must change nothing."""
    line = next(line for line in LINES if line.startswith(f"# {name}="))
    assert read(line.removeprefix("# "), tmp_path) == read("", tmp_path)


def test_every_value_is_read_where_it_is_uncommented(tmp_path: Path) -> None:
    """The check above can fail: another value does change the settings."""
    assert read(f"{PREFIX}PASSAGES=9", tmp_path).passages == 9
    assert read(f"{PREFIX}PASSAGES=9", tmp_path) != read("", tmp_path)


def read(text: str, folder: Path) -> Settings:
    """Settings as a `.env` of `text` makes them."""
    path = folder / ".env"
    path.write_text(text + "\n", encoding="utf-8")
    return Settings(_env_file=path)  # type: ignore[call-arg]
