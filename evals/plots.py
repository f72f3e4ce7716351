"""Numbers -> SVG, for a page that loads nothing. Pure; every text is escaped."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from evals.figures import BINS, FIRST
from evals.records import Record

WIDTH, HEIGHT, MARGIN = 360, 240, 36
Point = tuple[float, float]


def risk_coverage(records: Sequence[Record]) -> list[Point]:
    """(share answered, share of those that is wrong), the surest first."""
    scored = sorted((r for r in records if r.scored), key=lambda record: -record.confidence)
    wrong = np.cumsum([not record.found(FIRST) for record in scored])
    return [((n + 1) / len(scored), float(wrong[n]) / (n + 1)) for n in range(len(scored))]


def reliability(records: Sequence[Record], bins: int = BINS) -> list[Point]:
    """(mean confidence, share right) of every bin that has cases."""
    groups: list[list[Record]] = [[] for _ in range(bins)]
    for record in records:
        if record.scored:
            groups[min(int(record.confidence * bins), bins - 1)].append(record)
    return [
        (sum(r.confidence for r in group) / len(group), sum(r.found(FIRST) for r in group) / len(group))
        for group in groups
        if group
    ]


def line(title: str, across: str, up: str, points: Sequence[Point], diagonal: bool = False) -> str:
    """Points in the unit square, joined; `diagonal` adds the line of perfect calibration."""
    drawn = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    marks = "".join(f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="3"/>' for x, y in points) if diagonal else ""
    ideal = f'<path class="ideal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>' if diagonal else ""
    return _figure(title, f'{_axes(across, up)}{ideal}<polyline points="{drawn}"/>{marks}')


def bars(title: str, values: Mapping[str, float], unit: str = "") -> str:
    """A bar a name, the longest as wide as the picture, with its value beside it."""
    most = max(values.values(), default=0.0) or 1.0
    rows = "".join(
        f'<text x="110" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="116" y="{y}" width="{170 * value / most:.1f}" height="15"/>'
        f'<text x="{120 + 170 * value / most:.1f}" y="{y + 12}">{_said(value)}{escape(unit)}</text>'
        for y, (name, value) in zip(range(8, 8 + 20 * len(values), 20), values.items(), strict=True)
    )
    return _figure(title, rows, 20 * len(values) + 20)


# ----------------------------------------------------------------------------------------------------------------


def _said(value: float) -> str:
    """Three figures, or all that stand before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _x(value: float) -> float:
    return MARGIN + value * (WIDTH - 2 * MARGIN)


def _y(value: float) -> float:
    return HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN)


def _axes(across: str, up: str) -> str:
    ticks = "".join(
        f'<text x="{_x(t)}" y="{_y(0) + 14}" text-anchor="middle">{t}</text>'
        f'<text x="{_x(0) - 5}" y="{_y(t) + 4}" text-anchor="end">{t}</text>'
        for t in (0, 0.5, 1)
    )
    return (
        f'<path class="axis" d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}"/>{ticks}'
        f'<text x="{_x(0.5)}" y="{HEIGHT - 4}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="{_x(0)}" y="{_y(1) - 10}">{escape(up)}</text>'
    )


def _figure(title: str, content: str, height: int = HEIGHT) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{content}</svg></figure>'
    )
