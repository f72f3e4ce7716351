"""Claims made from gold sentences, what is fitted on them, and the file that is shipped."""

import json
from pathlib import Path

import pytest

from evals.cases import Case, Gold
from evals.fit_support import Measured, Pair, figures, fit, pairs, write
from evals.gold import Resolver
from qa.errors import CaseError
from qa.support import DATA, FITTED, UNSUPPORTED, Weights, negated
from tests.evals.makers import FakeShelf, article, evidence

GOLD = "The council will spend 41 pounds on the Tamar bridge, which has been closed to all traffic since spring."
OTHER = "Nobody on the east bank of the river was asked about any of it."
SHELF = FakeShelf(article(1, "a", f"{GOLD} {OTHER}"))
CASES = [Case("c", "What does Ines Okafor say?", (Gold("a", GOLD, 0, 0),))]


def made() -> list[Pair]:
    resolver = Resolver(SHELF)
    return list(pairs([resolver.resolve(case) for case in CASES], SHELF))


def test_claims_of_every_kind_are_made_and_known_to_be_right_or_wrong() -> None:
    found = {pair.kind: (pair.claim, pair.supported) for pair in made()}
    assert found["part"] == ("The council will spend 41 pounds on the Tamar bridge.", True)
    assert found["other words"] == (GOLD.replace("will", "is going to"), True)
    # 41 + 1 + 41 // 7 = 47
    assert found["figure"] == (GOLD.replace("41", "47"), False)
    assert found["opposite"] == (GOLD.replace("will", "will not"), False)
    assert found["another sentence"] == (OTHER, False)
    assert found["name"][0] in (GOLD.replace("Tamar", name) for name in ("Ines", "Okafor"))
    assert made() == made()


def measured(supported: bool, words: float, nearness: float, ruled_out: bool = False, kind: str = "k") -> Measured:
    pair = Pair("A claim.", evidence(article(1, "a", GOLD), GOLD), supported, kind)
    return Measured(pair, ruled_out, words, nearness)


def test_the_fit_separates_what_can_be_separated() -> None:
    # meaning alone tells them apart: 0.9 against 0.3, whatever the words
    seen = [measured(True, 0.2, 0.9), measured(True, 0.8, 0.9), measured(False, 0.8, 0.3), measured(False, 0.2, 0.3)]
    weights = fit(seen)
    assert figures(seen, weights)["precision"] == figures(seen, weights)["recall"] == 1.0


@pytest.mark.parametrize("supported", [[], [True, True], [False, False]])
def test_right_and_wrong_claims_are_both_needed(supported: list[bool]) -> None:
    with pytest.raises(CaseError, match="too few") as caught:
        fit([measured(one, 0.5, 0.5) for one in supported])
    assert caught.value.remedy


def test_the_figures_count_what_is_flagged() -> None:
    # of four wrong ones three are flagged, and one right one too: precision 3/4, recall 3/4
    wrong = [measured(False, 0, 0), measured(False, 0, 0), measured(False, 1, 1, True, "figure"), measured(False, 1, 1)]
    found = figures([*wrong, measured(True, 1, 1), measured(True, 0, 0)], Weights(0.5, 0.4))
    assert (found["precision"], found["recall"]) == (0.75, 0.75)
    assert found["right_by_kind"] == {"figure": [1.0, 1], "k": [0.6, 5]}


def test_what_is_written_is_what_the_check_reads(tmp_path: Path) -> None:
    write(Weights(0.3, 0.45), {"fitted_on": "x"}, tmp_path / "support.json")
    assert json.loads((tmp_path / "support.json").read_text())["unsupported"] == 0.45
    shipped = json.loads(DATA.read_text())
    assert (shipped["meaning"], shipped["unsupported"]) == (FITTED.meaning, UNSUPPORTED)
    assert shipped["provenance"]


@pytest.mark.parametrize(
    ("claim", "denies"), [("It won't be spent.", True), ("The bridge is not closed.", True), ("It is closed.", False)]
)
def test_a_denial_needs_a_sentence_that_denies(claim: str, denies: bool) -> None:
    of = article(1, "a", f"{GOLD} {OTHER}")
    assert negated(claim, [evidence(of, GOLD)]) is denies
    assert not negated(claim, [evidence(of, GOLD), evidence(of, OTHER)])
