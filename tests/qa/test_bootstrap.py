import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa import bootstrap
from qa.bootstrap import calibration, make_confidence, make_embedder, make_rewriter, make_writer, service, stay_quiet
from qa.chat_rewriter import ChatRewriter
from qa.confidence import DATA, Confidence, checksum
from qa.domain import Answer, Refusal
from qa.errors import EmbeddingMismatch, LibraryNotFound, ModelError
from qa.library import Library
from qa.settings import Settings, load
from qa.trained_reader import MODEL
from tests.fakes import FakeEmbedder, FakeGenerator, FakeReader, FakeRetriever
from tests.shelves import STAMP, TurnEmbedder, new

SURE = Confidence(9.0, {}, 0.5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(library=tmp_path / "library", index="exact")


def test_what_is_made_answers(settings: Settings) -> None:
    made = service(settings, create=True, embedder=TurnEmbedder(STAMP, 0.0), confidence=SURE)
    with made.library:
        made.library.add_many([new("a", "Foxes hunt at night.")])
        reply = made.answerer.answer("When do foxes hunt?")
    assert isinstance(reply, Answer)
    assert reply.claims[0].text == "Foxes hunt at night."


def test_every_part_can_be_given(settings: Settings) -> None:
    retriever, reader = FakeRetriever(), FakeReader()
    with Library.open(settings.library, FakeEmbedder.stamp, index="exact") as library:
        made = service(
            settings, embedder=FakeEmbedder(), library=library, retriever=retriever, reader=reader, confidence=SURE
        )
        assert made.library is library
        assert isinstance(made.answerer.answer("Who?"), Refusal)
    assert [question for question, _ in retriever.asked] == reader.asked == ["Who?"]


@pytest.mark.parametrize(("threshold", "expected"), [(None, Answer), (0.4, Answer), (0.9999, Refusal)])
def test_the_threshold_of_the_settings_goes_before_the_calibrated_one(
    threshold: float | None, expected: type, settings: Settings
) -> None:
    """SURE gives 1 / (1 + exp(-9)) = 0.99988."""
    chosen = settings.model_copy(update={"threshold": threshold})
    made = service(chosen, create=True, embedder=TurnEmbedder(STAMP, 0.0), confidence=SURE)
    with made.library:
        made.library.add_many([new("a", "Foxes hunt at night.")])
        assert isinstance(made.answerer.answer("When do foxes hunt?"), expected)


class TestCalibration:
    """It lies beside a reader that was trained anew, or not."""

    @pytest.fixture
    def reader(self, tmp_path: Path) -> Path:
        reader = tmp_path / "mine.safetensors"
        reader.write_bytes(b"weights")
        return reader

    def fitted(self, reader: Path, named: str | None) -> Path:
        beside = reader.with_name("mine.confidence.json")
        beside.write_text(json.dumps({"intercept": 0, "weights": {}, "threshold": 0.125, "reader": named}))
        return beside

    def test_is_used_with_the_reader_that_it_names(
        self, reader: Path, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        beside = self.fitted(reader, checksum(reader))
        chosen = settings.model_copy(update={"reader": str(reader)})
        assert calibration(chosen) == beside
        assert make_confidence(chosen).threshold == 0.125
        assert caplog.records == []

    def test_that_names_no_reader_is_used_as_it_is(
        self, reader: Path, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.fitted(reader, None)
        assert make_confidence(settings.model_copy(update={"reader": str(reader)})).threshold == 0.125
        assert caplog.records == []

    def test_of_another_reader_is_left_out_with_a_warning(
        self, reader: Path, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        beside = self.fitted(reader, checksum(reader))
        reader.write_bytes(b"trained anew")
        chosen = settings.model_copy(update={"reader": str(reader)})
        assert calibration(chosen) == DATA
        made = service(chosen, create=True, embedder=TurnEmbedder(STAMP, 0.0), reader=FakeReader())
        made.library.close()
        assert made.answerer.threshold == Confidence.load().threshold
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert record.getMessage().startswith(f"{beside} was fitted with other weights")
        assert "footnote eval calibrate" in record.getMessage()

    def test_of_a_reader_that_is_not_there_is_the_reader_s_matter(self, reader: Path, settings: Settings) -> None:
        beside = self.fitted(reader, checksum(reader))
        reader.unlink()
        assert calibration(settings.model_copy(update={"reader": str(reader)})) == beside

    def test_that_comes_with_footnote_names_its_reader(self) -> None:
        beside = calibration(load(reader="trained"))
        assert json.loads(beside.read_text())["reader"] == checksum(MODEL)


def test_the_passages_and_claims_of_the_settings_count(settings: Settings) -> None:
    chosen = settings.model_copy(update={"passages": 2, "max_claims": 1})
    made = service(chosen, create=True, embedder=TurnEmbedder(STAMP, 0.0), confidence=SURE)
    with made.library:
        made.library.add_many([new(f"a{n}", f"Fox {n} hunts at {n} o'clock.") for n in range(5)])
        reply = made.answerer.answer("When do foxes hunt?")
    assert isinstance(reply, Answer)
    assert len(reply.claims) == 1
    assert len({item.article.uri for item in reply.evidence}) == 2


def test_the_chat_model_has_one_limit_of_time_and_one_of_tokens_for_prompt_and_answer(settings: Settings) -> None:
    """Of 1,500 tokens 650 are the answer's; of the seconds what is spent on the question is the answer's no more."""
    update = {"chat_timeout": 30.0, "chat_context_tokens": 1_500, "chat_answer_tokens": 650}
    chosen, model = settings.model_copy(update=update), FakeGenerator()
    with Library.open(settings.library, FakeEmbedder.stamp, index="exact") as library:
        rewriter = make_rewriter(chosen, library, model)
    assert isinstance(rewriter, ChatRewriter)
    assert rewriter.budget == 850
    writer = make_writer(chosen, FakeEmbedder(), model)
    assert writer is not None
    assert (writer.context, writer.answer, writer.seconds) == (1_500, 650, 30.0)


def test_no_library_is_said_before_any_model_is_loaded(settings: Settings) -> None:
    hopeless = settings.model_copy(update={"embedding_model": "/no/such/model"})
    with pytest.raises(LibraryNotFound) as refused:
        service(hopeless)
    assert "footnote ingest" in refused.value.remedy
    assert not settings.library.exists()


def test_a_library_of_another_model_is_refused_with_the_command(settings: Settings) -> None:
    service(settings, create=True, embedder=TurnEmbedder(STAMP, 0.0)).library.add_many([new("a", "Text.")])
    with pytest.raises(EmbeddingMismatch, match="circle") as refused:
        service(settings, embedder=FakeEmbedder())
    assert "footnote reindex --embed" in refused.value.remedy


def test_a_model_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(ModelError, match="/no/such/model"):
        make_embedder(settings.model_copy(update={"embedding_model": "/no/such/model"}))


def test_telemetry_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANONYMIZED_TELEMETRY", "GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE", "LANGSMITH_TRACING"):
        monkeypatch.delenv(name, raising=False)
    for name in ("LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GRADIO_SHARE", "True")
    stay_quiet()
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == os.environ["ANONYMIZED_TELEMETRY"] == "False"
    assert os.environ["LANGSMITH_TRACING"] == os.environ["LANGCHAIN_TRACING_V2"] == "false"
    assert os.environ["LANGSMITH_TRACING_V2"] == "false"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert "GRADIO_SHARE" not in os.environ


@pytest.mark.parametrize(("before", "after"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_do_not_spin_unless_told_to(before: str | None, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if before:
        monkeypatch.setenv("OMP_WAIT_POLICY", before)
    stay_quiet()
    assert os.environ["OMP_WAIT_POLICY"] == after


def test_a_model_from_the_hub_may_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    stay_quiet(offline=False)
    assert "HF_HUB_OFFLINE" not in os.environ


CONNECTING = """
import sys
from pathlib import Path

def told(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.stderr.write(f"{event} {args}")

sys.addaudithook(told)
from qa.bootstrap import service
from qa.settings import load

with service(load(library=Path(sys.argv[1])), create=True).library as library:
    library.catch_up()
print("done")
"""


@pytest.mark.slow
def test_nothing_is_looked_up_or_connected_to(tmp_path: Path) -> None:
    """With the bundled model and Chroma, in a process of its own; `stays_here` asks it of each test's own process."""
    root = Path(__file__).parents[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "FOOTNOTE_"))}
    told = subprocess.run(
        [sys.executable, "-c", CONNECTING, str(tmp_path / "library")],
        cwd=root,
        env=environment | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "done\n"
    assert "socket." not in told.stderr


@pytest.mark.parametrize(
    ("named", "offline"),
    [
        ({}, True),
        ({"reader": "none"}, True),
        ({"reader": "gone.safetensors"}, True),
        ({"reader": str(Path(__file__).parent)}, True),
        ({"reader": "somebody/large-reader"}, False),
        ({"embedding_model": "somebody/model"}, False),
    ],
)
def test_the_hub_is_asked_only_where_a_model_is_not_here(named: dict[str, str], offline: bool) -> None:
    assert bootstrap._offline(load(**named)) is offline
