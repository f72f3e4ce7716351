"""The figures that a reader looks at first, in words; all others go by their own names. How a value is written."""

WORDS = {
    "hit@1": "A sentence that answers comes first",
    "hit@10": "… is among the first ten",
    "mrr": "… one over its rank, on average",
    "passage_hit@4": "Its passage is among the first four",
    "article_hit@1": "Its article comes first",
    "citation_f1": "Citations, F1 of the two below",
    "citation_precision": "Citations that answer",
    "citation_recall": "Of what answers, cited",
    "answer_containment": "Answers that hold an accepted answer",
    "quote_exactness": "Quotes that are exact",
    "answered": "Questions answered, not refused",
    "answered_right": "Answers that cite what answers",
    "refusal_f1": "Refusals, F1 of the two below",
    "refusal_precision": "Refusals that are right",
    "refusal_recall": "Of what has no answer, refused",
    "auroc_right": "Confidence tells what is right (AUROC)",
    "auroc": "Confidence tells what has an answer (AUROC)",
    "ece": "Calibration error of the confidence (less is better)",
    "seconds_p50": "Seconds a question, median",
    "seconds_p95": "Seconds a question, slowest twentieth",
}


def written(name: str, value: float, sign: str = "") -> str:
    """With three decimals; a cost with six, since an answer's is a small part of a cent. A `sign` may be "+"."""
    return f"{value:{sign}.{6 if name == 'cost' else 3}f}"
