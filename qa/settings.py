"""Every setting, its default and its variable (`FOOTNOTE_` + the field's name in capitals; also read from `.env`)."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from qa.errors import SettingsError

PREFIX = "FOOTNOTE_"
ENV_FILE = Path(".env")
LEAST_PROMPT = 850
"""Tokens: the rules of `qa.prompt` take 430, and with fewer than 400 for sentences there is little to write from."""


def default_library() -> Path:
    from platformdirs import user_data_path

    return user_data_path("footnote") / "library"


class Settings(BaseSettings):
    """Unknown `FOOTNOTE_` variables are refused by `load`, so a mistyped one is never silently ignored."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    library: Path = Field(default_factory=default_library, description="folder of the library")
    embedding_model: str = Field("", description="name or path of a sentence-transformers model; empty = bundled")
    precision: str = Field("auto", pattern="^(auto|float32|bfloat16)$", description="of the embedding model")
    index: str = Field("auto", pattern="^(auto|exact)$", description="auto: Chroma, or exact where another has it")
    passages: int = Field(8, ge=1, le=50, description="passages that are read for a question")
    reader: str = Field(
        "trained", description="trained: what comes with Footnote; none: similarity alone; or a model's name or path"
    )
    read_passages: int = Field(8, ge=1, le=50, description="most passages that the trained reader reads, best first")
    max_claims: int = Field(3, ge=1, le=10, description="most claims of an extractive answer")
    threshold: float | None = Field(
        None, ge=0, le=1, description="confidence below which Footnote refuses; empty = calibrated"
    )
    chat_model: str = Field("", description="chat model that writes answers, provider:model; empty = extractive")
    chat_models: str = Field("", description="further chat models, after commas, that people may choose on the page")
    chat_base_url: str = Field(
        "", pattern=r"^(https?://[^\s/@]+\S*)?$", description="a server of OpenAI's protocol; empty = the provider's"
    )
    chat_api_key: SecretStr = Field(SecretStr(""), description="key of the chat model; empty = the provider's variable")
    chat_temperature: float = Field(0, ge=0, le=2, description="of the chat model")
    chat_timeout: float = Field(60, gt=0, le=3600, description="seconds that the chat model may take in all")
    chat_rewrite_timeout: float = Field(
        8, ge=0, le=3600, description="seconds that it may take to put a follow-up in full; 0 = by rule, without it"
    )
    chat_retries: int = Field(1, ge=0, le=10, description="times that a busy or failing chat model is asked again")
    chat_context_tokens: int = Field(4_000, ge=1_500, description="tokens that prompt and answer may have together")
    chat_answer_tokens: int = Field(600, ge=50, description="most tokens of the chat model's answer")
    chat_read_price: float = Field(0, ge=0, description="of a million tokens that the chat model reads; 0 = unknown")
    chat_written_price: float = Field(0, ge=0, description="of a million tokens that it writes; 0 = unknown")
    chat_strict: bool = Field(False, description="leave out claims that their sentences do not support")
    host: str = Field("127.0.0.1", description="address that `footnote serve` listens on")
    port: int = Field(7860, ge=0, le=65535, description="port of `footnote serve`; 0 = any free one")
    allowed_hosts: str = Field("", description="further host names the page may be asked for under, comma-separated")
    users: Path | None = Field(None, description="file of those who may sign in; empty = no sign-in")
    https: bool = Field(False, description="browsers reach the page over https, through a web server in front of it")
    proxies: str = Field(
        "127.0.0.1,::1",
        pattern=r"^[0-9a-fA-F:., /]*$",
        description="addresses or networks of web servers in front whose X-Forwarded-For is believed, comma-separated",
    )
    questions_per_minute: int = Field(
        60, ge=0, description="questions that one user, or one other machine, may ask in a minute; 0 = any"
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="of the service's log")
    log_format: str = Field("json", pattern="^(json|text)$", description="of the service's log, on standard error")
    open_to_everyone: bool = Field(False, description="listen on other addresses than this machine's without users")
    ingest_roots: str = Field(
        "", description="folders of this machine that the library page may ingest from, comma-separated; empty = none"
    )
    file_max_mb: float = Field(50, gt=0, description="most megabytes of one file or of standard input")
    fetch_timeout: float = Field(30, gt=0, description="seconds that one URL may take in all")
    fetch_max_mb: float = Field(20, gt=0, description="most megabytes of one URL, after decompression")
    loader_timeout: float = Field(30, gt=0, description="seconds that one file may take to load")
    loader_max_mb: int = Field(1024, gt=0, description="memory that loading one file may take, in megabytes")

    @field_validator("library", "users", "reader", "embedding_model")
    @classmethod
    def _at_home(cls, place: Path | str | None) -> Path | str | None:
        """`~` is nobody's business but the shell's, and no shell reads `.env`."""
        if place is None or not str(place).startswith("~"):
            return place
        try:
            return type(place)(Path(place).expanduser())
        except RuntimeError as error:
            raise ValueError(str(error)) from None


def load(**overrides: Any) -> Settings:
    """Settings from the environment and `.env`, with overrides that are not None on top.

    Raises SettingsError for an unknown or malformed variable, or two that contradict each other.
    """
    _refuse_unknown([*os.environ, *_env_file_names()])
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(_explain(error), "See .env.example for every setting.") from None
    _refuse_no_room(settings)
    return settings


def _env_file_names() -> list[str]:
    from dotenv import dotenv_values

    try:
        return list(dotenv_values(ENV_FILE)) if ENV_FILE.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{ENV_FILE.absolute()} cannot be read: {error}.", "Mend or remove it.") from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError(f"Unknown setting {', '.join(unknown)}.", f"Known ones: {', '.join(sorted(known))}.")


def _refuse_no_room(settings: Settings) -> None:
    context, answer = settings.chat_context_tokens, settings.chat_answer_tokens
    if context - answer < LEAST_PROMPT:
        raise SettingsError(
            f"{PREFIX}CHAT_CONTEXT_TOKENS={context} less {PREFIX}CHAT_ANSWER_TOKENS={answer} leaves no room for rules "
            f"and sentences, which take {LEAST_PROMPT} or more.",
            f"Raise {PREFIX}CHAT_CONTEXT_TOKENS or lower {PREFIX}CHAT_ANSWER_TOKENS.",
        )


def _explain(error: ValidationError) -> str:
    problems = (f"{PREFIX}{str(p['loc'][0]).upper()}={p['input']!r}: {p['msg']}" for p in error.errors())
    return "; ".join(problems) + "."
