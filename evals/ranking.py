"""Where the gold stood in a ranking, computed by ir-measures over all cases at once.

A ranking is handed over as which gold parts each of its items holds. Every wanted part is one relevant item; an
item that holds a part for the first time counts as that part, any other as a miss. So two alternatives of one part
are not two things to find, and finding both is not better than finding one.
"""

from collections.abc import Mapping, Sequence

Scores = dict[str, float]
HITS = (1, 3, 5, 10)
PASSAGE_HITS = (1, 2, 4, 8)
ARTICLE_HITS = (1, 4)
Ranking = Sequence[Sequence[int]]
"""For every rank, best first, the gold parts that the item there holds."""


def sentence_scores(rankings: Mapping[str, Ranking], wanted: Mapping[str, int]) -> dict[str, Scores]:
    """hit@k, mrr, recall@10 and ndcg@10 a case; `wanted` is how many parts each has."""
    from ir_measures import RR, R, Success, nDCG

    names = {Success @ k: f"hit@{k}" for k in HITS} | {RR: "mrr", R @ 10: "recall@10", nDCG @ 10: "ndcg@10"}
    return _measure(names, rankings, wanted)


def hit_scores(
    rankings: Mapping[str, Ranking], wanted: Mapping[str, int], name: str, depths: Sequence[int]
) -> dict[str, Scores]:
    """`name@k` a case for every depth k: whether one of the first k items holds any gold."""
    from ir_measures import Success

    return _measure({Success @ k: f"{name}@{k}" for k in depths}, rankings, wanted)


# ----------------------------------------------------------------------------------------------------------------


def _measure(
    names: Mapping[object, str], rankings: Mapping[str, Ranking], wanted: Mapping[str, int]
) -> dict[str, Scores]:
    import ir_measures

    relevant = {case: {f"part {n}": 1 for n in range(wanted[case])} for case in rankings if wanted[case]}
    runs = {case: _run(rankings[case]) for case in relevant}
    scores: dict[str, Scores] = {case: {} for case in relevant}
    if relevant:
        for metric in ir_measures.iter_calc(list(names), relevant, runs):
            scores[metric.query_id][names[metric.measure]] = float(metric.value)
    return scores


def _run(ranking: Ranking) -> dict[str, float]:
    """Item -> score, falling with the rank. An item that holds several new parts takes a rank for each."""
    items: dict[str, None] = {}
    for rank, parts in enumerate(ranking):
        new = [name for name in (f"part {part}" for part in parts) if name not in items]
        items |= dict.fromkeys(new or [f"miss {rank}"])
    items = items or {"nothing": None}
    return {item: float(len(items) - place) for place, item in enumerate(items)}
