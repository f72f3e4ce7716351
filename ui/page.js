// The conversation's and the source view's clicks and keys. Runs once a component; `element`, `trigger` and
// `watch` come from Gradio. Only ids leave: {place: "turn:number"} or {index}.
const card = (button) => document.getElementById(button.getAttribute("aria-describedby") || "");
const source = sourceView({ id: "#fn-source", list: "#fn-conversation", reading: "fn-reading" });
const one = window.matchMedia("(max-width: 899px)"); // the source then covers the chat

const showCard = (button) => {
  const shown = button && card(button);
  if (!shown || shown.matches(":popover-open")) return;
  hideCards();
  shown.showPopover();
  const at = button.getBoundingClientRect();
  const size = shown.getBoundingClientRect();
  const room = document.documentElement.clientWidth - size.width - 12;
  const above = at.top - size.height - 6;
  shown.style.left = `${Math.max(12, Math.min(at.left - 24, room))}px`;
  shown.style.top = `${above > 8 ? above : at.bottom + 6}px`;
};
const hideCards = () => document.querySelectorAll(".fn-card:popover-open").forEach((c) => c.hidePopover());
const citeOf = (event) => event.target.closest?.(".fn-cite[aria-describedby]");

const told = new Set(); // verdicts whose reason was asked for enough
const boxes = new WeakMap(); // whose reason each box asks for: Gradio gives it to another exchange, with what was typed
const judge = (button) => {
  const box = button.closest(".fn-verdict");
  const reason = box?.querySelector("input").value || "";
  trigger('judge', { turn: Number(button.dataset.turn), verdict: button.dataset.verdict, reason });
  if (!box || element.querySelector(".fn-progress")) return; // nothing is judged while an answer comes
  told.add(box.dataset.of);
  box.hidden = true;
  box.previousElementSibling.querySelector('[aria-pressed="true"]')?.focus();
};
const settle = (box) => {
  if (boxes.get(box) !== box.dataset.of) box.querySelector("input").value = "";
  boxes.set(box, box.dataset.of);
  box.hidden = told.has(box.dataset.of);
};

element.addEventListener("click", (event) => {
  const place = event.target.closest("[data-place]:is(button)");
  const suggestion = event.target.closest("[data-suggestion]");
  const verdict = event.target.closest("[data-verdict]");
  const exported = event.target.closest("[data-export]");
  if (event.target.closest(".fn-close")) source.close();
  else if (event.target.closest("[data-about]") && one.matches) source.close();
  else if (verdict) judge(verdict);
  else if (exported) trigger('export', { form: exported.dataset.export });
  else if (place) { hideCards(); source.cite(place.dataset.place); }
  else if (suggestion) trigger('suggest', { index: Number(suggestion.dataset.suggestion) });
});
element.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") showCard(citeOf(event)); });
element.addEventListener("pointerout", (event) => {
  if (!event.relatedTarget?.closest?.(".fn-cite-box")) hideCards();
});
element.addEventListener("focusin", (event) => { if (event.target.matches(":focus-visible")) showCard(citeOf(event)); });
element.addEventListener("focusout", hideCards);
element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches(".fn-verdict input")) {
    judge(event.target.closest(".fn-verdict").querySelector(".fn-send"));
  } else if (event.key === "Escape" && document.querySelector(".fn-card:popover-open")) hideCards();
  else source.key(event);
});

document.addEventListener("fn-page", ({ detail }) => { // articles may have come in meanwhile
  if (detail === "chat" && element.querySelector("[data-empty]")) document.querySelector("#fn-new").click();
});

let turns = 0;
watch("value", () => {
  if (element.querySelector(".fn-source")) hideCards();
  if (element.closest("#fn-source")) source.reveal();
  element.querySelectorAll(".fn-verdict").forEach(settle);
  const asked = element.querySelectorAll(".fn-turn");
  if (asked.length > turns) asked[asked.length - 1].scrollIntoView({ block: "start" });
  turns = asked.length;
});
