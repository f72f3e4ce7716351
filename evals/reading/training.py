"""The training itself: stages of examples, drawn anew in each pass; a checkpoint to go on from; early stopping.

Broad sets first, the set that is most like real questions last. The learning rate rises over the first tenth of the run
and falls to nothing over the rest. After every `every` steps the network is measured and a checkpoint is written, from
which a run that was stopped goes on with the same draws; one of another recipe is refused.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.reading.examples import Example
from evals.reading.measure import Figures, measure
from evals.reading.origin import begin, identity
from evals.reading.recipe import Recipe, Step
from evals.reading.sampling import Drawn
from qa.embedder import accelerator
from qa.errors import CaseError, UsageError
from qa.reader_input import Encoder

BEST, LAST = "best.pt", "last.pt"
"""In a run's folder: the network with the best figures, and the one at its end."""


class Trainer:
    """A network under training, on a GPU where torch sees one. `folder` holds the checkpoint; `run` goes on from one
    that is there (on a GPU what is dropped out then differs).

    `start` is a published reader to begin from; without one, the base. Layers that were trained in it are not frozen.
    `mixed`: compute in bfloat16. `teacher`: a network that was trained before, and its base. Raises ModelError where
    one of them cannot be read.
    """

    def __init__(
        self,
        base: Path,
        folder: Path,
        recipe: Recipe,
        mixed: bool = True,
        start: Path | None = None,
        teacher: tuple[Path, Path] | None = None,
    ) -> None:
        import torch

        from evals.reading import attention
        from evals.reading.teacher import Teacher
        from qa.reader_network import drop, freeze, from_base

        torch.manual_seed(recipe.seed)
        self._path = folder / "checkpoint.pt"
        self.network = from_base(base, attention.register() if mixed else "sdpa")
        self.network.mixed = mixed
        if start:
            recipe = replace(recipe, frozen=min(recipe.frozen, begin(self.network, start)))
        self._recipe, self._files = recipe, {"start": start, "teacher": teacher[0] if teacher else None}
        self._teacher = Teacher.load(*teacher, recipe.share, mixed) if teacher else None
        self.network.encoder.to(accelerator())
        self._encoder = Encoder(base / "tokenizer.json")
        freeze(self.network, recipe.frozen)
        drop(self.network, recipe.frozen, recipe.dropout)
        heads = [*self.network.heads.parameters(), self.network.nearness]
        body = [p for p in self.network.encoder.parameters() if p.requires_grad]
        self._trained = [*body, *heads]
        self._pool = ThreadPoolExecutor(recipe.workers)
        groups = [{"params": body, "rate": recipe.rate}, {"params": heads, "rate": recipe.head_rate}]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self.done, self.best, self._worse, self._seconds = 0, -1.0, 0, 0.0
        self._run: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, planned: Sequence[Step], kept: Sequence[Example]) -> Iterator[tuple[int, float, Figures]]:
        """(steps done, mean loss, figures on `kept`) after every `every` steps, until the end or no gain.

        `done` says at once where it begins. Raises CaseError where there is nothing to read, and UsageError where the
        folder's checkpoint is of another run.
        """
        if not planned:
            raise CaseError("The stages hold no question to read.", "Give them examples that have passages.")
        drawn = (one for step in planned for one in step.drawn)
        self._run = identity(self._recipe.told, drawn, kept, self._files)
        if self._path.exists():
            self._resume()
        return self._steps(planned, kept)

    def _steps(self, planned: Sequence[Step], kept: Sequence[Example]) -> Iterator[tuple[int, float, Figures]]:
        losses: list[float] = []
        started = time.monotonic() - self._seconds
        for step in planned[self.done :]:
            self._seconds = time.monotonic() - started
            part = self._part(step.number / len(planned))
            losses.append(self.step(step, part))
            self.done += 1
            last = part >= 1 or self.done == len(planned)
            if self.done % self._recipe.every == 0 or last:
                figures = measure(self.network.eval(), self._encoder, kept, self._recipe.read)
                self.network.train()
                self._note(figures)
                yield self.done, sum(losses) / len(losses), figures
                losses = []
                if last or self._worse > self._recipe.patience:
                    return

    def step(self, step: Step, part: float) -> float:
        """One batch, when that part (0..1) of the run is over; the loss before it."""
        import torch

        for group in self._optimizer.param_groups:
            group["lr"] = group["rate"] * _slope(part, self._recipe.warm_up)
        workers = self._recipe.workers
        shares = [share for share in (step.drawn[n::workers] for n in range(workers)) if share]
        results = list(self._pool.map(self._gradients, shares))
        weights = [len(share) / len(step.drawn) for share in shares]
        for parameter, *found in zip(self._trained, *(gradients for _, gradients in results), strict=True):
            parameter.grad = torch.stack([w * g for w, g in zip(weights, found, strict=True)]).sum(0)
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        return sum(w * mean for w, (mean, _) in zip(weights, results, strict=True))

    def _gradients(self, drawn: Sequence[Drawn]) -> tuple[float, list[Any]]:
        """The mean loss of these questions, and its gradient for each trained parameter."""
        import torch

        from evals.reading.loss import loss

        inputs = [self._encoder.encode(d.question, [held.text for held in d.passages]) for d in drawn]
        scores = iter(self.network.score([one for each in inputs for one in each]))
        read = [[next(scores) for _ in each] for each in inputs]
        losses = list(map(loss, drawn, inputs, read))
        if self._teacher:
            losses = list(map(self._teacher.weigh, losses, drawn, read, self._teacher.read(drawn)))
        total = torch.stack(losses).mean()
        found = torch.autograd.grad(total, self._trained, allow_unused=True, materialize_grads=True)
        return float(total.detach()), list(found)

    def _part(self, of_steps: float) -> float:
        minutes = self._recipe.minutes
        return max(of_steps, min(1.0, self._seconds / 60 / minutes)) if minutes else of_steps

    def _note(self, figures: Figures) -> None:
        """Write the checkpoint, and the network apart when it is the best so far."""
        import torch

        if figures.first + 0.5 * figures.auroc > self.best:
            self.best, self._worse = figures.first + 0.5 * figures.auroc, 0
            torch.save(self._kept(figures), self._path.with_name(BEST))
        else:
            self._worse += 1
        state: dict[str, Any] = {
            "run": self._run,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "done": (self.done, self.best, self._worse, self._seconds),
        }
        torch.save(state, self._path.with_suffix(".new"))
        self._path.with_suffix(".new").replace(self._path)
        torch.save(self._kept(figures), self._path.with_name(LAST))

    def _kept(self, figures: Figures) -> dict[str, Any]:
        """What `qa.reader_network.restore_training` reads."""
        of = self._recipe
        about = {"frozen": of.frozen, "steps": self.done, "kept": str(figures), "recipe": of.told}
        return {"network": self.network.state_dict(), "about": about}

    def _resume(self) -> None:
        import torch

        state = torch.load(self._path, weights_only=True, map_location="cpu")
        if state.get("run") != self._run:
            remedy = "Give another --folder, or the same options again."
            raise UsageError(f"{self._path.parent} holds a run of another recipe.", remedy)
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.done, self.best, self._worse, self._seconds = state["done"]


# ----------------------------------------------------------------------------------------------------------------


def _slope(part: float, warm_up: float) -> float:
    """1 at the end of the warm-up, falling to 0 at the end."""
    return (part + 1e-3) / warm_up if part < warm_up else (1 - part) / (1 - warm_up)
