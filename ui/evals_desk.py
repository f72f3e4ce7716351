"""An event of the evals page -> what it does -> what is shown. Knows nothing of Gradio or HTML.

What a browser names (cases, runs, drafts) is looked up among what there is; none of it becomes a path.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from evals.background import Background, Progress, Step, Work
from evals.case_store import CaseStore
from evals.cases import Dataset
from evals.choices import FOLDER, choices, chosen, runs_of
from evals.drafts import draft
from evals.evaluate import Asking
from evals.purged import keep_drafts
from qa.bootstrap import Service, make_generator
from qa.errors import UsageError
from qa.settings import Settings
from ui import chat, evals_views
from ui.conversation import Conversation
from ui.draft_writing import writing
from ui.evals_views import View

MORE = 10
"""Cases that are drafted at once, and shown at once."""
Event = Mapping[str, Any]


class Evaluate(Protocol):
    """`evals.command.evaluate_dataset`, or a fake."""

    def __call__(self, dataset: Dataset, settings: Settings, **how: Any) -> tuple[dict[str, Any], Any]: ...


class EvalsDesk:
    """The evaluations of one library, shared by everybody who looks at the page. Close it before the library."""

    def __init__(
        self,
        service: Service,
        settings: Settings,
        evaluate: Evaluate | None = None,
    ) -> None:
        self._service = service
        self._library = service.library
        self._settings = settings
        self._evaluate = evaluate
        self._folder = settings.library
        self._store = CaseStore(settings.library)
        self.background = Background()

    def act(self, event: object) -> tuple[View, Conversation]:
        """What is shown after an event, and what its citations open. Never raises."""
        given = event if isinstance(event, Mapping) else {}
        try:
            return self._done(given)
        except Exception as error:
            return self._home(error)

    def stop(self) -> Progress | None:
        self.background.stop()
        return self.background.progress()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what runs; what it asked is kept."""
        self.background.close()

    # ----------------------------------------------------------------------------------------------

    def _done(self, event: Event) -> tuple[View, Conversation]:
        runs = runs_of(self._folder)
        match event.get("do"):
            case "open":
                at = _number(event, "page") or 0
                return evals_views.run_view(runs, _text(event, "run"), event.get("wrong") is True, at), ()
            case "case":
                return evals_views.case_view(runs, _text(event, "run"), _text(event, "case"), self._library)
            case "compare":
                return evals_views.compare_view(runs, _text(event, "before"), _text(event, "after")), ()
            case "start":
                self._start(event)
            case "draft":
                made = draft(self._library, MORE, known=self._store.known())
                keep_drafts(self._store, made, self._library)
            case "write":
                self._write()
            case "accept":
                self._store.decide(_text(event, "case"), "accepted")
            case "throw":
                self._store.decide(_text(event, "case"), "thrown away")
        return self._home()

    def _home(self, error: Exception | None = None) -> tuple[View, Conversation]:
        failure = chat.explain(error) if error else None
        try:
            waiting, opened = evals_views.drafts(self._store.cases("draft", MORE), self._library)
            counts: Mapping[str, int] = self._store.counts()
            offered = choices(self._folder)
        except Exception as broken:
            waiting, opened, counts, offered = (), (), {}, []
            failure = failure or chat.explain(broken)
        progress = self.background.progress()
        kept = evals_views.kept_runs(runs_of(self._folder))
        busy, model = progress is not None and progress.live, self._settings.chat_model
        return evals_views.Home(offered, self._folder / FOLDER, counts, waiting, kept, busy, failure, model), opened

    def _start(self, event: Event) -> None:
        dataset = chosen(self._folder, _text(event, "cases"))
        baseline = event.get("baseline") is True
        how = {
            "system": "baseline" if baseline else "footnote",
            "asking": Asking(withheld=event.get("withheld") is True, limit=_number(event, "limit")),
            "runs": runs_of(self._folder),
        }
        what = f"{dataset.name}, asked of {'the usual set-up' if baseline else 'Footnote'}"
        self._begin(what, self._work(dataset, how))

    def _write(self) -> None:
        generator = make_generator(self._settings)
        if generator is None:
            raise UsageError("There is no chat model that could write.", "FOOTNOTE_CHAT_MODEL names one.")
        what = f"Questions written by {self._settings.chat_model}"
        self._begin(what, writing(self._library, self._store, generator, MORE))

    def _begin(self, what: str, work: Work) -> None:
        now = self.background.progress()
        if now and now.live:
            raise UsageError(f"This is under way: {now.label}.", "Wait for it, or stop it: what it has done is kept.")
        self.background.start(what, work)

    def _work(self, dataset: Dataset, how: dict[str, Any]) -> Work:
        def work(step: Step) -> str:
            from evals.command import evaluate_dataset

            evaluate = self._evaluate or evaluate_dataset
            report, _ = evaluate(
                dataset,
                self._settings,
                progress=step,
                embedder=self._service.embedder,
                open_service=self._service,
                **how,
            )
            return Path(report["run"]).name

        return work


# --------------------------------------------------------------------------------------------------


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 500:
        raise UsageError("Nothing was chosen.", "Choose from the list.")
    return value


def _number(event: Event, name: str) -> int | None:
    value = event.get(name)
    return value if isinstance(value, int) and 0 <= value < 1_000_000 and value is not False else None
