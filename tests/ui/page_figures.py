"""`make weigh`: what the page weighs, when it is painted, and what shifts while an answer streams.

Over a made-up article and an answer of eighty pieces, so that the figures are the page's own.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from qa.domain import Filters, Reply, Retrieved, Token, Turn
from tests.fakes import FakeArticles
from tests.ui.browser import chromium
from tests.ui.pages import BRIDGE, answer, article, evidence, served

PIECES = 80
PAUSE = 0.03
WIDTHS = ((1440, 900), (390, 844))
OBSERVE = """
window.fnSeen = { painted: 0, shifts: [] };
const named = (node) => node?.id ? `#${node.id}` : node?.className ? `.${String(node.className).split(" ")[0]}`
  : node?.parentElement ? named(node.parentElement) : "?";
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") fnSeen.painted = entry.startTime;
}).observe({ type: "paint", buffered: true });
new PerformanceObserver((list) => {
  for (const { value, sources, hadRecentInput } of list.getEntries()) {
    if (!hadRecentInput) fnSeen.shifts.push({ value, of: [...new Set(sources.map((each) => named(each.node)))] });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class Streaming:
    """An answerer whose answer comes piece by piece."""

    def stream(
        self,
        question: str,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008
    ) -> Iterator[Retrieved | Token | Reply]:
        found = evidence(article(), "The repair will cost £41 million.")
        yield Retrieved((found,))
        for piece in (BRIDGE.split() * 3)[:PIECES]:
            time.sleep(PAUSE)
            yield Token(f"{piece} ")
        yield answer(found, question=question)


def measure(browser: Any, address: str, width: int, height: int) -> list[str]:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(120_000)
    weights, requests = weighed(context, page)
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.locator(".fn-welcome").wait_for()
    page.wait_for_timeout(1500)
    lines = [f"{width} x {height}"]
    if width == WIDTHS[0][0]:
        whole = sum(weights.values())
        kinds = ", ".join(f"{kind} {size / 1000:,.0f}" for kind, size in weights.most_common())
        lines.append(f"  over the wire: {whole / 1000:,.0f} kB in {sum(requests.values())} requests ({kinds})")
    lines.append(f"  first contentful paint: {page.evaluate('fnSeen.painted'):,.0f} ms")
    lines.append(f"  layout shift while it loads: {taken(page)}")
    for question in ("What will it cost?", "And who pays?"):
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator(".fn-turn").last.locator(".fn-claim").first.wait_for()
        page.locator(".fn-turn", has_text=question).locator(".fn-claim").first.wait_for()
        page.wait_for_timeout(1000)
        lines.append(f"  layout shift while “{question}” is answered: {taken(page)}")
    page.evaluate("scrollTo(0, 0)")  # further down the browser keeps what is read in its place
    page.wait_for_timeout(300)
    taken(page)
    page.evaluate("document.body.prepend(Object.assign(document.createElement('p'), { textContent: 'Moved' }))")
    page.wait_for_timeout(1000)
    if taken(page).startswith("0.000"):
        raise SystemExit("No shift was seen where the whole page moved: the figures above say nothing.")
    context.close()
    return lines


def weighed(context: Any, page: Any) -> tuple[Counter[str], Counter[str]]:
    """Bytes over the wire and requests by kind, filled in as the page loads."""
    weights: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    told = context.new_cdp_session(page)
    told.send("Network.enable")
    told.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"].lower()}))

    def ended(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "other")
        weights[kind] += int(event["encodedDataLength"])
        requests[kind] += 1

    told.on("Network.loadingFinished", ended)
    return weights, requests


def taken(page: Any) -> str:
    """The sum of the shifts since the last look, and of what the largest were."""
    shifts = page.evaluate("fnSeen.shifts.splice(0)")
    largest = sorted(shifts, key=lambda shift: -shift["value"])[:3]
    of = "; ".join(f"{shift['value']:.3f} {' '.join(shift['of'])}" for shift in largest if shift["value"] >= 0.005)
    return f"{sum(shift['value'] for shift in shifts):.3f}{f' ({of})' if of else ''}"


def main() -> None:
    with chromium() as browser, served(Streaming(), FakeArticles(article())) as address:  # type: ignore[arg-type]
        for width, height in WIDTHS:
            sys.stdout.write("\n".join(measure(browser, address, width, height)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
