from pathlib import Path

import pytest

from qa.errors import SettingsError, UsageError
from qa.prompt import OVERHEAD, prompt, tokens
from qa.settings import ENV_FILE, LEAST_PROMPT, PREFIX, Settings, default_library, load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without `.env`, and no variable set."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    return tmp_path


def test_defaults_need_no_environment() -> None:
    settings = load()
    assert settings.library == default_library()
    assert (settings.passages, settings.max_claims, settings.threshold) == (8, 3, None)
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)


def test_a_variable_is_read_and_an_argument_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_PASSAGES", "5")
    assert load().passages == 5
    assert load(passages=6).passages == 6
    assert load(passages=None).passages == 5


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    ENV_FILE.write_text("FOOTNOTE_PASSAGES=4\nFOOTNOTE_PORT=81\n")
    monkeypatch.setenv("FOOTNOTE_PASSAGES", "5")
    assert (load().passages, load().port) == (5, 81)


def test_an_empty_variable_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_THRESHOLD", "")
    assert load().threshold is None


def test_the_home_folder_is_understood_where_no_shell_has_been(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ENV_FILE.write_text("FOOTNOTE_LIBRARY=~/articles\n")
    assert load().library == tmp_path / "articles"
    home = {"reader": "~/mine.safetensors", "embedding_model": "~/models/mine"}
    found = load(**home)
    assert found.reader == str(tmp_path / "mine.safetensors")
    assert found.embedding_model == str(tmp_path / "models" / "mine")


@pytest.mark.parametrize("name", ["trained", "none", "", "somebody/large~reader", "./mine.safetensors"])
def test_names_of_models_stay_as_they_are(name: str) -> None:
    found = load(reader=name, embedding_model=name)
    assert (found.reader, found.embedding_model) == (name, name)


@pytest.mark.parametrize("name", ["LIBRARY", "READER"])
def test_the_home_folder_of_nobody_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, "~nobody-of-that-name/x")
    with pytest.raises(SettingsError, match=PREFIX + name):
        load()


def test_the_least_prompt_holds_the_rules_and_some_sentences() -> None:
    rules = prompt("", [], 0)
    assert OVERHEAD + tokens(rules.system) + tokens(rules.user) + 400 <= LEAST_PROMPT


@pytest.mark.parametrize(("context", "answer"), [(4_000, 3_200), (4_000, 4_000), (1_500, 651), (2_000, 9_000)])
def test_an_answer_that_leaves_no_room_for_the_prompt_is_refused_with_both_names(context: int, answer: int) -> None:
    with pytest.raises(SettingsError) as refused:
        load(chat_context_tokens=context, chat_answer_tokens=answer)
    for said in (refused.value.message, refused.value.remedy):
        assert "FOOTNOTE_CHAT_CONTEXT_TOKENS" in said
        assert "FOOTNOTE_CHAT_ANSWER_TOKENS" in said


def test_the_least_context_has_room_for_the_default_answer() -> None:
    least = next(rule.ge for rule in Settings.model_fields["chat_context_tokens"].metadata if hasattr(rule, "ge"))
    assert load(chat_context_tokens=least).chat_answer_tokens == 600
    assert load(chat_context_tokens=least, chat_answer_tokens=least - LEAST_PROMPT)


@pytest.mark.parametrize("name", ["FOOTNOTE_PASAGES", "footnote_libary", "FOOTNOTE_"])
def test_a_mistyped_variable_is_refused_with_the_known_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "9")
    with pytest.raises(SettingsError, match=name) as refused:
        load()
    assert "FOOTNOTE_PASSAGES" in refused.value.remedy
    assert isinstance(refused.value, UsageError)


def test_a_mistyped_name_in_the_file_is_refused_too() -> None:
    ENV_FILE.write_text("# a comment\nexport FOOTNOTE_PORTT=81\nPATH_OF_MINE=x\n")
    with pytest.raises(SettingsError, match="FOOTNOTE_PORTT"):
        load()


def test_names_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTES", "1")
    monkeypatch.setenv("MY_FOOTNOTE_PORT", "1")
    ENV_FILE.write_text("OPENAI_API_KEY=none\n")
    assert load().port == 7860


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSAGES", "many"),
        ("PASSAGES", "0"),
        ("PASSAGES", "51"),
        ("MAX_CLAIMS", "-1"),
        ("THRESHOLD", "1.5"),
        ("PRECISION", "float16"),
        ("INDEX", "faiss"),
        ("PORT", "65536"),
        ("FETCH_TIMEOUT", "0"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert f"{PREFIX}{name}={value!r}" in refused.value.message
    assert ".env.example" in refused.value.remedy


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_PASSAGES", "x")
    monkeypatch.setenv("FOOTNOTE_PORT", "y")
    with pytest.raises(SettingsError, match=r"FOOTNOTE_PASSAGES.*FOOTNOTE_PORT"):
        load()


def test_a_file_that_is_no_text_is_refused() -> None:
    ENV_FILE.write_bytes(b"FOOTNOTE_PORT=\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load()


def test_a_folder_of_that_name_is_no_file_of_settings() -> None:
    ENV_FILE.mkdir()
    assert load().port == 7860


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1
