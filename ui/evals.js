// The evals page's clicks and keys, for its three parts: view, progress and source. Runs once a part; `element`,
// `trigger` and `watch` come from Gradio. Only bare values leave: 'act' {do, ...}, 'cite' {place}, 'follow', 'stop'.
const part = element.closest("#fn-evals, #fn-evals-progress, #fn-evals-source").id;
const onPage = () => document.body.dataset.page === "evals";
const say = (name) => document.dispatchEvent(new CustomEvent(name));
const main = () => document.querySelector("#fn-evals");
const source = sourceView({ id: "#fn-evals-source", list: "#fn-evals", reading: "fn-evals-reading" });
let kept = null;
let ticked = [];

const ask = (given) => { // what is shown says the turn that it was made in
  const turn = (main().asked?.turn ?? 0) + 1;
  main().asked = { ...given, turn };
  trigger('act', main().asked);
};
const shown = () => Number(main().querySelector("[data-turn]")?.dataset.turn ?? 0);
const awaited = () => shown() !== (main().asked?.turn ?? 0);

const remember = (button) => {
  const named = element.querySelectorAll(`[data-do="${button.dataset.do}"]`);
  kept = ["accept", "throw", "draft"].includes(button.dataset.do)
    ? { as: button.dataset.do, at: [...named].indexOf(button) } : null;
};

const act = (button) => {
  const given = { ...button.dataset };
  if ("page" in given) given.page = Number(given.page);
  if ("wrong" in given) given.wrong = given.wrong === "true";
  remember(button);
  if (given.do !== "compare") return ask(given);
  const chosen = [...element.querySelectorAll("input[name=run]:checked")].map((box) => box.value);
  ask({ do: "compare", before: chosen[0] ?? "", after: chosen[1] ?? "" });
};

const start = (form) => {
  const fields = form.elements;
  ask({
    do: "start", cases: fields.cases.value, limit: fields.limit.valueAsNumber || null,
    baseline: fields.baseline.checked, withheld: fields.withheld.checked,
  });
};

const choose = () => {
  const boxes = [...element.querySelectorAll("input[name=run]")];
  if (boxes.length) ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  for (const box of boxes) box.disabled = ticked.length >= 2 && !box.checked;
  const compare = element.querySelector('[data-do="compare"]');
  if (compare) compare.disabled = ticked.length !== 2;
};

const settle = () => {
  for (const box of element.querySelectorAll("input[name=run]")) box.checked = ticked.includes(box.value);
  choose();
  say("fn-evals-changed");
  if (kept) {
    const named = element.querySelectorAll(`[data-do="${kept.as}"]`);
    (named[Math.min(kept.at, named.length - 1)] ?? element.querySelector("h2"))?.focus({ preventScroll: true });
  } else {
    document.documentElement.scrollTop = 0;
    element.querySelector("h2")?.focus({ preventScroll: true });
  }
  kept = null;
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  if (button.classList.contains("fn-close")) source.close();
  else if (button.dataset.place) source.cite(button.dataset.place);
  else if (button.dataset.do === "stop") trigger('stop', {});
  else if (button.dataset.do) act(button);
});
element.addEventListener("submit", (event) => { event.preventDefault(); start(event.target); });
element.addEventListener("change", choose);
element.addEventListener("keydown", source.key);

if (part === "fn-evals") {
  let stale = false; // the list that is shown: another page was in front, or something else asked for, as it changed
  const home = () => {
    stale = !onPage();
    if (!stale) ask({ do: "home" });
  };
  const first = () => { if (stale || !element.querySelector("h2")) home(); };
  document.addEventListener("fn-page", first);
  document.addEventListener("fn-evals-ended", () => {
    if (!element.querySelector(".fn-evals-home")) return;
    if (awaited()) { stale = true; return; }
    const at = element.contains(document.activeElement) && document.activeElement.closest("[data-do]");
    if (at) remember(at);
    home();
  });
  let newest = 0;
  watch("value", () => {
    if (shown() < newest) { // it was longer under way than what was asked for after it, and covers it
      ask(["open", "case", "compare"].includes(main().asked.do) ? main().asked : { do: "home" });
      return;
    }
    newest = shown();
    settle();
    if (!stale || awaited()) return;
    stale = false;
    if (element.querySelector(".fn-evals-home")) home();
  });
  setTimeout(first, 0);
} else if (part === "fn-evals-progress") {
  let live = false;
  document.addEventListener("fn-evals-changed", () => trigger('follow', {}));
  watch("value", () => {
    const now = Boolean(element.querySelector("[data-live]"));
    if (live && !now) say("fn-evals-ended");
    live = now;
  });
} else {
  watch("value", source.reveal);
}
